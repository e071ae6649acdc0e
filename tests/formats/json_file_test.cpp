#include "headlens/formats/json_file.h"

#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "tests/formats/format_test_support.h"

namespace headlens {
namespace {

using testing::fails_with;

const std::filesystem::path kPath = "config.json";

nlohmann::json parse(std::string_view text) { return parse_json(text, kPath); }

TEST(JsonFile, ReadsAFile) {
  const testing::TemporaryFolder folder;
  const auto path = folder.write("config.json", R"({"n": 3, "list": [1, 2.5], "s": "caf\u00e9"})");
  const nlohmann::json json = read_json(path);
  EXPECT_EQ(require_integer(json, "n", path), 3);
  EXPECT_EQ(require_array(json, "list", path).size(), 2u);
  EXPECT_EQ(require_string(json, "s", path), "caf\u00e9");
}

TEST(JsonFile, MissingAndEmptyFiles) {
  const testing::TemporaryFolder folder;
  EXPECT_THAT([] { read_json("/nonexistent/config.json"); },
              fails_with<FormatError>("/nonexistent/config.json", "no such file"));
  const auto empty = folder.write("empty.json", "");
  EXPECT_THAT([&] { read_json(empty); }, fails_with<FormatError>("empty.json", "line 1, column 1"));
}

TEST(JsonFile, SyntaxErrorsNameTheirPlace) {
  EXPECT_THAT([] { parse("{\n  \"a\": 1,\n  \"b\": x\n}"); },
              fails_with<FormatError>("config.json at byte 19", "line 3, column 8"));
  EXPECT_THAT([] { parse("{} []"); }, fails_with<FormatError>("line 1, column 4"));
  EXPECT_THAT([] { parse("\"\xff\""); }, fails_with<FormatError>("config.json", "line 1"));
  EXPECT_THAT([] { parse("1e999"); }, fails_with<FormatError>("config.json", "1e999"));
}

TEST(JsonFile, SyntaxErrorsStayShort) {
  try {
    parse("\"" + std::string(1 << 20, 'x'));
    FAIL() << "not refused";
  } catch (const FormatError& error) {
    EXPECT_LT(std::string_view(error.what()).size(), 300u);
  }
}

TEST(JsonFile, Limits) {
  const std::string deep = std::string(65, '[') + std::string(65, ']');
  const std::string allowed = std::string(64, '[') + std::string(64, ']');
  EXPECT_THAT([&] { parse(deep); }, fails_with<FormatError>("config.json", "64 levels"));
  EXPECT_NO_THROW(parse(allowed));
  EXPECT_THAT([&] { parse(std::string(1 << 20, '[')); }, fails_with<FormatError>("64 levels"));
  EXPECT_THAT([] { parse_json("[1, 2]", kPath, {.max_bytes = 5}); },
              fails_with<FormatError>("config.json", "6 bytes", "5"));
}

TEST(JsonFile, DuplicateKeys) {
  EXPECT_THAT([] { parse(R"({"a": {"k": 1, "k": 2}})"); },
              fails_with<FormatError>("config.json", "k twice"));
  EXPECT_NO_THROW(parse(R"({"a": {"k": 1}, "b": {"k": 2}, "k": [{"k": 1}, {"k": 1}]})"));
}

TEST(JsonFile, RequiredMembers) {
  const auto json = parse(
      R"({"i": -4, "u": 18446744073709551615, "f": 1.5, "b": true, "s": "x", "o": {}, "n": null})");
  EXPECT_EQ(require_integer(json, "i", kPath), -4);
  EXPECT_EQ(require_number(json, "i", kPath), -4.0);
  EXPECT_EQ(require_number(json, "f", kPath), 1.5);
  EXPECT_TRUE(require_boolean(json, "b", kPath));
  EXPECT_TRUE(require_object(json, "o", kPath).empty());
  EXPECT_THAT([&] { require_integer(json, "f", kPath); },
              fails_with<FormatError>("config.json", "f must be an integer", "1.5"));
  EXPECT_THAT([&] { require_integer(json, "u", kPath); },
              fails_with<FormatError>("u must be an integer", "18446744073709551615"));
  EXPECT_THAT([&] { require_integer(json, "b", kPath); }, fails_with<FormatError>("b must be"));
  EXPECT_THAT([&] { require_number(json, "s", kPath); },
              fails_with<FormatError>("s must be a number", "\"x\""));
  EXPECT_THAT([&] { require_boolean(json, "i", kPath); }, fails_with<FormatError>("i must be"));
  EXPECT_THAT([&] { require_string(json, "o", kPath); },
              fails_with<FormatError>("o must be a string", "object"));
  EXPECT_THAT([&] { require_object(json, "s", kPath); }, fails_with<FormatError>("s must be"));
  EXPECT_THAT([&] { require_array(json, "o", kPath); }, fails_with<FormatError>("o must be"));
  EXPECT_THAT([&] { require_integer(json, "n", kPath); },
              fails_with<FormatError>("config.json", "n is missing"));
  EXPECT_THAT([&] { require_integer(json, "z", kPath); },
              fails_with<FormatError>("config.json", "z is missing"));
}

TEST(JsonFile, OptionalMembers) {
  const auto json = parse(R"({"i": 4, "n": null, "s": "x", "a": [1]})");
  EXPECT_EQ(optional_integer(json, "i", kPath), 4);
  EXPECT_EQ(optional_number(json, "i", kPath), 4.0);
  EXPECT_EQ(optional_string(json, "s", kPath), "x");
  EXPECT_NE(optional_array(json, "a", kPath), nullptr);
  for (const char* key : {"n", "absent"}) {
    EXPECT_EQ(optional_integer(json, key, kPath), std::nullopt);
    EXPECT_EQ(optional_number(json, key, kPath), std::nullopt);
    EXPECT_EQ(optional_boolean(json, key, kPath), std::nullopt);
    EXPECT_EQ(optional_string(json, key, kPath), std::nullopt);
    EXPECT_EQ(optional_object(json, key, kPath), nullptr);
    EXPECT_EQ(optional_array(json, key, kPath), nullptr);
  }
  EXPECT_THAT([&] { optional_integer(json, "s", kPath); }, fails_with<FormatError>("s must be"));
  EXPECT_THAT([&] { optional_object(json, "a", kPath); }, fails_with<FormatError>("a must be"));
}

TEST(JsonFile, MembersOfWhatIsNoObject) {
  EXPECT_THAT([] { require_integer(parse("[1]"), "hidden_size", kPath); },
              fails_with<FormatError>("config.json", "hidden_size", "array"));
}

}  // namespace
}  // namespace headlens
