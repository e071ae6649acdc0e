#include "headlens/probing/harvest.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include "headlens/base/errors.h"
#include "headlens/kernels/bfloat16.h"
#include "headlens/probing/read_harvest.h"
#include "tests/probing/harvest_test_support.h"

namespace headlens {
namespace {

const std::vector<std::string> kTexts = {
    "the cat sat.",  "a",           "mats and hats", "the",
    "sad dogs bark", "abcde fghij", "x y z",         "the the the"};

class HarvestRuns : public ::testing::TestWithParam<std::string> {
 protected:
  HarvestRuns() : session_(open()) {}

  Session open() const {
    write_tiny_model(model_, GetParam());
    return Session::open(model_.path().string());
  }
  std::vector<Site> states() const {
    std::vector<Site> sites;
    for (int layer = 0; layer <= session_.spec().n_layers(); ++layer) {
      sites.push_back(hidden_state_site(session_.spec(), layer));
    }
    return sites;
  }
  HarvestManifest run(const HarvestOptions& options) {
    ListedCorpus corpus = length_corpus(kTexts);
    return harvest(session_, corpus, options, out_.path());
  }
  Encoding encode(const std::string& text) const {
    return session_.tokenizer().encode(text, SpecialTokens::add);
  }
  /// A site's states of a text that is run alone: [token, width].
  Tensor alone(const std::string& text, Site site) {
    const Encoding encoding = encode(text);
    TokenSequence sequence{.ids = encoding.ids};
    if (session_.spec().type_rows > 0) sequence.type_ids = encoding.type_ids;
    return session_.run_with_cache({sequence}, {site}, {.logits = Logits::none}).cache.take(site);
  }

