#include "headlens/formats/split_fields.h"

namespace headlens {

std::vector<std::string_view> split_fields(std::string_view line, char separator) {
  std::vector<std::string_view> fields;
  for (std::size_t end; (end = line.find(separator)) != std::string_view::npos;) {
    fields.push_back(line.substr(0, end));
    line.remove_prefix(end + 1);
  }
  fields.push_back(line);
  return fields;
}

std::vector<std::string_view> split_blanks(std::string_view line) {
  constexpr std::string_view kBlanks = " \t";
  std::vector<std::string_view> fields;
  for (std::size_t begin; (begin = line.find_first_not_of(kBlanks)) != std::string_view::npos;) {
    line.remove_prefix(begin);
    const std::size_t end = line.find_first_of(kBlanks);
    fields.push_back(line.substr(0, end));
    line.remove_prefix(fields.back().size());
  }
  return fields;
}

}  // namespace headlens
