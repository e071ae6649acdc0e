#include "headlens/interventions/circuit_runs.h"

#include "headlens/interventions/circuit_products.h"
#include "headlens/interventions/record.h"

namespace headlens {

void CircuitMetrics::append(const CircuitMetrics& more) {
  clean.insert(clean.end(), more.clean.begin(), more.clean.end());
  corrupt.insert(corrupt.end(), more.corrupt.begin(), more.corrupt.end());
  circuits.resize(more.circuits.size());
  for (std::size_t c = 0; c < circuits.size(); ++c) {
    circuits[c].insert(circuits[c].end(), more.circuits[c].begin(), more.circuits[c].end());
  }
}

std::vector<double> CircuitMetrics::flat() const {
  std::vector<double> numbers = clean;
  numbers.insert(numbers.end(), corrupt.begin(), corrupt.end());
  for (const std::vector<double>& circuit : circuits) {
    numbers.insert(numbers.end(), circuit.begin(), circuit.end());
  }
  return numbers;
}

CircuitMetrics CircuitMetrics::from_flat(const std::vector<double>& numbers, std::size_t n_pairs) {
  std::vector<std::vector<double>> rows;
  for (auto from = numbers.begin(); from != numbers.end(); from += std::ssize(rows.front())) {
    rows.emplace_back(from, from + static_cast<std::ptrdiff_t>(n_pairs));
  }
  return {rows[0], rows[1], {rows.begin() + 2, rows.end()}};
}

CircuitRunner::CircuitRunner(Session& session, const CircuitGraph& graph, Metric metric,
                             const SweepOptions& options)
    : session_(session),
      graph_(graph),
      memory_bytes_(options.memory_bytes),
      readout_(loaded_model(session, options.progress), metric),
      runner_(session.model(), readout_, {}),
      writers_(session.model()) {}

CircuitMetrics CircuitRunner::run(std::span<AskedPair> pairs, std::span<const Circuit> circuits) {
  CircuitMetrics metrics;
  for (const Range group : groups(pairs)) {
    metrics.append(run_together(pairs.subspan(group.begin, group.size()), circuits));
  }
  return metrics;
}

std::vector<Range> CircuitRunner::groups(std::span<const AskedPair> pairs) const {
  std::vector<std::int64_t> bytes;
  for (const AskedPair& pair : pairs) {
    const auto length = static_cast<std::int64_t>(pair.corrupt.ids.size());
    bytes.push_back(base_run_bytes(session_.spec(), length, false) +
                    base_run_bytes(session_.spec(), length, true));
  }
  return groups_within(bytes, memory_bytes_ / 2);
}

CircuitMetrics CircuitRunner::run_together(std::span<AskedPair> pairs,
                                           std::span<const Circuit> circuits) {
  record(pairs);
  CircuitMetrics metrics;
  std::vector<Variant> variants;
  std::vector<std::int64_t> starts;
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    Question& question = pairs[p].clean.question;
    readout_.prepare(question, *clean_[p]);
    metrics.clean.push_back(readout_.read_base(question, *clean_[p]));
    metrics.corrupt.push_back(readout_.read_base(question, *corrupt_[p]));
    variants.push_back({corrupt_[p].get(), &question});
    starts.push_back(first_difference(*corrupt_[p], *clean_[p], session_.spec().block().causal));
  }
  // Runs of one circuit are neighbours, so that its nodes' products are tall.
  std::vector<PlannedVariant> planned;
  std::vector<double> values;
  for (std::size_t c = 0; c < circuits.size(); ++c) {
    for (std::size_t p = 0; p < pairs.size(); ++p) {
      values.push_back(metrics.corrupt[p]);
      const bool moves = starts[p] <= variants[p].question->positions.back();
      if (moves) planned.push_back({&variants[p], {0, starts[p]}, values.size() - 1});
    }
  }
  runner_.run(
      fill_chunks(planned, session_.spec(), thread_count(), memory_bytes_,
                  CircuitProducts::row_bytes(graph_, session_.spec().d_model)),
      [&](const Chunk& chunk) { return products_of(chunk, circuits, pairs.size()); }, values);
  for (std::size_t c = 0; c < circuits.size(); ++c) {
    const auto from = values.begin() + static_cast<std::ptrdiff_t>(c * pairs.size());
    metrics.circuits.emplace_back(from, from + std::ssize(pairs));
  }
  return metrics;
}

void CircuitRunner::record(std::span<const AskedPair> pairs) {
  std::vector<TokenSequence> clean, corrupt;
  for (const AskedPair& pair : pairs) {
    clean.push_back(pair.clean.sequence);
    corrupt.push_back(pair.corrupt);
  }
  clean_ = record_base_runs(session_, clean);
  corrupt_ = record_base_runs(session_, corrupt);
  record_products(session_, corrupt_);
}

std::unique_ptr<BlockProducts> CircuitRunner::products_of(const Chunk& chunk,
                                                          std::span<const Circuit> circuits,
                                                          std::size_t n_pairs) const {
  std::vector<CircuitProducts::Run> runs;
  for (const PlannedVariant& planned : chunk) {
    const std::size_t pair = planned.index % n_pairs;
    runs.push_back({&circuits[planned.index / n_pairs], clean_[pair].get(), corrupt_[pair].get(),
                    planned.departure.position});
  }
  return std::make_unique<CircuitProducts>(session_.model(), graph_, writers_, std::move(runs));
}

}  // namespace headlens
