#include "headlens/interventions/sweep.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "headlens/base/errors.h"
#include "headlens/interventions/patching.h"
#include "headlens/interventions/record.h"
#include "headlens/interventions/site_values.h"
#include "tests/parity/parity_models.h"

namespace headlens {
namespace {

/// x - left right^T (x - mean) of rows one after another, from the whole matrix left right^T.
std::vector<float> erased_by_hand(const LinearEraser& eraser, std::vector<float> rows) {
  const std::int64_t n = eraser.width();
  std::vector<double> matrix(n * n);
  for (std::int64_t r = 0; r < eraser.rank; ++r) {
    for (std::int64_t i = 0; i < n * n; ++i) {
      matrix[i] += eraser.left[r * n + i / n] * eraser.right[r * n + i % n];
    }
  }
  std::vector<float> erased(rows.size());
  for (std::size_t at = 0; at < rows.size(); ++at) {
    const std::size_t row = at / n * n, i = at % n;
    double taken = 0;
    for (std::int64_t j = 0; j < n; ++j) {
      taken += matrix[i * n + j] * (rows[row + j] - eraser.mean[j]);
    }
    erased[at] = static_cast<float>(rows[at] - taken);
  }
  return erased;
}

/// What a sweep must equal: one whole run, edited by a hook.
Hook naive_hook(const Intervention& intervention, const BlockSpec& spec) {
  return [&intervention, &spec](Tensor& value) {
    const SiteKind kind = intervention.site.kind;
    const Edit& edit = intervention.edit;
    const bool pattern = is_pattern_site(kind);
    const std::int64_t n = value.size(pattern ? 2 : 1);
    const std::int64_t heads = site_heads(kind, spec);
    const std::int64_t width = pattern ? n : site_width(kind, spec) / heads;
    const std::vector<float> erased =
        edit.eraser == nullptr
            ? std::vector<float>()
            : erased_by_hand(*edit.eraser, {value.data(), value.data() + value.element_count()});
    for (std::int64_t h = 0; h < heads; ++h) {
      if (intervention.head >= 0 && intervention.head != h) continue;
      for (std::int64_t p = 0; p < n; ++p) {
        const auto& chosen = intervention.positions;
        if (!chosen.empty() && std::ranges::find(chosen, p) == chosen.end()) continue;
        const std::int64_t at = pattern ? (h * n + p) * n : (p * heads + h) * width;
        const bool one_row = edit.values != nullptr && !pattern && edit.values->size(0) == 1;
        for (std::int64_t i = 0; i < width; ++i) {
          const auto& keys = intervention.keys;
          if (!keys.empty() && std::ranges::find(keys, i) == keys.end()) continue;
          float& x = value.data()[at + i];
          if (edit.eraser != nullptr) x = erased[at + i];
          x = edit.keep == 0 ? 0 : edit.keep * x;
          if (edit.values == nullptr) continue;
          x += edit.gain * edit.values->data()[(one_row ? h * width : at) + i];
        }
      }
    }
  };
}

class SweepAgainstRuns : public testing::TestWithParam<std::string> {
 protected:
  SweepAgainstRuns() : model_(GetParam()) {}

  const ModelSpec& spec() { return model_.session().spec(); }

  struct Expected {
    double difference;
    double size;  ///< of the logits it is made of
  };
  Expected naive(const Variant& variant, std::int32_t answer, std::int32_t foil) {
    HookSet hooks;
    for (const Intervention& intervention : variant.interventions) {
      hooks.edit(intervention.site, naive_hook(intervention, spec().block()));
    }
    const RunOutput run = model_.session().run_with_hooks({variant.base->tokens}, hooks);
    const float* logits =
        run.logits.data() + variant.question->positions.front() * spec().vocab_size;
    return {.difference = static_cast<double>(logits[answer]) - logits[foil],
            .size = std::max({1.0f, std::abs(logits[answer]), std::abs(logits[foil])})};
  }

  /// Random numbers of a site's own size, as a patch would bring.
  std::shared_ptr<const Tensor> values_for(SiteKind kind, std::int64_t length) {
    Shape shape{length, 0};
    if (is_pattern_site(kind)) {
      shape = {spec().block().n_heads, length, length};
    } else {
      shape.back() = site_width(kind, spec().block());
    }
    auto values = std::make_shared<Tensor>(shape);
    std::uniform_real_distribution<float> number(0.1f, 1.0f);
    for (float& value : values->values()) value = number(random_);
    return values;
  }

