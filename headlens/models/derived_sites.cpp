#include "headlens/models/derived_sites.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "headlens/models/block/attention.h"
#include "headlens/models/block/forward.h"
#include "headlens/models/block/head_rotation.h"
#include "headlens/models/block/normalize.h"
#include "headlens/models/taps.h"

namespace headlens {
namespace {

using Source = std::shared_ptr<const LazyTensor>;

/// What the recipes of one run know of it.
struct RunFacts {
  ModelSpec spec;
  RowBatch batch;
};

/// The site of the next block that holds the same tensor.
std::optional<Site> alias_of(Site site, const ModelSpec& spec) {
  const bool post = spec.block().norm_place == NormPlace::post;
  const SiteKind output = post ? SiteKind::normalized_resid_post : SiteKind::resid_post;
  if (site.kind != output || site.layer + 1 >= spec.n_layers()) return std::nullopt;
  return Site{SiteKind::resid_pre, site.layer + 1};
}

/// The sites that a site is computed from; empty where it must be stored.
std::vector<Site> sources_of(Site site, const ModelSpec& spec) {
  const BlockSpec& block = spec.block();
  const bool post = block.norm_place == NormPlace::post;
  const int l = site.layer;
  switch (site.kind) {
    case SiteKind::ln1_scale:
    case SiteKind::ln1_normalized:
      return {{post ? SiteKind::resid_mid : SiteKind::resid_pre, l}};
    case SiteKind::ln2_scale:
    case SiteKind::ln2_normalized:
      if (post) return {{SiteKind::resid_post, l}};
      return {{block.parallel_residual ? SiteKind::resid_pre : SiteKind::resid_mid, l}};
    case SiteKind::rot_q:
      return {{SiteKind::q, l}};
    case SiteKind::rot_k:
      return {{SiteKind::k, l}};
    case SiteKind::attn_scores:
    case SiteKind::pattern:
      return {{SiteKind::q, l}, {SiteKind::k, l}};
    case SiteKind::mlp_post:
      if (block.gated_mlp) return {{SiteKind::mlp_pre, l}, {SiteKind::mlp_pre_linear, l}};
      return {{SiteKind::mlp_pre, l}};
    default:
      return {};
  }
}

Tensor empty_tensor(Site site, const RunFacts& run) {
  const Shape shape = site_shape(site, run.spec, run.batch);
  return run.batch.has_padding() ? Tensor::zeros(shape) : Tensor(shape);
}

/// Calls body(row, its place in padded tensors) for all rows of the batch, on all threads.
template <typename Body>
void for_each_row(const RowBatch& batch, const Body& body) {
  run_team(static_cast<int>(std::min<std::int64_t>(thread_count(), batch.rows())), [&](Lane& lane) {
    const Range share = lane.share(batch.rows());
    for (std::int64_t row = share.begin; row < share.end; ++row) {
      body(row, batch.padded_row(row));
    }
  });
}

Tensor derive_norm(Site site, const RunFacts& run, const Tensor& x) {
  const BlockSpec& spec = run.spec.blocks[site.layer];
  const bool scale = site.kind == SiteKind::ln1_scale || site.kind == SiteKind::ln2_scale;
  const std::int64_t n = spec.d_model;
  Tensor result = empty_tensor(site, run);
  run_team(static_cast<int>(std::min<std::int64_t>(thread_count(), run.batch.rows())),
           [&](Lane& lane) {
             std::vector<float> quotient(n);
             const Range share = lane.share(run.batch.rows());
             for (std::int64_t row = share.begin; row < share.end; ++row) {
               const std::int64_t place = run.batch.padded_row(row);
               float* y = scale ? quotient.data() : result.data() + place * n;
               const float divisor = divide_by_scale(spec, n, x.data() + place * n, y);
               if (scale) result.data()[place] = divisor;
             }
           });
  return result;
}

Tensor derive_mlp_post(Site site, const RunFacts& run, const Tensor& pre, const Tensor* linear) {
  const BlockSpec& spec = run.spec.blocks[site.layer];
  Tensor result = empty_tensor(site, run);
  for_each_row(run.batch, [&](std::int64_t, std::int64_t place) {
    const std::int64_t at = place * spec.d_mlp;
    activate_row(spec, pre.data() + at, linear != nullptr ? linear->data() + at : nullptr,
                 result.data() + at);
  });
  return result;
}

/// Norms and rotates the queries or keys of all rows.
class HeadPreparation {
 public:
  HeadPreparation(const RunFacts& run, int layer, const Model& model)
      : run_(run), spec_(run.spec.blocks[layer]) {
    if (!spec_.qk_norm) return;
    q_norm_.weight = model.block(layer).q_norm.weight.clone();
    k_norm_.weight = model.block(layer).k_norm.weight.clone();
  }

