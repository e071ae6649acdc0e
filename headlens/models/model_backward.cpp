#include "headlens/models/model_backward.h"

#include <algorithm>

#include "headlens/base/cancellation.h"
#include "headlens/kernels/norm.h"
#include "headlens/models/block/backward.h"
#include "headlens/models/block/head_rotation.h"
#include "headlens/models/block/normalize.h"
#include "headlens/models/taps.h"

namespace headlens {
namespace {

constexpr SiteKind kEmbeddings[] = {SiteKind::embed, SiteKind::pos_embed,
                                    SiteKind::token_type_embed};

bool is_embedding(Site site) {
  return std::ranges::find(kEmbeddings, site.kind) != std::end(kEmbeddings);
}

/// The gradient of what the embeddings add up to.
std::vector<float> through_embedding_norm(const Model& model, const SequenceTape& tape,
                                          const std::vector<float>& gradient) {
  const ModelSpec& spec = model.spec();
  if (!spec.embedding_norm) return gradient;
  const std::int64_t n = spec.d_model;
  const float* weight = model.embeddings().norm.weight.data();
  std::vector<float> result(gradient.size(), 0.0f), sum(n), quotient(n), g(n);
  for (std::int64_t row = 0; row < tape.length(); ++row) {
    std::ranges::fill(sum, 0.0f);
    for (const SiteKind kind : kEmbeddings) {
      if (!has_site({kind, -1}, spec)) continue;
      const float* part = tape.rows({kind, -1}) + row * n;
      for (std::int64_t i = 0; i < n; ++i) sum[i] += part[i];
    }
    const float scale = divide_by_scale(spec.block(), n, sum.data(), quotient.data());
    for (std::int64_t i = 0; i < n; ++i) g[i] = gradient[row * n + i] * weight[i];
    const auto vjp =
        spec.block().norm == NormKind::rms_norm ? rms_norm_row_vjp : layer_norm_row_vjp;
    vjp(quotient.data(), scale, g.data(), n, result.data() + row * n);
  }
  return result;
}

void embeddings_backward(const Model& model, const SequenceTape& tape,
                         const std::vector<float>& gradient, SiteGradients& gradients) {
  const std::vector<float> sum = through_embedding_norm(model, tape, gradient);
  for (const SiteKind kind : kEmbeddings) {
    gradients.set_rows({kind, -1}, sum.data(), model.spec().d_model);
  }
}

}  // namespace

std::vector<Site> sites_for_backward(const std::set<Site>& wanted, const ModelSpec& spec) {
  int first = spec.n_layers();
  bool embeddings = false;
  for (const Site site : wanted) {
    embeddings = embeddings || is_embedding(site);
    if (is_embedding(site) || is_per_layer(site.kind)) first = std::min(first, site.layer);
  }
  std::vector<Site> sites;
  if (spec.final_norm) {
    sites = {{SiteKind::ln_final_scale, -1}, {SiteKind::ln_final_normalized, -1}};
  }
  for (int layer = std::max(first, 0); layer < spec.n_layers(); ++layer) {
    const std::vector<Site> block = BlockBackward::needed_sites(spec.blocks[layer], layer);
    sites.insert(sites.end(), block.begin(), block.end());
  }
  for (const SiteKind kind : kEmbeddings) {
    if (embeddings && spec.embedding_norm && has_site({kind, -1}, spec))
      sites.push_back({kind, -1});
  }
  return sites;
}

void run_backward(const Model& model, const ModelTransposes& transposes,
                  const TokenSequence& tokens, const SequenceTape& tape, const Tensor& d_states,
                  SiteGradients& gradients) {
  const ModelSpec& spec = model.spec();
  const std::int64_t length = tape.length();
  std::vector<float> gradient(d_states.values().begin(), d_states.values().end());
  if (spec.final_norm) {
    std::ranges::fill(gradient, 0.0f);
    norm_backward(spec.block(), model.final_norm(), {SiteKind::ln_final_scale, -1},
                  {SiteKind::ln_final_normalized, -1}, tape, gradients, d_states.data(),
                  gradient.data());
  }
  std::vector<float> cosine, sine;
  if (const auto& rotary = spec.block().rotary) {
    const RowBatch batch({tokens}, PaddingSide::right);
    const std::size_t size = length * rotary->inverse_frequencies.size();
    cosine.resize(size);
    sine.resize(size);
    compute_rotations(*rotary, batch, {0, length}, cosine.data(), sine.data());
  }
  const int first = std::max(gradients.first_layer(), 0);
  for (int layer = spec.n_layers() - 1; layer >= first; --layer) {
    check_cancellation();
    BlockBackward(spec.blocks[layer], model.block(layer), transposes.blocks[layer], layer, tape,
                  cosine.data(), sine.data(), gradients)
        .run(gradient.data());
  }
  if (gradients.first_layer() < 0) embeddings_backward(model, tape, gradient, gradients);
}

}  // namespace headlens
