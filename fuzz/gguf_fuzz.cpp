#include "fuzz/decode_tensors.h"
#include "headlens/base/errors.h"
#include "headlens/formats/gguf.h"

namespace {

template <typename Getter>
void call(const Getter& getter) {
  try {
    getter();
  } catch (const headlens::FormatError&) {
  }
}

/// Each getter either answers or says that the value has another type.
void call_getters(const headlens::GgufFile& file, std::string_view key) {
  call([&] { file.integer(key); });
  call([&] { file.number(key); });
  call([&] { file.boolean(key); });
  call([&] { file.string(key); });
  call([&] { file.strings(key); });
  call([&] { file.integers(key); });
  call([&] { file.numbers(key); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto file = headlens::parse_gguf(std::as_bytes(std::span(data, size)), "input");
    for (const auto& [key, value] : file.metadata()) call_getters(file, key);
    headlens::decode_tensors(file.checkpoint());
  } catch (const headlens::Error&) {
  }
  return 0;
}
