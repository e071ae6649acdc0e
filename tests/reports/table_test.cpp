#include "headlens/reports/table.h"

#include <gtest/gtest.h>

#include <sstream>

#include "headlens/base/errors.h"
#include "headlens/reports/token_label.h"
#include "tests/reports/samples.h"

namespace headlens {
namespace {

TEST(TextTable, AlignsByDisplayWidth) {
  TextTable table({{.title = "a"}, {.title = "n", .align = Align::kRight}, {.title = "z"}});
  table.add_row({"猫", "1", "x"});
  table.add_row({"e\u0301", "10", ""});
  EXPECT_EQ(table.to_text(80),
            "a    n  z\n"
            "猫   1  x\n"
            "e\u0301   10\n");
}

TEST(TextTable, ShrinksThenDropsColumns) {
  TextTable table({{.title = "name", .shrinks = true}, {.title = "n", .align = Align::kRight}});
  table.add_row({"abcdefghijkl", "5"});
  EXPECT_EQ(table.to_text(12), "name       n\nabcdefgh…  5\n");
  EXPECT_EQ(table.to_text(7), "name\nabcde…\n");
  EXPECT_EQ(table.to_text(3), "na…\nab…\n");
}

TEST(TextTable, NeverWiderThanAsked) {
  TextTable table({{.title = "token", .shrinks = true},
                   {.title = "id", .align = Align::kRight},
                   {.title = "other", .shrinks = true}});
  for (const std::string& token : hostile_tokens()) {
    table.add_row({token_label(token), "12345", token_label(token, 9)});
  }
  for (int width = 1; width < 90; ++width) {
    std::istringstream lines(table.to_text(width));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), width);
  }
}

TEST(TextTable, RefusesRaggedRows) {
  TextTable table({{.title = "a"}});
  EXPECT_THROW(table.add_row({"1", "2"}), ShapeError);
}

}  // namespace
}  // namespace headlens
