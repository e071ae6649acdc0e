#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "headlens/run/prompt.h"
#include "tests/parity/real_models.h"

namespace headlens {
namespace {

class RealModelPadding : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (const std::string why = reason_to_skip(GetParam()); !why.empty()) GTEST_SKIP() << why;
    session_ = &real_session(GetParam());
  }

  RealGolden golden_{GetParam()};
  Session* session_ = nullptr;
};

/// One sequence's part of a padded tensor: [batch, pos, ...], or of patterns
/// [batch, head, query, key].
struct Slice {
  std::int64_t sequence, offset, length;
};

void add_rows(Comparison& comparison, const Tensor& padded, const Slice& slice,
              const Tensor& alone) {
  const std::int64_t width = alone.element_count() / slice.length;
  const std::int64_t first = slice.sequence * padded.size(1) + slice.offset;
  comparison.add(padded.values().subspan(first * width, slice.length * width), alone.values());
}

void add_patterns(Comparison& comparison, const Tensor& padded, const Slice& slice,
                  const Tensor& alone) {
  const auto together_BHQK = padded.view<4>();
  const auto alone_BHQK = alone.view<4>();
  for (int head = 0; head < alone.size(1); ++head) {
    for (std::int64_t query = 0; query < slice.length; ++query) {
      for (std::int64_t key = 0; key < slice.length; ++key) {
        comparison.add(
            together_BHQK(slice.sequence, head, slice.offset + query, slice.offset + key),
            alone_BHQK(0, head, query, key));
      }
    }
  }
}

TEST_P(RealModelPadding, OnEitherSideChangesNothing) {
  std::vector<TokenSequence> batch;
  std::int64_t longest = 0;
  for (int prompt = 0; prompt < kRealPrompts; ++prompt) {
    batch.push_back(make_prompt(*session_, golden_.text(prompt)).sequence);
    longest = std::max(longest, static_cast<std::int64_t>(batch.back().ids.size()));
  }
  const auto states = state_sites(*session_), patterns = pattern_sites(*session_);
  std::vector<Site> sites = states;
  sites.insert(sites.end(), patterns.begin(), patterns.end());
  for (const PaddingSide side : {PaddingSide::right, PaddingSide::left}) {
    const bool left = side == PaddingSide::left;
    SCOPED_TRACE(left ? "left" : "right");
    const RunOutput together = session_->run_with_cache(batch, sites, {.padding = side});
    Comparison hidden(left ? "left_hidden" : "right_hidden", Comparison::equal);
    Comparison attention(left ? "left_attention" : "right_attention", Comparison::equal);
    std::optional<Comparison> logits;
    if (session_->spec().predicts_tokens()) {
      logits.emplace(left ? "left_logits" : "right_logits", Comparison::equal);
    }
    for (int i = 0; i < kRealPrompts; ++i) {
      const RunOutput alone = session_->run_with_cache({batch[i]}, sites);
      const auto length = static_cast<std::int64_t>(batch[i].ids.size());
      const Slice slice{i, left ? longest - length : 0, length};
      for (const Site s : states) add_rows(hidden, together.cache.at(s), slice, alone.cache.at(s));
      for (const Site s : patterns) {
        add_patterns(attention, together.cache.at(s), slice, alone.cache.at(s));
      }
      if (logits) add_rows(*logits, together.logits, slice, alone.logits);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, RealModelPadding, testing::Values(kSmolLm2, kMiniLm),
                         [](const auto& test) {
                           return test.param == std::string(kSmolLm2) ? "SmolLM2" : "MiniLM";
                         });

}  // namespace
}  // namespace headlens
