#include "headlens/base/errors.h"
#include "headlens/formats/json_file.h"

namespace {

template <typename Getter>
void call(const Getter& getter) {
  try {
    getter();
  } catch (const headlens::FormatError&) {
  }
}

/// Each getter either answers or says that the value has another type.
void call_getters(const nlohmann::json& json, std::string_view key) {
  const std::filesystem::path path = "input";
  call([&] { headlens::require_integer(json, key, path); });
  call([&] { headlens::require_number(json, key, path); });
  call([&] { headlens::require_boolean(json, key, path); });
  call([&] { headlens::require_string(json, key, path); });
  call([&] { headlens::require_object(json, key, path); });
  call([&] { headlens::require_array(json, key, path); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto json = headlens::parse_json({reinterpret_cast<const char*>(data), size}, "input");
    if (!json.is_object()) return 0;
    for (const auto& [key, value] : json.items()) call_getters(json, key);
  } catch (const headlens::Error&) {
  }
  return 0;
}
