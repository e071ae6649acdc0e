#include "headlens/formats/delimited.h"

#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "headlens/formats/json_lines.h"
#include "tests/formats/format_test_support.h"

namespace headlens {
namespace {

using ::testing::ElementsAre;
using testing::fails_with;

constexpr DelimitedForm kTabs{.separator = '\t', .quotes = false};

TEST(Delimited, QuotedFieldsAsRfc4180HasThem) {
  DelimitedReader reader("a,b\r\n\"x \"\"y\"\", z\",1\r\n\n\"two\r\nlines\",\r\n\"\",\"\"", "x.csv",
                         {});
  EXPECT_THAT(reader.header(), ElementsAre("a", "b"));
  EXPECT_EQ(reader.column("b"), 1u);
  EXPECT_THAT(reader.next()->fields, ElementsAre("x \"y\", z", "1"));
  const auto two = reader.next();
  EXPECT_THAT(two->fields, ElementsAre("two\r\nlines", ""));
  EXPECT_EQ(two->line, 4);
  EXPECT_THAT(reader.next()->fields, ElementsAre("", ""));
  EXPECT_FALSE(reader.next());
}

TEST(Delimited, TabsKeepQuotationMarks) {
  DelimitedReader reader("text\tlabel\n\" They\tO\n\t\n", "x.tsv", kTabs);
  EXPECT_THAT(reader.next()->fields, ElementsAre("\" They", "O"));
  EXPECT_THAT(reader.next()->fields, ElementsAre("", ""));
  EXPECT_EQ(DelimitedForm::of("a/b.tsv").separator, '\t');
  EXPECT_FALSE(DelimitedForm::of("a/b.tsv").quotes);
  EXPECT_EQ(DelimitedForm::of("a/b.csv").separator, ',');
}

TEST(Delimited, EmptyLastFields) {
  DelimitedReader reader("a,b,c\n1,,\n,,\n", "x.csv", {});
  EXPECT_THAT(reader.next()->fields, ElementsAre("1", "", ""));
  EXPECT_THAT(reader.next()->fields, ElementsAre("", "", ""));
}

TEST(Delimited, ColumnsThatAreNotThere) {
  const DelimitedReader reader("text,label\n", "x.csv", {});
  EXPECT_THAT([&] { (void)reader.column("tag"); },
              fails_with<UsageError>("no column tag", "text, label"));
}

TEST(Delimited, RefusalsNameTheLine) {
  const std::vector<std::array<std::string, 3>> cases = {
      {"a,b\n1,2\n1,2,3\n", "line 3", "fields: 2 in the header, 3 in this row"},
      {"a,b\n1\n", "line 2", "1 in this row"},
      {"a,b\n\"x\ny\n", "line 2", "never closed"},
      {"a,b\n\"x\"y,1\n", "line 2", "after a field's closing"},
      {"a,b\nx\"y,1\n", "line 2", "does not begin with one"},
      {"a,a\n", "line 1", "two columns are called a"},
      {"a,b\n\xff,1\n", "line 2", "UTF-8"}};
  for (const auto& [text, line, problem] : cases) {
    const auto read_all = [&text = text] {
      DelimitedReader reader(text, "bad.csv", {});
      while (reader.next()) {
      }
    };
    EXPECT_THAT(read_all, fails_with<FormatError>("bad.csv, " + line, problem)) << text;
  }
  EXPECT_THAT([] { DelimitedReader reader("\n", "bad.csv", {}); },
              fails_with<FormatError>("bad.csv", "no header"));
}

/// As many rows as its README says there are; some tweets have several lines.
TEST(Delimited, ISarcasmEval) {
  const std::filesystem::path file =
      std::filesystem::path(HEADLENS_SHARED_DATA) / "isarcasmeval" / "train.En.csv";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "../shared/data/isarcasmeval is not there";
  DelimitedReader reader(file);
  const std::size_t sarcastic = reader.column("sarcastic");
  int rows = 0, sarcastic_rows = 0;
  while (const auto row = reader.next()) {
    ++rows;
    sarcastic_rows += row->fields[sarcastic] == "1" ? 1 : 0;
  }
  EXPECT_EQ(rows, 3468);
  EXPECT_EQ(sarcastic_rows, 867);
}

TEST(JsonLines, ObjectsAndTheirLines) {
  JsonLinesReader reader("{\"a\": 1}\n\n \t\r\n{\"a\": 2}", "x.jsonl");
  EXPECT_EQ(reader.next()->object.at("a"), 1);
  const auto second = reader.next();
  EXPECT_EQ(second->object.at("a"), 2);
  EXPECT_EQ(second->line, 4);
  EXPECT_FALSE(reader.next());
}

TEST(JsonLines, RefusalsNameTheLine) {
  const std::vector<std::array<std::string, 3>> cases = {
      {"{}\n[1]\n", "line 2", "no JSON object"},
      {"{}\n{\"a\": \n", "line 2", "not valid JSON"},
      {"{\"a\": 1, \"a\": 2}", "line 1", "twice"},
      {std::string(100, '[') + "\n", "line 1", "nested deeper"},
      {"{\"\xff\": 1}", "line 1", "UTF-8"}};
  for (const auto& [text, line, problem] : cases) {
    const auto read_all = [&text = text] {
      JsonLinesReader reader(text, "bad.jsonl");
      while (reader.next()) {
      }
    };
    EXPECT_THAT(read_all, fails_with<FormatError>("bad.jsonl, " + line, problem)) << text;
  }
}

}  // namespace
}  // namespace headlens
