#include "headlens/models/taps.h"

#include <algorithm>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

constexpr std::size_t kKinds = static_cast<std::size_t>(SiteKind::ln_final_normalized) + 1;

/// Negative if the row is not kept.
std::int64_t place_of_row(const SiteMemory& target, const RowBatch& batch, std::int64_t row) {
  if (target.padded) return batch.padded_row(row);
  const std::int64_t whole = batch.whole_row(row);
  return target.places.empty() ? whole : target.places[whole];
}

void copy_rows(const SiteMemory& target, const RowBatch& batch, Range rows, std::int64_t width,
               const float* first, std::int64_t stride) {
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const std::int64_t place = place_of_row(target, batch, row);
    if (place >= 0) std::copy_n(first + row * stride, width, target.values + place * width);
  }
}

/// Of sites in the last of `n_blocks` blocks and after: whether none comes before attention.
bool is_late(Site site, int n_blocks) {
  const bool is_norm = site.kind == SiteKind::ln1_scale || site.kind == SiteKind::ln1_normalized;
  return (site.kind >= SiteKind::z || is_norm) && (site.layer < 0 || site.layer == n_blocks - 1);
}

void check_rows(Site site, const SiteMemory& target) {
  const bool has_rows = site.kind != SiteKind::attn_scores && site.kind != SiteKind::pattern;
  if (!target.padded && !has_rows) {
    throw UsageError(to_string(site) + " belongs to pairs of tokens; it has no rows");
  }
}

}  // namespace

bool has_site(Site site, const ModelSpec& spec) {
  if (site.layer >= spec.n_layers()) return false;
  const BlockSpec& block = spec.block();
  const bool post = block.norm_place == NormPlace::post;
  switch (site.kind) {
    case SiteKind::pos_embed:
      return spec.position_rows > 0;
    case SiteKind::token_type_embed:
      return spec.type_rows > 0;
    case SiteKind::rot_q:
    case SiteKind::rot_k:
      return block.rotary.has_value();
    case SiteKind::resid_mid:
      return !block.parallel_residual;
    case SiteKind::mlp_pre_linear:
      return block.gated_mlp;
    case SiteKind::normalized_resid_post:
      return post;
    case SiteKind::ln_final_scale:
    case SiteKind::ln_final_normalized:
      return spec.final_norm;
    default:
      return true;
  }
}

Shape site_shape(Site site, const ModelSpec& spec, const RowBatch& batch) {
  const BlockSpec& block = spec.block();
  const std::int64_t b = batch.batch_size(), n = batch.padded_length();
  switch (site.kind) {
    case SiteKind::q:
    case SiteKind::rot_q:
    case SiteKind::z:
      return {b, n, block.n_heads, block.d_head};
    case SiteKind::k:
    case SiteKind::v:
    case SiteKind::rot_k:
      return {b, n, block.n_kv_heads, block.d_head};
    case SiteKind::attn_scores:
    case SiteKind::pattern:
      return {b, block.n_heads, n, n};
    case SiteKind::result:
      return {b, n, block.n_heads, spec.d_model};
    case SiteKind::mlp_pre:
    case SiteKind::mlp_pre_linear:
    case SiteKind::mlp_post:
      return {b, n, block.d_mlp};
    case SiteKind::ln1_scale:
    case SiteKind::ln2_scale:
    case SiteKind::ln_final_scale:
      return {b, n, 1};
    default:
      return {b, n, spec.d_model};
  }
}

