#include "headlens/formats/safetensors_header.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"
#include "headlens/formats/printable.h"

namespace headlens {
namespace {

/// Receives the header's JSON piece by piece. The structure is two objects deep, with arrays of
/// numbers inside, and anything else is refused where it begins.
class HeaderHandler : public nlohmann::json_sax<nlohmann::json> {
 public:
  HeaderHandler(std::string_view text, const std::filesystem::path& path)
      : text_(text), path_(path) {}

  SafetensorsHeader take_header() { return std::move(header_); }

  bool null() override { refuse("null"); }
  bool boolean(bool) override { refuse("a boolean"); }
  bool number_float(number_float_t, const string_t&) override { refuse("a non-integer number"); }
  bool binary(binary_t&) override { refuse("binary data"); }

  bool number_integer(number_integer_t) override { refuse("a negative number"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::shape) {
      if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        refuse("a size beyond 63 bits");
      }
      entry().shape.push_back(static_cast<std::int64_t>(value));
    } else if (place_ == Place::data_offsets) {
      entry().data_offsets.push_back(value);
    } else {
      refuse("a number");
    }
    return true;
  }

  bool string(string_t& value) override {
    if (place_ == Place::metadata) {
      header_.metadata[key_] = value;
    } else if (place_ == Place::tensor && key_ == "dtype") {
      entry().dtype = value;
    } else {
      refuse("a string");
    }
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::outside) {
      place_ = Place::top;
    } else if (place_ == Place::top && key_ == "__metadata__") {
      place_ = Place::metadata;
    } else if (place_ == Place::top) {
      header_.entries.push_back({key_, {}, {}, {}});
      place_ = Place::tensor;
    } else {
      refuse("an object");
    }
    inner_keys_.clear();
    return true;
  }

  bool key(string_t& value) override {
    auto& keys = place_ == Place::top ? top_keys_ : inner_keys_;
    if (!keys.insert(value).second) fail("has the key " + printable(value) + " twice");
    if (place_ == Place::tensor && value != "dtype" && value != "shape" &&
        value != "data_offsets") {
      fail("has the unknown field " + printable(value));
    }
    key_ = value;
    return true;
  }

  bool end_object() override {
    constexpr std::size_t kFields = 3;
    if (place_ == Place::tensor && inner_keys_.size() != kFields) {
      fail("lacks one of dtype, shape and data_offsets");
    }
    place_ = place_ == Place::top ? Place::outside : Place::top;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::tensor || key_ == "dtype") refuse("an array");
    place_ = key_ == "shape" ? Place::shape : Place::data_offsets;
    return true;
  }

  bool end_array() override {
    place_ = Place::tensor;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& error) override {
    throw_json_error(path_, text_, position, error.what());
  }

 private:
  enum class Place { outside, top, metadata, tensor, shape, data_offsets };

  SafetensorsEntry& entry() { return header_.entries.back(); }

  [[noreturn]] void fail(const std::string& problem) const {
    const bool in_tensor =
        place_ == Place::tensor || place_ == Place::shape || place_ == Place::data_offsets;
    if (in_tensor) {
      throw FormatError(path_.string(), printable(header_.entries.back().name), problem);
    }
    throw FormatError(path_.string(), "the safetensors header " + problem);
  }

  [[noreturn]] void refuse(std::string_view found) const {
    std::string problem = "has " + std::string(found);
    if (place_ != Place::outside) problem += " at the key " + printable(key_);
    fail(problem + ", which the format does not allow");
  }

  std::string_view text_;
  const std::filesystem::path& path_;
  SafetensorsHeader header_;
  Place place_ = Place::outside;
  std::string key_;
  std::unordered_set<std::string> top_keys_;
  std::unordered_set<std::string> inner_keys_;
};

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json,
                                           const std::filesystem::path& path) {
  HeaderHandler handler(json, path);
  nlohmann::json::sax_parse(json, &handler);
  return handler.take_header();
}

}  // namespace headlens
