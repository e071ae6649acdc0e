#include "fuzz/decode_tensors.h"
#include "headlens/base/errors.h"
#include "headlens/formats/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    headlens::decode_tensors(
        headlens::parse_safetensors(std::as_bytes(std::span(data, size)), "input"));
  } catch (const headlens::Error&) {
  }
  return 0;
}