Taps::Taps(const HookSet& hooks, const ModelSpec& spec, const RowBatch& batch,
           ActivationCache* cache)
    : has_edits_(hooks.has_edits()) {
  std::set<Site> heard = hooks.cached();
  for (const auto& [site, edits] : hooks.edits()) heard.insert(site);
  for (const auto& [site, memory] : hooks.targets()) heard.insert(site);
  table_.assign(spec.n_layers() + 1, std::vector<const Tap*>(kKinds, nullptr));
  for (const Site site : heard) {
    if (!has_site(site, spec)) {
      throw UsageError("this model has no site " + to_string(site) + "; it has " +
                       std::to_string(spec.n_layers()) + " layers");
    }
    const Shape shape = site_shape(site, spec, batch);
    Tap tap;
    tap.width = element_count(shape) / (batch.batch_size() * batch.padded_length());
    if (hooks.cached().contains(site)) {
      Tensor tensor = batch.has_padding() ? Tensor::zeros(shape) : Tensor(shape);
      tap.target.values = cache->insert(site, std::move(tensor)).data();
    }
    if (const auto memory = hooks.targets().find(site); memory != hooks.targets().end()) {
      tap.target = memory->second;
      check_rows(site, tap.target);
    }
    if (const auto edits = hooks.edits().find(site); edits != hooks.edits().end()) {
      tap.hooks = &edits->second;
    }
    table_[site.layer + 1][static_cast<std::size_t>(site.kind)] =
        &taps_.emplace(site, tap).first->second;
    shapes_[site] = shape;
    const bool after_blocks =
        site.kind == SiteKind::ln_final_scale || site.kind == SiteKind::ln_final_normalized;
    blocks_needed_ = std::max(blocks_needed_, after_blocks ? spec.n_layers() : site.layer + 1);
  }
}

Taps::Taps(const RowEdits& edits, const ModelSpec& spec)
    : table_(spec.n_layers() + 1, std::vector<const Tap*>(kKinds, nullptr)), row_edits_(&edits) {}

void Taps::mark_late_rows(int n_blocks, const RowBatch& batch, std::vector<bool>& marks) const {
  for (const auto& [site, tap] : taps_) {
    if (!is_late(site, n_blocks)) continue;
    for (std::int64_t row = 0; row < batch.rows(); ++row) {
      if (place_of_row(tap.target, batch, row) >= 0) marks[row] = true;
    }
  }
}

const Taps::Tap* Taps::find(Site site) const {
  return table_[site.layer + 1][static_cast<std::size_t>(site.kind)];
}

bool Taps::is_edited(Site site) const {
  if (row_edits_ != nullptr) return row_edits_->has(site);
  const Tap* tap = find(site);
  return tap != nullptr && tap->hooks != nullptr;
}

bool Taps::hears(SiteKind kind) const {
  if (row_edits_ != nullptr) return row_edits_->has(kind);
  return std::ranges::any_of(taps_, [&](const auto& tap) { return tap.first.kind == kind; });
}

void Taps::rows(Site site, Lane& lane, const RowBatch& batch, Range rows, float* first,
                std::int64_t stride) const {
  if (row_edits_ != nullptr) return row_edits_->apply(site, batch, rows, first, stride);
  const Tap* tap = find(site);
  if (tap == nullptr) return;
  if (tap->hooks != nullptr) {
    lane.barrier();
    if (lane.index() == 0) edit_rows(site, *tap, batch, first, stride);
    lane.barrier();
  }
  if (tap->target.values != nullptr) copy_rows(tap->target, batch, rows, tap->width, first, stride);
}

void Taps::edit_rows(Site site, const Tap& tap, const RowBatch& batch, float* first,
                     std::int64_t stride) const {
  Tensor value = Tensor::zeros(shapes_.at(site));
  copy_rows({value.data()}, batch, {0, batch.rows()}, tap.width, first, stride);
  edit(site, value);
  for (std::int64_t row = 0; row < batch.rows(); ++row) {
    std::copy_n(value.data() + batch.padded_row(row) * tap.width, tap.width, first + row * stride);
  }
}

float* Taps::pattern_target(Site site) const {
  const Tap* tap = find(site);
  return tap == nullptr ? nullptr : tap->target.values;
}

void Taps::edit(Site site, Tensor& value) const {
  const Shape shape = value.shape();
  for (const Hook& hook : *find(site)->hooks) hook(value);
  if (value.shape() != shape) {
    throw ShapeError("hook at " + to_string(site), to_string(shape), to_string(value.shape()));
  }
}

}  // namespace headlens
