#include <string>

#include "headlens/base/errors.h"
#include "headlens/formats/delimited.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const headlens::DelimitedForm form :
       {headlens::DelimitedForm{}, headlens::DelimitedForm{.separator = '\t', .quotes = false}}) {
    try {
      headlens::DelimitedReader reader(text, "input", form);
      while (reader.next()) {
      }
    } catch (const headlens::Error&) {
    }
  }
  return 0;
}
