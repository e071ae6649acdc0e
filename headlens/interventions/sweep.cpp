#include "headlens/interventions/sweep.h"

#include <algorithm>
#include <map>

#include "headlens/base/errors.h"
#include "headlens/interventions/record.h"
#include "headlens/models/base_deltas.h"
#include "headlens/run/provenance.h"

namespace headlens {

Provenance sweep_provenance(const Session& session, const SweepOptions& options) {
  Provenance provenance = provenance_of(session);
  if (options.products == SweepProducts::bf16_deltas) provenance.precision = "bf16_deltas";
  return provenance;
}

Sweep::Sweep(Session& session, std::vector<Metric> metrics, const SweepOptions& options)
    : session_(session),
      readout_(loaded_model(session, options.progress), std::move(metrics)),
      options_(options),
      runner_(session.model(), readout_, options.progress) {
  if (options.products != SweepProducts::bf16_deltas) return;
  if (session.precision() != Precision::f32) {
    throw UsageError("bf16 deltas need an f32 base run; leave out --precision");
  }
  session.bf16_model().load_blocks(session.spec().n_layers(), options.progress);
}

std::vector<Range> Sweep::groups(const std::vector<TokenSequence>& sequences,
                                 std::int64_t unit) const {
  const bool with_products = options_.products == SweepProducts::bf16_deltas;
  std::vector<std::int64_t> bytes;
  for (std::int64_t i = 0; i < std::ssize(sequences); ++i) {
    if (i % unit == 0) bytes.push_back(0);
    const auto length = static_cast<std::int64_t>(sequences[i].ids.size());
    bytes.back() += base_run_bytes(session_.spec(), length, with_products);
  }
  std::vector<Range> groups = groups_within(bytes, options_.memory_bytes / 2);
  for (Range& group : groups) group = {group.begin * unit, group.end * unit};
  return groups;
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
    for (const Metric metric : readout_.metrics()) {
      check_question(*variant.question, metric, spec, variant.base->length());
    }
  }
  const SweepPlan plan = plan_sweep(variants, spec, thread_count(), options_.memory_bytes);
  std::vector<double> values(variants.size() * readout_.metrics().size());
  read_unmoved(plan, variants, values);
  const bool as_deltas = options_.products == SweepProducts::bf16_deltas;
  runner_.run(
      plan.chunks,
      [&](const Chunk&) -> std::unique_ptr<BlockProducts> {
        if (!as_deltas) return nullptr;
        return std::make_unique<DeltaProducts>(session_.bf16_model());
      },
      values);
  return values;
}

void Sweep::read_unmoved(const SweepPlan& plan, std::span<const Variant> variants,
                         std::vector<double>& values) const {
  const std::size_t n = readout_.metrics().size();
  std::map<std::pair<const Question*, const BaseRun*>, std::vector<double>> known;
  for (const std::size_t i : plan.unmoved) {
    const auto& [base, question, interventions] = variants[i];
    const auto [entry, is_new] = known.try_emplace({question, base});
    if (is_new) entry->second = readout_.read_base_all(*question, *base);
    std::ranges::copy(entry->second, values.begin() + static_cast<std::ptrdiff_t>(i * n));
  }
}

}  // namespace headlens
