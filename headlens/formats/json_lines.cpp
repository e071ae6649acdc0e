#include "headlens/formats/json_lines.h"

#include "headlens/formats/json_file.h"

namespace headlens {

std::optional<JsonLine> JsonLinesReader::next() {
  while (const auto text = lines_.next()) {
    if (text->find_first_not_of(" \t") == std::string_view::npos) continue;
    JsonLine line{lines_.line(), parse_json(*text, place_of(path(), lines_.line()))};
    if (!line.object.is_object()) lines_.fail("is no JSON object");
    return line;
  }
  return std::nullopt;
}

}  // namespace headlens
