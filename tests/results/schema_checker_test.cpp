#include "tests/results/schema_checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headlens {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> violations(const char* document, const char* schema) {
  return schema_violations(json::parse(document), json::parse(schema), ".");
}

TEST(SchemaChecker, AcceptsWhatFits) {
  EXPECT_THAT(violations(R"({"a": [1, null]})", R"({"type": "object", "required": ["a"],
      "properties": {"a": {"type": "array", "items": {"type": ["integer", "null"]}}}})"),
              IsEmpty());
}

TEST(SchemaChecker, NamesThePlaceOfEachViolation) {
  EXPECT_THAT(violations(R"({"a": [1, "x"], "c": 0})", R"({"required": ["b"],
      "additionalProperties": false,
      "properties": {"a": {"items": {"type": "integer"}, "maxItems": 1}}})"),
              ElementsAre(": lacks b", "/a: has too many items", "/a/1: is string, not \"integer\"",
                          ": has the unknown key c"));
}

TEST(SchemaChecker, ChecksValues) {
  EXPECT_THAT(violations("-1", R"({"minimum": 0})"), ElementsAre(": is too small"));
  EXPECT_THAT(violations(R"("x")", R"({"const": "y"})"), ElementsAre(": has another value"));
  EXPECT_THAT(violations(R"("x")", R"({"enum": ["y", "z"]})"), ElementsAre(": not in enum"));
  EXPECT_THAT(violations(R"("xyz")", R"({"pattern": "^[0-9]+$"})"),
              ElementsAre(": breaks the pattern"));
}

TEST(SchemaChecker, FollowsReferencesAndChoices) {
  const char* schema = R"({"$defs": {"n": {"type": "number"}},
      "anyOf": [{"type": "null"}, {"$ref": "#/$defs/n"}]})";
  EXPECT_THAT(violations("1.5", schema), IsEmpty());
  EXPECT_THAT(violations("null", schema), IsEmpty());
  EXPECT_THAT(violations("true", schema), ElementsAre(": fits none of the choices"));
}

TEST(SchemaChecker, RefusesKeywordsItDoesNotKnow) {
  EXPECT_THROW(violations("1", R"({"multipleOf": 2})"), std::runtime_error);
}

}  // namespace
}  // namespace headlens
