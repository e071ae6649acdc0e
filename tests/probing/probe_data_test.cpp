#include "headlens/probing/probe_data.h"

#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "headlens/probing/limited_corpus.h"
#include "tests/probing/harvest_test_support.h"

namespace headlens {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ProbeDataTest : public ::testing::Test {
 protected:
  ProbeDataTest() {
    write_tiny_model(model_, "gpt2");
    session_.emplace(Session::open(model_.path().string()));
  }

  Harvest make(const TemporaryDirectory& folder, LabelledCorpus& corpus,
               std::int64_t shard_tokens = 4) {
    return harvested(*session_, corpus, {.sites = {site_, other_}, .shard_tokens = shard_tokens},
                     folder.path());
  }

  TemporaryDirectory model_, first_, second_;
  std::optional<Session> session_;
  const Site site_{SiteKind::resid_pre, 1}, other_{SiteKind::resid_pre, 0};
};

TEST_F(ProbeDataTest, JoinsHarvestsWithOneNumberingOfClassesAndGroups) {
  ListedCorpus train = length_corpus({"the cat", "a dog", "mats"});
  ListedCorpus test = length_corpus({"a cat", "dog"});
  std::vector<Harvest> parts;
  parts.push_back(make(first_, train));
  parts.push_back(make(second_, test));
  const Tensor first = parts[0].read_states(site_), second = parts[1].read_states(site_);
  const ProbeData data(std::move(parts));
  EXPECT_EQ(data.rows(), 8);
  EXPECT_EQ(data.column(), "length");
  EXPECT_THAT(data.classes(), ElementsAre("1", "3", "4"));
  EXPECT_THAT(data.labels(), ElementsAre(1, 1, 0, 1, 2, 0, 1, 1));
  EXPECT_THAT(data.part(), ElementsAre(0, 0, 0, 0, 0, 1, 1, 1));
  EXPECT_THAT(data.sentence(), ElementsAre(0, 0, 1, 1, 2, 3, 3, 4));
  EXPECT_THAT(data.document(), ElementsAre(0, 0, 1, 1, 2, 3, 3, 4));
  EXPECT_THAT(data.word_type(), ElementsAre(0, 1, 2, 3, 4, 2, 1, 3));
  EXPECT_THAT(data.type_forms(), ElementsAre("the", "cat", "a", "dog", "mats"));
  const Tensor states = data.states(1);
  ASSERT_EQ(states.shape(), (Shape{8, first.size(1)}));
  EXPECT_TRUE(std::equal(first.values().begin(), first.values().end(), states.values().begin()));
  EXPECT_TRUE(std::equal(second.values().begin(), second.values().end(),
                         states.values().begin() + first.element_count()));
  EXPECT_THAT([&] { data.states(2); }, refuses_with<UsageError>("hidden state 2"));
}

TEST_F(ProbeDataTest, LeavesOutRareClassesOnRequestAndCountsThem) {
  ListedCorpus corpus = length_corpus({"the cat", "a dog", "mats", "a cat"});
  std::vector<Harvest> parts;
  parts.push_back(make(first_, corpus));
  const Tensor all = parts[0].read_states(site_);
  const ProbeData data(std::move(parts), {.min_class_rows = 2});
  EXPECT_THAT(data.classes(), ElementsAre("1", "3"));
  EXPECT_THAT(data.dropped_classes(), ElementsAre("4"));
  EXPECT_EQ(data.dropped_rows(), 1);
  EXPECT_THAT(data.harvest_row(), ElementsAre(0, 1, 2, 3, 5, 6));
  const Tensor states = data.states(site_);
  for (std::int64_t i = 0; i < data.rows(); ++i) {
    const std::int64_t width = all.size(1), from = data.harvest_row()[i];
    EXPECT_TRUE(std::equal(all.data() + from * width, all.data() + (from + 1) * width,
                           states.data() + i * width))
        << i;
  }
}

TEST_F(ProbeDataTest, RefusesOneClassAlone) {
  ListedCorpus corpus = length_corpus({"the cat", "a dog"});
  std::vector<Harvest> parts{make(first_, corpus)};
  EXPECT_THAT([&] { ProbeData(parts, {.min_class_rows = 3}); },
              refuses_with<UsageError>("column length", "one class only, 3 of 3 rows or more"));
  ListedCorpus same = length_corpus({"the cat", "big dog"});
  std::vector<Harvest> threes{make(second_, same)};
  EXPECT_THAT([&] { ProbeData{threes}; }, refuses_with<UsageError>("one class only, 3; a probe"));
}

TEST_F(ProbeDataTest, LeavesOutRowsWithoutTheLabelAndStopsAfterWholeSentences) {
  std::vector<LabelledSentence> sentences = length_sentences({"the cat", "a dog", "mats"});
  for (LabelledSentence& sentence : sentences) {
    for (LabelledWord& word : sentence.words) word.labels.emplace_back(2.5);
  }
  sentences[0].words[1].labels[0] = {};
  sentences[1].document = "d";
  ListedCorpus corpus({.data = "x", .sha256 = "0", .columns = {"length", "size"}}, sentences);
  std::vector<Harvest> parts{make(first_, corpus)};
  EXPECT_THAT([&] { ProbeData(parts, {}); }, refuses_with<UsageError>("length, size"));
  EXPECT_THAT([&] { ProbeData(parts, {.column = "width"}); },
              refuses_with<UsageError>("no column", "length, size"));
  const ProbeData lengths(parts, {.column = "length", .max_rows = 2});
  EXPECT_THAT(lengths.harvest_row(), ElementsAre(0, 2, 3)) << "the second sentence is whole";
  EXPECT_EQ(lengths.unlabelled_rows(), 1);
  EXPECT_FALSE(lengths.has_real_values());
  const ProbeData sizes(parts, {.column = "size"});
  EXPECT_THAT(sizes.values(), ElementsAre(2.5, 2.5, 2.5, 2.5, 2.5));
  EXPECT_THAT(sizes.labels(), IsEmpty());
  EXPECT_THAT(sizes.document(), ElementsAre(0, 0, 1, 1, 2));
}

TEST_F(ProbeDataTest, ReusesAWholeHarvestAndRefusesOtherWork) {
  ListedCorpus corpus = length_corpus({"the cat", "a dog"});
  make(first_, corpus);
  const auto before = files_of(first_.path());
  ListedCorpus again = length_corpus({"the cat", "a dog"});
  EXPECT_EQ(make(first_, again).rows(), 4);
  EXPECT_EQ(files_of(first_.path()), before);
  ListedCorpus limited_corpus = length_corpus({"the cat", "a dog"});
  const auto shorter = limited(std::make_unique<ListedCorpus>(std::move(limited_corpus)), 1);
  EXPECT_THAT([&] { make(first_, *shorter); }, refuses_with<UsageError>("other work"));
  EXPECT_EQ(make(second_, *shorter).rows(), 2) << "the sentence that reaches the limit is whole";
}

TEST_F(ProbeDataTest, RefusesHarvestsThatDoNotFitTogether) {
  ListedCorpus a = length_corpus({"the cat"}), b = length_corpus({"a dog"});
  std::vector<Harvest> parts{make(first_, a)};
  parts.push_back(harvested(*session_, b, {.sites = {site_}}, second_.path()));
  EXPECT_THAT([&] { ProbeData(parts, {}); }, refuses_with<UsageError>("do not fit together"));
  EXPECT_THAT([] { ProbeData({}, {}); }, refuses_with<UsageError>("no harvest"));
}

}  // namespace
}  // namespace headlens
