#include <gtest/gtest.h>

#include "headlens/lenses/logit_lens.h"
#include "tests/parity/real_models.h"

namespace headlens {
namespace {

TEST(RealModelLens, ScreeningFindsEveryTopTokenOfFloat32) {
  if (const auto reason = reason_to_skip(kSmolLm2); !reason.empty()) GTEST_SKIP() << reason;
  Session& session = real_session(kSmolLm2);
  const Prompt prompt = make_prompt(session, "The capital of France is");
  for (const bool final_norm : {true, false}) {
    LogitLensOptions options{.final_norm = final_norm, .all_positions = true};
    const LensResult exact = logit_lens(session, prompt, options);
    options.products = VocabularyProducts::bf16_screened;
    const LensResult screened = logit_lens(session, prompt, options);
    ASSERT_EQ(exact.layers.size(), 31u);
    ASSERT_EQ(exact.positions.size(), 5u);
    for (std::size_t layer = 0; layer < exact.layers.size(); ++layer) {
      for (std::size_t position = 0; position < exact.positions.size(); ++position) {
        const auto& a = exact.cells_LP[layer][position].top;
        const auto& b = screened.cells_LP[layer][position].top;
        ASSERT_EQ(a.size(), b.size());
        for (std::size_t i = 0; i < a.size(); ++i) {
          EXPECT_EQ(a[i].id, b[i].id)
              << "layer " << layer << ", position " << position << ", rank " << i;
        }
      }
    }
  }
}

TEST(RealModelLens, LastLayerPredictsParis) {
  if (const auto reason = reason_to_skip(kSmolLm2); !reason.empty()) GTEST_SKIP() << reason;
  Session& session = real_session(kSmolLm2);
  const Prompt prompt = make_prompt(session, "The capital of France is");
  const LensResult lens = logit_lens(session, prompt, {.top_k = 3});
  const auto& top = lens.cells_LP.back()[0].top;
  ASSERT_EQ(top.size(), 3u);
  EXPECT_EQ(top[0].token, " Paris");
  EXPECT_NEAR(top[0].probability, 0.773, 5e-3);
  EXPECT_EQ(top[1].token, " the");
  EXPECT_EQ(top[2].token, " London");
  EXPECT_EQ(lens.cells_LP[0][0].top[0].token, " is");
}

}  // namespace
}  // namespace headlens
