#include "headlens/lenses/logit_lens.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "headlens/base/errors.h"
#include "headlens/models/output_head.h"
#include "headlens/run/provenance.h"

namespace headlens {
namespace {

std::vector<int> checked_positions(const LogitLensOptions& options, int n) {
  std::vector<int> positions(n);
  std::iota(positions.begin(), positions.end(), 0);
  if (options.all_positions) return positions;
  if (options.positions.empty()) return {n - 1};
  positions = options.positions;
  for (int& position : positions) {
    const int asked = position;
    if (position < 0) position += n;
    if (position < 0 || position >= n) {
      throw UsageError("position " + std::to_string(asked) + " does not exist: the prompt has " +
                       std::to_string(n) + " tokens, 0 to " + std::to_string(n - 1));
    }
  }
  return positions;
}

void check_head(const Session& session) {
  if (session.spec().predicts_tokens()) return;
  throw UnsupportedError(session.identity().name +
                         " has no vocabulary head, so there is no logit lens; use a causal or "
                         "masked language model");
}

LensCell make_cell(const RowPrediction& row, const Tokenizer& tokenizer) {
  LensCell cell{.entropy_nats = row.entropy_nats, .kl_to_final_nats = row.kl_from_reference_nats};
  for (const Candidate& candidate : row.top) {
    cell.top.push_back({.id = candidate.id,
                        .token = token_text(tokenizer, candidate.id),
                        .probability = std::exp(candidate.logit - row.log_sum_exp),
                        .logit = candidate.logit});
  }
  return cell;
}

}  // namespace

Tensor lens_inputs(Session& session, const TokenSequence& sequence,
                   const std::vector<int>& positions, bool final_norm) {
  const ModelSpec& spec = session.spec();
  const bool post = spec.block().norm_place == NormPlace::post;
  std::vector<Site> sites;
  for (int layer = 0; layer < spec.n_layers(); ++layer) {
    sites.push_back({SiteKind::resid_pre, layer});
  }
  sites.push_back(
      {post ? SiteKind::normalized_resid_post : SiteKind::resid_post, spec.n_layers() - 1});
  const RunOutput run = session.run_with_cache({sequence}, sites, {.logits = Logits::none});
  session.model().load_head();
  const auto n_states = static_cast<std::int64_t>(sites.size());
  const auto n_positions = static_cast<std::int64_t>(positions.size());
  Tensor inputs({n_positions, n_states, spec.d_model});
  for (std::int64_t state = 0; state < n_states; ++state) {
    const float* from = run.cache.at(sites[state]).data();
    for (std::int64_t p = 0; p < n_positions; ++p) {
      float* row = inputs.data() + (p * n_states + state) * spec.d_model;
      std::copy_n(from + positions[p] * spec.d_model, spec.d_model, row);
      if (final_norm || state == n_states - 1) apply_final_norm(session.model(), row);
    }
  }
  transform_for_prediction(session.model(), n_positions * n_states, inputs.data());
  return inputs;
}

LensResult logit_lens(Session& session, const Prompt& prompt, const LogitLensOptions& options) {
  check_head(session);
  if (options.top_k < 1 || options.top_k > session.spec().vocab_size) {
    throw UsageError("top-k must be from 1 to " + std::to_string(session.spec().vocab_size));
  }
  LensResult result;
  result.prompt = prompt.tokens;
  result.final_norm = options.final_norm;
  result.positions = checked_positions(options, static_cast<int>(prompt.sequence.ids.size()));
  result.layers.resize(session.spec().n_layers() + 1);
  std::iota(result.layers.begin(), result.layers.end(), 0);

  Tensor inputs = lens_inputs(session, prompt.sequence, result.positions, options.final_norm);
  const std::int64_t n_states = inputs.size(1);
  inputs.reshape({inputs.size(0) * n_states, inputs.size(2)});
  if (options.products == VocabularyProducts::bf16_screened) {
    session.model().load_screening();
    result.vocabulary_products = "bf16_screened";
  }
  const std::vector<RowPrediction> rows =
      project_to_vocabulary(session.model(), inputs, n_states, options.top_k, options.products);
  for (std::int64_t layer = 0; layer < n_states; ++layer) {
    std::vector<LensCell>& cells = result.cells_LP.emplace_back();
    for (std::size_t p = 0; p < result.positions.size(); ++p) {
      cells.push_back(make_cell(rows[p * n_states + layer], session.tokenizer()));
    }
  }
  result.provenance = provenance_of(session);
  return result;
}

}  // namespace headlens
