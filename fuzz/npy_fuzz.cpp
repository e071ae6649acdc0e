#include "headlens/base/errors.h"
#include "headlens/formats/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    headlens::parse_npy(std::as_bytes(std::span(data, size)), "input");
  } catch (const headlens::Error&) {
  }
  return 0;
}
