#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "headlens/base/errors.h"
#include "tests/parity/parity_models.h"

namespace headlens {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TokenSequence tokens(std::vector<std::int32_t> ids, std::vector<std::int32_t> types = {}) {
  return {std::move(ids), std::move(types)};
}

class SessionErrors : public testing::Test {
 protected:
  template <typename Exception>
  void expect_refused(const std::vector<TokenSequence>& batch, const std::string& fragment) {
    EXPECT_THAT([&] { gpt2_.session().run(batch); }, ThrowsMessage<Exception>(HasSubstr(fragment)));
    EXPECT_NO_THROW(gpt2_.session().run({tokens({1, 2, 3})}));
  }
  ParityModel gpt2_{"gpt2"};
  ParityModel bert_{"bert_masked_lm"};
};

TEST_F(SessionErrors, EmptyBatch) { expect_refused<UsageError>({}, "the batch has no sequence"); }

TEST_F(SessionErrors, EmptySequence) {
  expect_refused<UsageError>({TokenSequence{}}, "the prompt is empty");
  expect_refused<UsageError>({tokens({1, 2}), {}, tokens({3})}, "the prompt is empty");
}

TEST_F(SessionErrors, TooLong) {
  const TokenSequence longest{std::vector<std::int32_t>(16, 5)};
  EXPECT_NO_THROW(gpt2_.session().run({longest}));
  expect_refused<UsageError>({TokenSequence{std::vector<std::int32_t>(17, 5)}},
                             "the prompt has 17 tokens, but gpt2 takes at most 16");
}

TEST_F(SessionErrors, IdsOutsideTheVocabulary) {
  EXPECT_NO_THROW(gpt2_.session().run({tokens({0, 63})}));
  expect_refused<UsageError>({tokens({1, 64})}, "token id 64 is not in the vocabulary of 64");
  expect_refused<UsageError>({tokens({-1})}, "token id -1");
  expect_refused<UsageError>({tokens({1}), tokens({2147483647})}, "token id 2147483647");
}

TEST_F(SessionErrors, TypeIds) {
  EXPECT_NO_THROW(bert_.session().run({tokens({1, 2}, {0, 1})}));
  const auto run = [&](std::vector<std::int32_t> types) {
    return [this, types] { bert_.session().run({tokens({1, 2}, types)}); };
  };
  EXPECT_THAT(run({0, 2}), ThrowsMessage<UsageError>(HasSubstr("token type 2")));
  EXPECT_THAT(run({0, -1}), ThrowsMessage<UsageError>(HasSubstr("token type -1")));
  EXPECT_THAT(run({0}), ThrowsMessage<ShapeError>("type_ids: expected 2 entries, got 1"));
  EXPECT_THAT(run({0, 0, 0}), ThrowsMessage<ShapeError>("type_ids: expected 2 entries, got 3"));
  expect_refused<UsageError>({tokens({1, 2}, {0, 1})}, "token type 1 does not exist");
}

TEST_F(SessionErrors, SitesThatTheModelLacks) {
  EXPECT_THAT(
      [&] {
        gpt2_.session().run_with_cache({tokens({1})}, {{SiteKind::z, 5}});
      },
      ThrowsMessage<UsageError>(HasSubstr("no site blocks.5.attn.hook_z")));
  EXPECT_THROW(gpt2_.session().run_with_cache({tokens({1})}, {{SiteKind::rot_q, 0}}), UsageError);
}

TEST_F(SessionErrors, AllSitesAreRunnable) {
  for (ParityModel* model : {&gpt2_, &bert_}) {
    Session& session = model->session();
    const RunOutput run = session.run_with_cache({tokens({1, 2, 3})}, session.sites());
    for (const Site site : session.sites()) {
      EXPECT_FALSE(run.cache.at(site).empty()) << to_string(site);
    }
  }
}

}  // namespace
}  // namespace headlens