  TemporaryDirectory model_, out_;
  Session session_;
};

/// The last token whose span begins within a word that is between spaces: here every token with a
/// character of the word ends within it.
std::int64_t last_token(const Encoding& encoding, CharSpan word) {
  std::int64_t last = -1;
  for (std::size_t t = 0; t < encoding.ids.size(); ++t) {
    const bool inside = encoding.spans[t].end > word.begin && encoding.spans[t].end <= word.end;
    if (encoding.special[t] == 0 && inside) last = static_cast<std::int64_t>(t);
  }
  return last;
}

TEST_P(HarvestRuns, StatesAreThoseOfSentencesRunAlone) {
  std::vector<Site> sites = states();
  sites.push_back({SiteKind::z, 1});
  sites.push_back({SiteKind::mlp_post, 0});
  const HarvestManifest manifest = run({.sites = sites, .shard_tokens = 20});
  EXPECT_GT(manifest.shards.size(), 2u);
  const Harvest harvest = read_harvest(out_.path());
  const std::vector<HarvestedRow> rows = harvest.read_rows();
  ASSERT_EQ(std::ssize(rows), harvest.rows());
  ASSERT_EQ(rows.size(), 19u);
  const std::vector<LabelledSentence> sentences = length_sentences(kTexts);
  for (const Site site : sites) {
    const Tensor states = harvest.read_states(site);
    std::size_t row = 0;
    for (std::size_t i = 0; i < kTexts.size(); ++i) {
      const Tensor expected = alone(kTexts[i], site);
      const std::int64_t width = states.size(1);
      ASSERT_EQ(expected.element_count() / expected.size(1), width);
      for (const LabelledWord& word : sentences[i].words) {
        const std::int64_t token = last_token(encode(kTexts[i]), word.span);
        ASSERT_GE(token, 0);
        EXPECT_EQ(std::memcmp(states.data() + static_cast<std::int64_t>(row) * width,
                              expected.data() + token * width, width * sizeof(float)),
                  0)
            << to_string(site) << ", row " << row;
        EXPECT_EQ(rows[row].sentence, static_cast<std::int64_t>(i));
        EXPECT_EQ(show(rows[row].labels[0]), std::to_string(rows[row].form.size()));
        ++row;
      }
    }
  }
}

TEST_P(HarvestRuns, WordsOfOneTokenHaveItsState) {
  const std::string text = "x y z";
  LabelledSentence sentence{.line = 1, .text = text};
  for (const CharSpan span : {CharSpan{2, 3}, {0, 1}, {2, 3}, {2, 3}}) {
    sentence.words.push_back({.span = span, .labels = {std::string("c")}});
  }
  ListedCorpus corpus({.data = "x", .unit = LabelUnit::word, .columns = {"c"}}, {sentence});
  const Site site{SiteKind::resid_pre, 1};
  for (const Pooling pooling : {Pooling::last, Pooling::max}) {
    const std::filesystem::path folder = out_.path() / to_string(pooling);
    std::filesystem::create_directory(folder);
    ListedCorpus again = corpus;
    harvest(session_, again, {.sites = {site}, .pooling = pooling}, folder);
    const Tensor states = read_harvest(folder).read_states(site);
    const Tensor expected = alone(text, site);
    const std::int64_t width = states.size(1);
    for (std::size_t w = 0; w < sentence.words.size(); ++w) {
      const std::int64_t token = last_token(encode(text), sentence.words[w].span);
      const float* own = states.data() + static_cast<std::int64_t>(w) * width;
      EXPECT_TRUE(std::equal(own, own + width, expected.data() + token * width))
          << to_string(pooling) << ", word " << w;
    }
  }
}

TEST_P(HarvestRuns, SentencesByTheirMean) {
  std::vector<LabelledSentence> sentences;
  for (const std::string& text : kTexts) {
    sentences.push_back({.line = 1, .text = text, .labels = {std::string("x")}});
  }
  ListedCorpus corpus({.data = "x", .unit = LabelUnit::sentence, .columns = {"c"}}, sentences);
  const Site site{SiteKind::resid_pre, 1};
  harvest(session_, corpus, {.sites = {site}}, out_.path());
  const Tensor states = read_harvest(out_.path()).read_states(site);
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    const Encoding encoding = encode(kTexts[i]);
    const Tensor expected = alone(kTexts[i], site);
    for (std::int64_t d = 0; d < states.size(1); ++d) {
      double sum = 0, count = 0;
      for (std::size_t t = 0; t < encoding.ids.size(); ++t) {
        if (encoding.special[t] != 0) continue;
        sum += expected.data()[static_cast<std::int64_t>(t) * states.size(1) + d];
        ++count;
      }
      EXPECT_NEAR(states.data()[static_cast<std::int64_t>(i) * states.size(1) + d], sum / count,
                  1e-6);
    }
  }
}

TEST_P(HarvestRuns, PairsAreTwoStatesBesideOneAnother) {
  std::vector<LabelledSentence> pairs = {
      {.line = 1, .text = "the cat", .second_text = "a dog ran", .labels = {std::string("x")}}};
  ListedCorpus corpus({.data = "x", .unit = LabelUnit::pair, .columns = {"c"}}, pairs);
  const Site site{SiteKind::resid_pre, 1};
  harvest(session_, corpus, {.sites = {site}, .pooling = Pooling::first}, out_.path());
  const Tensor states = read_harvest(out_.path()).read_states(site);
  const std::int64_t width = session_.spec().d_model;
  ASSERT_EQ(states.shape(), (Shape{1, 2 * width}));
  const std::int64_t token = GetParam() == "bert" ? 1 : 0;
  for (const auto& [text, offset] : {std::pair("the cat", std::int64_t{0}), {"a dog ran", width}}) {
    const Tensor expected = alone(text, site);
    EXPECT_EQ(
        std::memcmp(states.data() + offset, expected.data() + token * width, width * sizeof(float)),
        0);
  }
}

TEST_P(HarvestRuns, EveryTokenWithTheLabelOfItsWord) {
  const Site site{SiteKind::resid_pre, 0};
  run({.sites = {site}, .unit = HarvestUnit::token});
  std::int64_t tokens = 0;
  for (const std::string& text : kTexts) {
    for (const std::uint8_t special : encode(text).special) tokens += special == 0 ? 1 : 0;
  }
  const Harvest harvest = read_harvest(out_.path());
  EXPECT_EQ(harvest.rows(), tokens);
  for (const HarvestedRow& row : harvest.read_rows()) {
    // Of "and", "sad", "dogs" and "abcde".
    if (row.form != "d") continue;
    const std::string label = show(row.labels[0]);
    EXPECT_TRUE(label == "3" || label == "4" || label == "5") << label;
  }
}

TEST_P(HarvestRuns, HalvesAreTheStatesRounded) {
  const Site site{SiteKind::resid_pre, 1};
  run({.sites = {site}});
  const Tensor exact = read_harvest(out_.path()).read_states(site);
  for (const auto& [dtype, relative] :
       {std::pair(DType::f16, 1.0 / 2048), {DType::bf16, 1.0 / 256}}) {
    const TemporaryDirectory folder;
    ListedCorpus corpus = length_corpus(kTexts);
    harvest(session_, corpus, {.sites = {site}, .dtype = dtype}, folder.path());
    const Tensor rounded = read_harvest(folder.path()).read_states(site);
    for (std::int64_t i = 0; i < exact.element_count(); ++i) {
      EXPECT_NEAR(rounded.data()[i], exact.data()[i], std::abs(exact.data()[i]) * relative + 1e-7);
    }
  }
}

/// Whatever was on disk when it was killed, the end has the same bytes.
TEST_P(HarvestRuns, GoesOnToTheSameBytes) {
  const HarvestOptions options{.sites = states(), .shard_tokens = 20};
  run(options);
  const auto whole = files_of(out_.path());
  const std::string log = whole.at("harvest.log");
  ASSERT_GT(whole.size(), 6u);
  for (std::size_t cut = 0; cut <= log.size(); cut += cut < 2 ? 1 : 61) {
    const TemporaryDirectory folder;
    for (const auto& [name, bytes] : whole) {
      if (name.starts_with("shard")) folder.write(name, bytes);
    }
    folder.write("harvest.log", log.substr(0, cut));
    ListedCorpus corpus = length_corpus(kTexts);
    harvest(session_, corpus, options, folder.path());
    ASSERT_EQ(files_of(folder.path()), whole) << "cut at byte " << cut;
  }
}

TEST_P(HarvestRuns, ShardsDoNotDependOnTheirSize) {
  run({.sites = states()});
  const Tensor one = read_harvest(out_.path()).read_states(states()[1]);
  for (const std::int64_t tokens : {1, 7, 30}) {
    const TemporaryDirectory folder;
    ListedCorpus corpus = length_corpus(kTexts);
    harvest(session_, corpus, {.sites = states(), .shard_tokens = tokens}, folder.path());
    const Tensor many = read_harvest(folder.path()).read_states(states()[1]);
    ASSERT_EQ(many.shape(), one.shape());
    EXPECT_EQ(std::memcmp(many.data(), one.data(), one.values().size_bytes()), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, HarvestRuns, ::testing::Values("gpt2", "bert"));

class HarvestRefusals : public ::testing::Test {
 protected:
  HarvestRefusals() : session_(open()) {}

  Session open() const {
    write_tiny_model(model_, "gpt2");
    return Session::open(model_.path().string());
  }
  template <typename Matcher>
  void refuse(const std::vector<std::string>& texts, const HarvestOptions& options,
              const Matcher& matcher) {
    EXPECT_THAT(
        [&] {
          ListedCorpus corpus = length_corpus(texts);
          harvest(session_, corpus, options, out_.path());
        },
        matcher);
  }

  TemporaryDirectory model_, out_;
  Session session_;
  const HarvestOptions options_{.sites = {{SiteKind::resid_pre, 0}}};
};

TEST_F(HarvestRefusals, OptionsThatDoNotFit) {
  refuse({"a"}, {}, refuses_with<UsageError>("no site"));
  refuse({"a"}, {.sites = {{SiteKind::pattern, 0}}}, refuses_with<UsageError>("pairs of tokens"));
  refuse({"a"}, {.sites = {{SiteKind::resid_pre, 9}}}, refuses_with<UsageError>("no site"));
  refuse({"a"}, {.sites = options_.sites, .unit = HarvestUnit::sentence},
         refuses_with<UsageError>("label words"));
  refuse({"a"}, {.sites = options_.sites, .pooling = Pooling::cls},
         refuses_with<UsageError>("cls is for sentences"));
  refuse({"a"}, {.sites = options_.sites, .dtype = DType::i8},
         refuses_with<UsageError>("f32, f16 or bf16"));
  refuse({}, options_, refuses_with<UsageError>("nothing to harvest"));
  EXPECT_TRUE(std::filesystem::is_empty(out_.path()));
  EXPECT_THAT([&] { hidden_state_site(session_.spec(), 99); }, refuses_with<UsageError>("99"));
}

TEST_F(HarvestRefusals, SentencesAndWordsThatDoNotFit) {
  const std::string long_text(200, 'q');
  refuse({"a", "b", long_text}, options_,
         refuses_with<FormatError>("lengths.txt, line 3", "takes at most"));
  refuse({"a", "b \u2603"}, options_,
         refuses_with<FormatError>("lengths.txt, line 2", "has no token in this model"));
  EXPECT_TRUE(std::filesystem::is_empty(out_.path()));
  ListedCorpus corpus = length_corpus({"a", long_text, "b \u2603", "\u2603"});
  HarvestOptions skipping = options_;
  skipping.skip_unfit = true;
  const HarvestManifest manifest = harvest(session_, corpus, skipping, out_.path());
  EXPECT_EQ(manifest.counts.rows, 2);
  EXPECT_EQ(manifest.counts.skipped_sentences, 2);
  EXPECT_EQ(manifest.counts.skipped_words, 1);
  EXPECT_EQ(manifest.counts.sentences_read, 4);
}

TEST_F(HarvestRefusals, ClsWithoutASpecialToken) {
  ListedCorpus corpus({.data = "x", .unit = LabelUnit::sentence, .columns = {}},
                      {{.line = 1, .text = "a"}});
  EXPECT_THAT(
      [&] {
        harvest(session_, corpus, {.sites = options_.sites, .pooling = Pooling::cls}, out_.path());
      },
      refuses_with<UsageError>("special token first"));
}

TEST_F(HarvestRefusals, FoldersOfOtherWork) {
  ListedCorpus corpus = length_corpus({"a"});
  harvest(session_, corpus, options_, out_.path());
  const auto before = files_of(out_.path());
  HarvestOptions other = options_;
  other.dtype = DType::f16;
  refuse({"a"}, other, refuses_with<UsageError>("belongs to other work"));
  EXPECT_EQ(files_of(out_.path()), before);
  std::filesystem::resize_file(out_.path() / "shard-00000.safetensors", 10);
  refuse({"a"}, options_, refuses_with<FormatError>("shard-00000.safetensors", "begin anew"));
}

}  // namespace
}  // namespace headlens
