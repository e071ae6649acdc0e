#include "headlens/probing/probe_split.h"

#include <gtest/gtest.h>

#include <set>

#include "headlens/base/errors.h"
#include "tests/probing/harvest_test_support.h"

namespace headlens {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ProbeSplitTest : public ::testing::Test {
 protected:
  ProbeSplitTest() {
    write_tiny_model(model_, "gpt2");
    Session session = Session::open(model_.path().string());
    ListedCorpus train = length_corpus({"the cat", "a dog", "mats the", "cat a"});
    ListedCorpus test = length_corpus({"a cat", "dog"});
    const HarvestOptions options{.sites = {{SiteKind::resid_pre, 0}}};
    parts_.push_back(harvested(session, train, options, first_.path()));
    parts_.push_back(harvested(session, test, options, second_.path()));
  }

  TemporaryDirectory model_, first_, second_;
  std::vector<Harvest> parts_;
};

TEST_F(ProbeSplitTest, ByPart) {
  const ProbeSplit split = split_by_part(ProbeData(parts_));
  EXPECT_THAT(split.train, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(split.validation, IsEmpty());
  EXPECT_THAT(split.test, ElementsAre(8, 9, 10));
  const ProbeSplit three = split_by_part(ProbeData({parts_[0], parts_[1], parts_[1]}));
  EXPECT_THAT(three.validation, ElementsAre(8, 9, 10));
  EXPECT_THAT(three.test, ElementsAre(11, 12, 13));
  EXPECT_THAT([&] { split_by_part(ProbeData({parts_[0]})); },
              refuses_with<UsageError>("test file"));
}

TEST_F(ProbeSplitTest, AtRandomKeepsGroupsTogether) {
  const ProbeData data({parts_[0], parts_[1]});
  for (const SplitGroup group : {SplitGroup::sentence, SplitGroup::word_type}) {
    const ProbeSplit split = split_at_random(data, group, 0.2, 0.4, 7);
    EXPECT_EQ(split.train.size() + split.validation.size() + split.test.size(), 11U);
    const std::vector<std::int32_t> groups = groups_of(data, group);
    std::set<std::int32_t> seen[3];
    for (const std::int64_t row : split.train) seen[0].insert(groups[row]);
    for (const std::int64_t row : split.validation) seen[1].insert(groups[row]);
    for (const std::int64_t row : split.test) seen[2].insert(groups[row]);
    std::set<std::int32_t> all;
    for (const auto& part : seen) all.insert(part.begin(), part.end());
    EXPECT_EQ(all.size(), seen[0].size() + seen[1].size() + seen[2].size());
    const ProbeSplit again = split_at_random(data, group, 0.2, 0.4, 7);
    EXPECT_EQ(again.test, split.test);
  }
  EXPECT_THAT([&] { split_at_random(data, SplitGroup::row, 0.5, 0.5, 0); },
              refuses_with<UsageError>("shares"));
  EXPECT_THAT([&] { split_at_random(data, SplitGroup::sentence, 0, 0.01, 0); },
              refuses_with<UsageError>("test part has no row"));
}

TEST_F(ProbeSplitTest, FoldsAreStratifiedOrGrouped) {
  const ProbeData data({parts_[0]});
  // Labels 3 3 1 3 4 3 3 1; by hand from scikit-learn's rule.
  EXPECT_THAT(probe_folds(data, 2, SplitGroup::row).test_fold, ElementsAre(0, 0, 0, 0, 1, 1, 1, 1));
  const Folds folds = probe_folds(data, 2, SplitGroup::word_type);
  EXPECT_EQ(folds.test_fold[0], folds.test_fold[5]) << "the";
  EXPECT_EQ(folds.test_fold[1], folds.test_fold[6]) << "cat";
  EXPECT_EQ(folds.test_fold[2], folds.test_fold[7]) << "a";
}

TEST(SplitGroups, HaveNames) {
  for (const char* name : {"row", "sentence", "document", "word-type"}) {
    EXPECT_EQ(to_string(parse_split_group(name).value()), name);
  }
  EXPECT_FALSE(parse_split_group("word"));
}

}  // namespace
}  // namespace headlens
