#include "headlens/reports/precision_text.h"

#include <gtest/gtest.h>

namespace headlens {
namespace {

Provenance of_sweep() {
  Provenance provenance;
  provenance.precision = "bf16_deltas";
  provenance.sweep_deviation = SweepDeviation{.metric = "logit-difference",
                                              .places = {"L0H1", "L4H2"},
                                              .of_places = 270,
                                              .prompts = 1,
                                              .of_prompts = 1,
                                              .max_abs = 0.0123,
                                              .mean_abs = 0.004,
                                              .mean_abs_effect = 0.51};
  return provenance;
}

TEST(PrecisionText, SaysWhatWasComparedOfASweep) {
  Provenance provenance = of_sweep();
  EXPECT_EQ(precision_text(provenance), "bf16_deltas (off by at most 0.012 at 2 of 270 places)");
  EXPECT_EQ(deviation_line(provenance),
            "bf16_deltas: logit-difference differs from f32 by at most 0.012, 0.004 on average, "
            "beside a mean effect of 0.51 (2 of 270 places)\n");
  provenance.sweep_deviation->prompts = 4;
  provenance.sweep_deviation->of_prompts = 100;
  EXPECT_EQ(precision_text(provenance),
            "bf16_deltas (off by at most 0.012 at 2 of 270 places on 4 of 100 prompts)");
}

TEST(PrecisionText, SaysOnHowManyTokensLogitsWereCompared) {
  Provenance provenance;
  provenance.precision = "bf16";
  provenance.precision_deviation = PrecisionDeviation{16, 0.031, 0.0042};
  EXPECT_EQ(precision_text(provenance), "bf16 (logits off by at most 0.031 on 16 tokens)");
  EXPECT_EQ(deviation_text(provenance),
            "logits differ from f32 by at most 0.031, 0.0042 on average (16 tokens)");
}

TEST(PrecisionText, HasNothingToSayOfF32) {
  const Provenance provenance;
  EXPECT_EQ(precision_text(provenance), "f32");
  EXPECT_EQ(deviation_text(provenance), "");
  EXPECT_EQ(deviation_line(provenance), "");
}

}  // namespace
}  // namespace headlens
