#include "headlens/interventions/reference.h"

#include <gtest/gtest.h>

#include <set>

#include "headlens/base/errors.h"
#include "tests/parity/parity_models.h"

namespace headlens {
namespace {

constexpr int kLayer = 1;

class Reference : public testing::Test {
 protected:
  Tensor values_of(const TokenSequence& tokens) {
    const Site site{SiteKind::z, kLayer};
    return model_.session().run_with_cache({tokens}, {site}).cache.take(site);
  }
  auto reference(Replacement replacement, std::int64_t length, std::uint64_t seed = 0) {
    return reference_values(model_.session(), SiteKind::z, replacement, texts_, length, seed);
  }

  ParityModel model_{"llama"};
  const std::vector<TokenSequence> texts_{model_.sequence(0), model_.sequence(1)};
};

TEST_F(Reference, ZeroNeedsNoValues) {
  for (const auto& values : reference(Replacement::zero, 4)) EXPECT_EQ(values, nullptr);
}

TEST_F(Reference, MeanIsOverEveryTokenOfEveryText) {
  const auto mean = reference(Replacement::mean, 4)[kLayer];
  const std::int64_t width = mean->size(1);
  EXPECT_EQ(mean->shape(), (Shape{1, width}));
  for (std::int64_t i = 0; i < width; ++i) {
    double sum = 0;
    std::int64_t count = 0;
    for (const TokenSequence& text : texts_) {
      const Tensor values = values_of(text);
      for (std::int64_t p = 0; p < values.size(1); ++p, ++count)
        sum += values.data()[p * width + i];
    }
    EXPECT_NEAR(mean->data()[i], sum / static_cast<double>(count), 1e-6);
  }
}

TEST_F(Reference, ResampledPositionsComeWholeFromOneTextAtTheSamePosition) {
  const Tensor first = values_of(texts_[0]), second = values_of(texts_[1]);
  std::set<const Tensor*> used;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const auto drawn = reference(Replacement::resample, 9, seed)[kLayer];
    const std::int64_t width = drawn->size(1);
    for (std::int64_t p = 0; p < 9; ++p) {
      const auto is_from = [&](const Tensor& text) {
        return p < text.size(1) &&
               std::equal(drawn->data() + p * width, drawn->data() + (p + 1) * width,
                          text.data() + p * width);
      };
      EXPECT_TRUE(is_from(first) || is_from(second)) << "position " << p;
      if (p < second.size(1)) used.insert(is_from(first) ? &first : &second);
    }
  }
  EXPECT_EQ(used.size(), 2u) << "one text was never drawn";
}

TEST_F(Reference, RefusesWhatIsNotThere) {
  EXPECT_THROW(reference(Replacement::resample, 12), UsageError);
  EXPECT_THROW(reference_values(model_.session(), SiteKind::z, Replacement::mean, {}, 4, 0),
               UsageError);
  EXPECT_THROW(
      reference_values(model_.session(), SiteKind::pattern, Replacement::mean, texts_, 4, 0),
      UsageError);
}

}  // namespace
}  // namespace headlens
