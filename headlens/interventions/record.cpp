#include "headlens/interventions/record.h"

#include <algorithm>
#include <numeric>

#include "headlens/interventions/variant_forward.h"
#include "headlens/kernels/panel_product.h"
#include "headlens/models/base_deltas.h"

namespace headlens {
namespace {

SiteKind key_site(const ModelSpec& spec) {
  return spec.block().rotary ? SiteKind::rot_k : SiteKind::k;
}

std::vector<Site> recorded_sites(const ModelSpec& spec) {
  std::vector<Site> sites{last_state_site(spec)};
  for (int layer = 0; layer < spec.n_layers(); ++layer) {
    for (const SiteKind kind : {SiteKind::resid_pre, key_site(spec), SiteKind::v, SiteKind::z}) {
      sites.push_back({kind, layer});
    }
  }
  return sites;
}

/// One sequence's rows of a [batch, pos, ...] tensor padded on the right.
const float* rows_of(const Tensor& site, std::int64_t sequence) {
  return site.data() + sequence * (site.element_count() / site.size(0));
}

Tensor copy_rows(const Tensor& site, std::int64_t sequence, std::int64_t length,
                 std::int64_t width) {
  Tensor rows({length, width});
  std::copy_n(rows_of(site, sequence), length * width, rows.data());
  return rows;
}

KeyValues copy_keys_and_values(const BlockSpec& spec, const float* k, const float* v,
                               std::int64_t length) {
  KeyValues stored;
  stored.reserve_keys(spec, key_panels(length));
  stored.reserve_values(spec, length);
  for (std::int64_t p = 0; p < length; ++p) {
    stored.store_key(spec, p / kPanelColumns, p % kPanelColumns, k + p * spec.kv_width());
    stored.store_value(spec, p, v + p * spec.kv_width());
  }
  return stored;
}

}  // namespace

Site last_state_site(const ModelSpec& spec) {
  const bool post = spec.block().norm_place == NormPlace::post;
  return {post ? SiteKind::normalized_resid_post : SiteKind::resid_post, spec.n_layers() - 1};
}

std::vector<std::unique_ptr<BaseRun>> record_base_runs(
    Session& session, const std::vector<TokenSequence>& sequences) {
  const ModelSpec& spec = session.spec();
  const RunOutput run =
      session.run_with_cache(sequences, recorded_sites(spec), {.logits = Logits::none});
  std::vector<std::unique_ptr<BaseRun>> bases;
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    auto base = std::make_unique<BaseRun>();
    base->tokens = sequences[s];
    const std::int64_t length = base->length();
    for (int layer = 0; layer < spec.n_layers(); ++layer) {
      const Tensor& k = run.cache.at({key_site(spec), layer});
      const Tensor& v = run.cache.at({SiteKind::v, layer});
      base->layers.push_back(
          {copy_rows(run.cache.at({SiteKind::resid_pre, layer}), s, length, spec.d_model),
           copy_rows(run.cache.at({SiteKind::z, layer}), s, length, spec.blocks[layer].q_width()),
           copy_keys_and_values(spec.blocks[layer], rows_of(k, s), rows_of(v, s), length)});
    }
    base->last_state = copy_rows(run.cache.at(last_state_site(spec)), s, length, spec.d_model);
    bases.push_back(std::move(base));
  }
  return bases;
}

void record_products(Session& session, const std::vector<std::unique_ptr<BaseRun>>& bases) {
  const Model& model = session.model();
  parallel_for(static_cast<std::ptrdiff_t>(bases.size()), [&](std::ptrdiff_t i) {
    Question everywhere;
    everywhere.positions.resize(bases[i]->length());
    std::iota(everywhere.positions.begin(), everywhere.positions.end(), 0);
    const Variant whole{bases[i].get(), &everywhere};
    const PlannedVariant planned{&whole, {0, 0}};
    ProductRecorder recorder(model, {bases[i].get()});
    Workspace memory;
    VariantForward(model, memory, &recorder).run({&planned, 1});
  });
}

std::int64_t base_run_bytes(const ModelSpec& spec, std::int64_t length, bool with_products) {
  const BlockSpec& block = spec.block();
  const std::int64_t keys = key_panels(length) * kPanelColumns * block.kv_width();
  const std::int64_t values = length * block.n_kv_heads * padded_head_width(block);
  const std::int64_t products = block.d_model + block.qkv_width() + block.q_width() +
                                block.mlp_in_width() + block.d_mlp + 3 * block.d_model;
  const std::int64_t layer =
      length * (spec.d_model + block.q_width() + (with_products ? products : 0)) + keys + values;
  return static_cast<std::int64_t>(sizeof(float)) *
         (spec.n_layers() * layer + length * spec.d_model);
}

std::vector<Range> groups_within(std::span<const std::int64_t> bytes, std::int64_t most_bytes) {
  std::vector<Range> groups;
  std::int64_t taken = 0;
  for (std::ptrdiff_t i = 0; i < std::ssize(bytes); ++i) {
    if (groups.empty() || taken + bytes[i] > most_bytes) {
      groups.push_back({i, i});
      taken = 0;
    }
    ++groups.back().end;
    taken += bytes[i];
  }
  return groups;
}

}  // namespace headlens