  /// @param to      of row 0 of the batch
  /// @param stride  floats from row to row of `to`; 0: rows lie as in padded tensors
  void prepare(bool queries, const Tensor& from, float* to, std::int64_t stride) const {
    const std::int64_t n_heads = queries ? spec_.n_heads : spec_.n_kv_heads;
    const std::int64_t width = n_heads * spec_.d_head;
    const auto n_pairs =
        spec_.rotary ? static_cast<std::int64_t>(spec_.rotary->inverse_frequencies.size()) : 0;
    std::vector<float> cosine(run_.batch.rows() * n_pairs), sine(cosine.size());
    for_each_row(run_.batch, [&](std::int64_t row, std::int64_t place) {
      float* heads = to + (stride > 0 ? row * stride : place * width);
      std::copy_n(from.data() + place * width, width, heads);
      if (spec_.qk_norm) normalize_heads(spec_, queries ? q_norm_ : k_norm_, n_heads, heads);
      if (!spec_.rotary) return;
      compute_rotations(*spec_.rotary, run_.batch, {row, row + 1}, cosine.data(), sine.data());
      rotate_heads(spec_, cosine.data() + row * n_pairs, sine.data() + row * n_pairs, n_heads,
                   heads);
    });
  }

 private:
  const RunFacts& run_;
  const BlockSpec& spec_;
  NormWeights q_norm_, k_norm_;
};

Tensor derive_rotated(Site site, const RunFacts& run, const HeadPreparation& preparation,
                      const Tensor& heads) {
  Tensor result = empty_tensor(site, run);
  preparation.prepare(site.kind == SiteKind::rot_q, heads, result.data(), 0);
  return result;
}

/// Scores or pattern, by the block's own attention over the stored queries and keys.
Tensor derive_pattern(Site site, const RunFacts& run, const HeadPreparation& preparation,
                      const Tensor& q, const Tensor& k) {
  const BlockSpec& spec = run.spec.blocks[site.layer];
  Tensor result = empty_tensor(site, run);
  HookSet hooks;
  hooks.cache_into(site, result.data());
  const Taps taps(hooks, run.spec, run.batch, nullptr);
  const int lanes = static_cast<int>(std::min<std::int64_t>(thread_count(), run.batch.rows()));
  Workspace memory;
  memory.reserve_for_patterns(spec, run.batch, lanes);
  preparation.prepare(true, q, memory.qkv.data(), spec.qkv_width());
  preparation.prepare(false, k, memory.qkv.data() + spec.q_width(), spec.qkv_width());
  run_team(lanes, [&](Lane& lane) {
    Attention attention(spec, run.batch, taps, memory, lane, site.layer);
    attention.store_keys(lane.share(run.batch.rows()));
    lane.barrier();
    attention.run_pattern_only();
  });
  return result;
}

LazyTensor::Recipe recipe_for(Site site, const std::vector<Source>& sources,
                              const std::shared_ptr<const RunFacts>& run,
                              const std::shared_ptr<const HeadPreparation>& preparation) {
  return [=]() -> Tensor {
    const Tensor& first = sources.front()->get();
    const Tensor* second = sources.size() > 1 ? &sources.back()->get() : nullptr;
    switch (site.kind) {
      case SiteKind::rot_q:
      case SiteKind::rot_k:
        return derive_rotated(site, *run, *preparation, first);
      case SiteKind::attn_scores:
      case SiteKind::pattern:
        return derive_pattern(site, *run, *preparation, first, *second);
      case SiteKind::mlp_post:
        return derive_mlp_post(site, *run, first, second);
      default:
        return derive_norm(site, *run, first);
    }
  };
}

}  // namespace

DerivedSites::DerivedSites(const HookSet& hooks, const ModelSpec& spec) {
  if (hooks.has_edits()) return;
  const auto is_kept = [&](Site site) {
    return hooks.cached().contains(site) && !hooks.targets().contains(site);
  };
  for (const Site site : hooks.cached()) {
    if (site.layer < 0 || !has_site(site, spec) || !is_kept(site)) continue;
    const std::optional<Site> alias = alias_of(site, spec);
    const std::vector<Site> sources = alias ? std::vector{*alias} : sources_of(site, spec);
    if (!sources.empty() && std::ranges::all_of(sources, is_kept)) sites_.insert(site);
  }
}

HookSet DerivedSites::stored_hooks(const HookSet& hooks) const {
  if (sites_.empty()) return hooks;
  HookSet stored;
  for (const Site site : hooks.cached()) {
    if (!sites_.contains(site)) stored.cache(site);
  }
  for (const auto& [site, memory] : hooks.targets()) stored.cache_into(site, memory);
  return stored;
}

void DerivedSites::add_to(ActivationCache& cache, const Model& model, const RowBatch& batch) const {
  if (sites_.empty()) return;
  const auto run = std::make_shared<const RunFacts>(RunFacts{model.spec(), batch});
  std::vector<std::shared_ptr<const HeadPreparation>> preparations(run->spec.n_layers());
  for (const Site site : sites_) {
    if (const auto alias = alias_of(site, run->spec)) {
      cache.insert_alias(site, *alias);
      continue;
    }
    std::shared_ptr<const HeadPreparation>& preparation = preparations[site.layer];
    if (!preparation) {
      preparation = std::make_shared<const HeadPreparation>(*run, site.layer, model);
    }
    std::vector<Source> sources;
    for (const Site source : sources_of(site, run->spec)) sources.push_back(cache.share(source));
    cache.insert_derived(site, recipe_for(site, sources, run, preparation));
  }
}

}  // namespace headlens
