#include <string>

#include "headlens/base/errors.h"
#include "headlens/formats/json_lines.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    headlens::JsonLinesReader reader({reinterpret_cast<const char*>(data), size}, "input");
    while (reader.next()) {
    }
  } catch (const headlens::Error&) {
  }
  return 0;
}