  /// Every kind of edit at a site: one head or all; one position, two or all; likewise keys.
  std::vector<std::vector<Intervention>> edits_at(Site site, std::int64_t length) {
    const auto values = values_for(site.kind, length);
    const int last_head = static_cast<int>(site_heads(site.kind, spec().block())) - 1;
    std::vector<std::vector<Intervention>> edits{
        {{.site = site, .edit = {.keep = 0.7f}}},
        {{.site = site, .positions = {length / 2}, .edit = {.values = values}}},
        {{.site = site, .head = last_head, .edit = {.keep = 1, .gain = 0.5f, .values = values}}},
        {{.site = site,
          .head = 0,
          .positions = {2, length - 1},
          .edit = {.keep = 0.5f, .gain = -0.3f, .values = values}}},
    };
    if (is_pattern_site(site.kind)) {
      add_key_edits(site, length, values, edits);
    } else {
      add_erasures(site, length, values, edits);
    }
    const bool divides = site.kind == SiteKind::ln1_scale || site.kind == SiteKind::ln2_scale ||
                         site.kind == SiteKind::ln_final_scale;
    if (!divides) edits.push_back({{.site = site, .head = 0, .edit = {}}});
    return edits;
  }

  /// Every row and all heads, and one head of some rows, where what was erased is given back in
  /// part.
  void add_erasures(Site site, std::int64_t length, const std::shared_ptr<const Tensor>& values,
                    std::vector<std::vector<Intervention>>& edits) {
    const std::int64_t heads = site_heads(site.kind, spec().block());
    const std::int64_t width = site_width(site.kind, spec().block());
    edits.push_back({{.site = site, .edit = {.keep = 1, .eraser = eraser_for(width)}}});
    edits.push_back(
        {{.site = site,
          .head = static_cast<int>(heads) - 1,
          .positions = {1, length - 2},
          .edit = {
              .keep = 0.8f, .gain = 0.4f, .values = values, .eraser = eraser_for(width / heads)}}});
  }

  /// An oblique map that is small enough not to turn the sign of a norm's scale.
  std::shared_ptr<const LinearEraser> eraser_for(std::int64_t width) {
    auto eraser = std::make_shared<LinearEraser>();
    std::uniform_real_distribution<double> number(-1, 1);
    const auto draw = [&](std::int64_t n, double size) {
      std::vector<double> numbers(n);
      for (double& value : numbers) value = size * number(random_);
      return numbers;
    };
    eraser->rank = std::min<std::int64_t>(3, width);
    eraser->mean = draw(width, 0.1);
    const double size = 0.8 / std::sqrt(static_cast<double>(width));
    eraser->left = draw(eraser->rank * width, size);
    eraser->right = draw(eraser->rank * width, size);
    return eraser;
  }

  /// Edits of some keys alone: a cell that is seen, one that a causal model masks, several of one
  /// row, and columns of all heads.
  static void add_key_edits(Site site, std::int64_t length,
                            const std::shared_ptr<const Tensor>& values,
                            std::vector<std::vector<Intervention>>& edits) {
    const auto add = [&](int head, std::vector<std::int64_t> queries,
                         std::vector<std::int64_t> keys, Edit edit) {
      edits.push_back({{.site = site,
                        .head = head,
                        .positions = std::move(queries),
                        .edit = std::move(edit),
                        .keys = std::move(keys)}});
    };
    add(0, {length - 2}, {1}, {.values = values});
    add(1, {2}, {length - 1}, {.values = values});
    add(1, {length - 2}, {0, 2, length - 3}, {.keep = 0.6f, .gain = 0.4f, .values = values});
    add(-1, {}, {1}, {.values = values});
    add(-1, {3, length - 2}, {0, 3}, {.keep = 0.5f});
    edits.push_back({edits.back().front(), {.site = site, .head = 0, .edit = {.values = values}}});
  }

