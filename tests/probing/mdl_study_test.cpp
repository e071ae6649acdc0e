#include "headlens/probing/mdl_study.h"

#include <gtest/gtest.h>

#include <cmath>

#include "headlens/base/errors.h"
#include "headlens/results/json.h"
#include "tests/probing/harvest_test_support.h"

namespace headlens {
namespace {

/// Words labelled with their length, by the states of a tiny model.
class MdlStudy : public ::testing::Test {
 protected:
  MdlStudy() {
    write_tiny_model(model_, "gpt2");
    session_.emplace(Session::open(model_.path().string()));
    const std::vector<std::string> words{"a", "cat", "sat", "the", "mats", "dog", "e", "into"};
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < 40; ++i) {
      texts.push_back(words[i % 8] + " " + words[(i * i + 3) % 8] + " " + words[(5 * i + 1) % 8]);
    }
    ListedCorpus corpus = length_corpus(texts);
    std::vector<Harvest> parts;
    parts.push_back(harvested(*session_, corpus, {.sites = {first_, second_}}, folder_.path()));
    data_.emplace(std::move(parts));
  }

  TemporaryDirectory model_, folder_;
  std::optional<Session> session_;
  std::optional<ProbeData> data_;
  const Site first_{SiteKind::resid_pre, 0}, second_{SiteKind::resid_pre, 1};
  const std::vector<MdlSite> sites_{{first_, 0}, {second_, 1}};
};

TEST_F(MdlStudy, GivesLengthsOfTaskAndControl) {
  const MdlResult result = study_mdl(*data_, sites_, {.seeds = 2});
  ASSERT_EQ(result.layers.size(), 2u);
  EXPECT_EQ(result.rows, 120);
  EXPECT_EQ(result.code, "online");
  EXPECT_NEAR(result.uniform_bits, 120 * std::log2(3), 1e-9);
  EXPECT_LT(result.entropy_bits, result.uniform_bits);
  const MdlCode& code = result.layers[0].task;
  EXPECT_EQ(code.portions.front().first, 0);
  EXPECT_EQ(code.portions.back().end, 120);
  for (std::size_t p = 0; p + 1 < code.portions.size(); ++p) {
    EXPECT_EQ(code.portions[p].end, code.portions[p + 1].first);
    EXPECT_EQ(code.portions[p].end % 3, 0);  // sentences are sent whole
  }
  EXPECT_NEAR(code.compression, result.uniform_bits / code.code_length_bits, 1e-12);
  EXPECT_GT(code.standard_deviation, 0);
  EXPECT_TRUE(result.layers[0].control);
}

TEST_F(MdlStudy, SendsOnlineAndVariationally) {
  const MdlResult online = study_mdl(*data_, sites_, {.control = false});
  const MdlResult variational =
      study_mdl(*data_, sites_, {.code = MdlCodeKind::variational, .control = false});
  EXPECT_FALSE(online.layers[0].control);
  EXPECT_TRUE(variational.layers[0].task.portions.empty());
  const MdlCode& code = variational.layers[0].task;
  EXPECT_NEAR(code.code_length_bits, code.data_bits + code.weight_bits + 4, 1e-9);
  EXPECT_EQ(variational.probe, "gaussian");
}

TEST_F(MdlStudy, GoesOnFromItsLog) {
  const TemporaryDirectory folder;
  MdlStudyOptions options{.log = folder.path() / "log", .work = {{"a", 1}}};
  const std::string whole = to_text(to_json(study_mdl(*data_, sites_, options)));
  EXPECT_EQ(to_text(to_json(study_mdl(*data_, sites_, options))), whole);
  options.work = {{"a", 2}};
  EXPECT_THROW(study_mdl(*data_, sites_, options), UsageError);
}

TEST_F(MdlStudy, RefusesQuestionsWithoutAnAnswer) {
  EXPECT_THROW(study_mdl(*data_, {}, {}), UsageError);
  EXPECT_THROW(study_mdl(*data_, sites_, {.seeds = 0}), UsageError);
}

}  // namespace
}  // namespace headlens
