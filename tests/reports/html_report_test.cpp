#include "headlens/reports/html_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "tests/reports/samples.h"

namespace headlens {
namespace {

using testing::HasSubstr;
using testing::Not;

int count(const std::string& text, std::string_view part) {
  int found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

TEST(HtmlReport, IsSelfContained) {
  const std::vector<std::string> tokens = numbered_tokens(5);
  const RunResult run = run_of(tokens);
  const AttentionResult attention = attention_of(tokens, {0, 1}, 2, causal_weight);
  const LensResult lens = lens_of(tokens, 3, {0, 1, 2, 3, 4});
  const std::string page = html_report({&run, &attention, &lens});
  EXPECT_THAT(page, HasSubstr("<!doctype html>"));
  EXPECT_THAT(page, HasSubstr("<title>t0 t1 t2 t3 t4 — headlens</title>"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  for (const char* request : {"http:", "https:", "src=", "@import", "url(", "fetch("}) {
    EXPECT_THAT(page, Not(HasSubstr(request)));
  }
  EXPECT_THAT(page, Not(HasSubstr("{{")));
}

TEST(HtmlReport, HostileTextDoesNotReachTheMarkup) {
  const std::vector<std::string> tokens = hostile_tokens();
  const RunResult run = run_of(tokens);
  const AttentionResult attention = attention_of(tokens, {0}, 1, causal_weight);
  const std::string plain = html_report({.attention = &attention});
  const std::string page = html_report({&run, &attention, nullptr});
  EXPECT_EQ(count(page, "<script"), 2);
  EXPECT_EQ(count(page, "</script"), 2);
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, HasSubstr("<title>&lt;/script&gt;"));
  EXPECT_EQ(count(plain, "<script"), 2);
}

TEST(HtmlReport, ShowsAnyOfItsParts) {
  const std::vector<std::string> tokens = numbered_tokens(3);
  const RunResult run = run_of(tokens);
  const AttentionResult attention = attention_of(tokens, {0}, 1, causal_weight);
  const LensResult lens = lens_of(tokens, 3, {2});
  EXPECT_NO_THROW(html_report({.run = &run}));
  EXPECT_NO_THROW(html_report({.attention = &attention}));
  EXPECT_NO_THROW(html_report({.lens = &lens}));
  EXPECT_THROW(html_report({}), UsageError);
}

TEST(HtmlReport, RefusesPartsOfDifferentPrompts) {
  const RunResult run = run_of(numbered_tokens(3));
  const LensResult lens = lens_of(numbered_tokens(4), 3, {2});
  EXPECT_THROW(html_report({.run = &run, .lens = &lens}), UsageError);
}

TEST(HtmlReport, HundredTokensOf270HeadsStaySmall) {
  const std::vector<std::string> tokens = numbered_tokens(100);
  std::vector<int> layers(30);
  for (int i = 0; i < 30; ++i) layers[i] = i;
  const AttentionResult attention = attention_of(tokens, layers, 9, causal_weight);
  EXPECT_LT(html_report({.attention = &attention}).size(), 1'500'000U);
}

TEST(HtmlReport, LeavesNothingBehindWhenItCannotWrite) {
  const ScratchFolder folder;
  const RunResult run = run_of(numbered_tokens(3));
  EXPECT_THROW(write_html_report(folder / "no/index.html", {.run = &run}), ResourceError);
  EXPECT_EQ(folder.file_count(), 0U);
  write_html_report(folder / "index.html", {.run = &run});
  EXPECT_EQ(read_text(folder / "index.html"), html_report({.run = &run}));
}

}  // namespace
}  // namespace headlens