  ParityModel model_;
  std::mt19937 random_{7};
};

/// At every site of every family, together in one sweep over two prompts.
TEST_P(SweepAgainstRuns, AreTheSame) {
  const auto bases = record_base_runs(model_.session(), {model_.sequence(0), model_.sequence(1)});
  const std::int32_t answer = 3, foil = 11;
  std::vector<Question> questions;
  for (const auto& base : bases) {
    questions.push_back({{base->length() - 2}, {answer}, {foil}});
  }
  std::vector<Variant> variants;
  for (const Site site : model_.session().sites()) {
    for (std::size_t b = 0; b < bases.size(); ++b) {
      for (auto& interventions : edits_at(site, bases[b]->length())) {
        variants.push_back({bases[b].get(), &questions[b], std::move(interventions)});
      }
    }
  }
  Sweep sweep(model_.session(), Metric::logit_difference);
  const std::vector<double> values = sweep.run(variants);
  int moved = 0;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    const Variant& variant = variants[i];
    const auto [expected, size] = naive(variant, answer, foil);
    const double base = sweep.readout().read_base(*variant.question, *variant.base);
    moved += std::abs(expected - base) > 1e-4 ? 1 : 0;
    EXPECT_NEAR(values[i], expected, 1e-5 * size)
        << to_string(variant.interventions.front().site) << " variant " << i;
  }
  EXPECT_GT(moved, static_cast<int>(variants.size()) / 2) << "most edits change nothing";
}

/// One cell after another, known ones among them, beside whole runs in which a hook copies it.
TEST_P(SweepAgainstRuns, PairsOfPositionsAreCells) {
  Session& session = model_.session();
  std::vector<AskedPair> pairs(1);
  AskedPair& pair = pairs.front();
  pair.clean.sequence = model_.sequence(1);
  pair.corrupt = pair.clean.sequence;
  pair.corrupt.ids[2] += pair.corrupt.ids[2] > 0 ? -1 : 1;
  const auto n = static_cast<std::int64_t>(pair.corrupt.ids.size());
  pair.clean.prompt_length = n;
  pair.clean.question = {{n - 1}, {3}, {11}};
  for (const SiteKind site : {SiteKind::pattern, SiteKind::attn_scores}) {
    PatchOptions options{.asked = {.metric = Metric::logit_difference},
                         .site = site,
                         .columns = GridColumns::heads_and_position_pairs};
    const PatchEffects effects = std::move(patch_effects(session, pairs, options).front());
    const auto source = site_values(session, site, pair.clean.sequence);
    const std::vector<GridPlace> places = grid_places(effects.grid.axes);
    ASSERT_EQ(places.size(), static_cast<std::size_t>(spec().n_layers() * spec().block().n_heads) *
                                 static_cast<std::size_t>(n * n));
    BaseRun edited;
    edited.tokens = pair.corrupt;
    int known = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const GridPlace& place = places[i];
      Intervention cell{.site = {site, place.layer}, .head = place.head};
      cell.positions = {place.position};
      cell.keys = {place.key};
      cell.edit.values = source[place.layer];
      const Variant variant{&edited, &pair.clean.question, std::vector(1, cell)};
      const auto [expected, size] = naive(variant, 3, 11);
      EXPECT_NEAR(effects.grid.values[i], expected, 1e-5 * size) << place_name(place);
      known += effects.grid.values[i] == effects.corrupt ? 1 : 0;
    }
    const std::int64_t heads = spec().n_layers() * spec().block().n_heads;
    EXPECT_GE(known, spec().block().causal ? heads * (n * (n - 1) / 2 + 3) : 0);
    EXPECT_LT(known, std::ssize(places));
  }
}

TEST_P(SweepAgainstRuns, ErasersFitTheirSite) {
  const auto bases = record_base_runs(model_.session(), {model_.sequence(1)});
  const Question question{{bases[0]->length() - 1}, {3}, {11}};
  Sweep sweep(model_.session(), Metric::logit_difference);
  const auto run = [&](SiteKind kind, LinearEraser eraser) {
    const Intervention intervention{
        .site = {kind, 0},
        .edit = {.keep = 1, .eraser = std::make_shared<LinearEraser>(std::move(eraser))}};
    const Variant variant{bases[0].get(), &question, std::vector(1, intervention)};
    return sweep.run({&variant, 1})[0];
  };
  const std::int64_t width = site_width(SiteKind::resid_pre, spec().block());
  const LinearEraser fits = *eraser_for(width);
  EXPECT_TRUE(std::isfinite(run(SiteKind::resid_pre, fits)));
  EXPECT_THROW(run(SiteKind::resid_pre, *eraser_for(width + 1)), ShapeError);
  EXPECT_THROW(run(SiteKind::pattern, *eraser_for(bases[0]->length())), UsageError);
  LinearEraser broken = fits;
  broken.right.back() = std::nan("");
  EXPECT_THROW(run(SiteKind::resid_pre, broken), UsageError);
  broken.right.pop_back();
  EXPECT_THROW(run(SiteKind::resid_pre, broken), ShapeError);
}

TEST_P(SweepAgainstRuns, OnlyScoresAndPatternsHaveKeys) {
  const auto bases = record_base_runs(model_.session(), {model_.sequence(1)});
  const Question question{{bases[0]->length() - 1}, {3}, {11}};
  Sweep sweep(model_.session(), Metric::logit_difference);
  const auto run = [&](SiteKind kind, std::int64_t key) {
    Intervention intervention{.site = {kind, 0}};
    intervention.keys = {key};
    const Variant variant{bases[0].get(), &question, std::vector(1, intervention)};
    return sweep.run({&variant, 1});
  };
  EXPECT_THROW(run(SiteKind::z, 0), UsageError);
  EXPECT_THROW(run(SiteKind::pattern, bases[0]->length()), UsageError);
  EXPECT_EQ(run(SiteKind::pattern, 0).size(), 1u);
}

std::vector<std::string> token_models() {
  std::vector<std::string> names;
  for (const std::string& name : ParityModel::names()) {
    if (ParityModel(name).session().spec().predicts_tokens()) names.push_back(name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Models, SweepAgainstRuns, testing::ValuesIn(token_models()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace headlens
