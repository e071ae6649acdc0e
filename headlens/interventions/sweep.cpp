#include "headlens/interventions/sweep.h"

#include <map>
#include <mutex>
#include <optional>

#include "headlens/base/errors.h"
#include "headlens/interventions/record.h"
#include "headlens/models/base_deltas.h"

namespace headlens {
namespace {

Model& loaded(Session& session, const ProgressCallback& progress) {
  Model& model = session.model();
  model.load_blocks(session.spec().n_layers(), progress);
  model.load_head(progress);
  return model;
}

}  // namespace

Sweep::Sweep(Session& session, Metric metric, const SweepOptions& options)
    : session_(session), readout_(loaded(session, options.progress), metric), options_(options) {
  if (options.products != SweepProducts::bf16_deltas) return;
  if (session.precision() != Precision::f32) {
    throw UsageError("bf16 deltas need an f32 base run; leave out --precision");
  }
  session.bf16_model().load_blocks(session.spec().n_layers(), options.progress);
}

std::vector<std::unique_ptr<BaseRun>> Sweep::record(const std::vector<TokenSequence>& sequences) {
  auto bases = record_base_runs(session_, sequences);
  if (options_.products == SweepProducts::bf16_deltas) record_products(session_, bases);
  return bases;
}

std::vector<double> Sweep::run(std::span<const Variant> variants) {
  const ModelSpec& spec = session_.spec();
  check_variants(variants, spec);
  for (const Variant& variant : variants) {
    check_question(*variant.question, readout_.metric(), spec, variant.base->length());
  }
  const int threads = thread_count();
  const SweepPlan plan = plan_sweep(variants, spec, threads, options_.memory_bytes);
  std::vector<double> values(variants.size());
  read_unmoved(plan, variants, values);
  workspaces_.resize(threads);
  std::mutex reporting;
  std::uint64_t done = plan.unmoved.size();
  run_team(threads, [&](Lane& team) {
    std::optional<DeltaProducts> deltas;
    if (options_.products == SweepProducts::bf16_deltas) deltas.emplace(session_.bf16_model());
    VariantForward forward(session_.model(), workspaces_[team.index()],
                           deltas ? &*deltas : nullptr);
    team.for_each_dynamic(static_cast<std::ptrdiff_t>(plan.chunks.size()), [&](std::ptrdiff_t i) {
      const Chunk& chunk = plan.chunks[i];
      std::vector<const Question*> questions;
      for (const PlannedVariant& planned : chunk) questions.push_back(planned.variant->question);
      std::vector<double> metric(chunk.size());
      readout_.read(questions, forward.run(chunk), metric);
      for (std::size_t v = 0; v < chunk.size(); ++v) values[chunk[v].index] = metric[v];
      if (!options_.progress) return;
      const std::scoped_lock lock(reporting);
      options_.progress({"running variants", done += chunk.size(), variants.size(), "variants"});
    });
  });
  return values;
}

void Sweep::read_unmoved(const SweepPlan& plan, std::span<const Variant> variants,
                         std::vector<double>& values) const {
  std::map<std::pair<const Question*, const BaseRun*>, double> known;
  for (const std::size_t i : plan.unmoved) {
    const auto& [base, question, interventions] = variants[i];
    const auto [entry, is_new] = known.try_emplace({question, base});
    if (is_new) entry->second = readout_.read_base(*question, *base);
    values[i] = entry->second;
  }
}

}  // namespace headlens
