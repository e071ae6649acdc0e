#include "headlens/interventions/circuit_runs.h"

#include "headlens/interventions/chunk_runner.h"
#include "headlens/interventions/circuit_products.h"
#include "headlens/interventions/record.h"

namespace headlens {
namespace {

/// Pairs whose base runs are held at once.
constexpr std::size_t kPairsAtOnce = 16;

/// Runs circuits for some neighbouring pairs.
class CircuitRunner {
 public:
  CircuitRunner(Session& session, const CircuitGraph& graph, std::span<const Circuit> circuits,
                Metric metric, const SweepOptions& options)
      : session_(session),
        graph_(graph),
        circuits_(circuits),
        options_(options),
        readout_(loaded_model(session, options.progress), metric),
        runner_(session.model(), readout_, {}),
        writers_(session.model()) {}

  void run(std::span<AskedPair> pairs, std::size_t first, CircuitMetrics& metrics) {
    record(pairs);
    std::vector<Variant> variants;
    for (std::size_t p = 0; p < pairs.size(); ++p) {
      Question& question = pairs[p].clean.question;
      readout_.prepare(question, *clean_[p]);
      metrics.clean[first + p] = readout_.read_base(question, *clean_[p]);
      metrics.corrupt[first + p] = readout_.read_base(question, *corrupt_[p]);
      variants.push_back({corrupt_[p].get(), &question});
    }
    // Runs of one circuit are neighbours, so that its nodes' products are tall.
    std::vector<PlannedVariant> planned;
    std::vector<double> values(circuits_.size() * pairs.size());
    for (std::size_t c = 0; c < circuits_.size(); ++c) {
      for (std::size_t p = 0; p < pairs.size(); ++p) {
        const std::size_t index = c * pairs.size() + p;
        const std::int64_t start =
            first_difference(*corrupt_[p], *clean_[p], session_.spec().block().causal);
        values[index] = metrics.corrupt[first + p];
        if (start <= variants[p].question->positions.back()) {
          planned.push_back({&variants[p], {0, start}, index});
        }
      }
    }
    runner_.run(
        fill_chunks(planned, session_.spec(), thread_count(), options_.memory_bytes,
                    CircuitProducts::row_bytes(graph_, session_.spec().d_model)),
        [&](const Chunk& chunk) { return products_of(chunk, pairs.size()); }, values);
    for (std::size_t i = 0; i < values.size(); ++i) {
      metrics.circuits[i / pairs.size()][first + i % pairs.size()] = values[i];
    }
  }

 private:
  void record(std::span<const AskedPair> pairs) {
    std::vector<TokenSequence> clean, corrupt;
    for (const AskedPair& pair : pairs) {
      clean.push_back(pair.clean.sequence);
      corrupt.push_back(pair.corrupt);
    }
    clean_ = record_base_runs(session_, clean);
    corrupt_ = record_base_runs(session_, corrupt);
    record_products(session_, corrupt_);
  }

  std::unique_ptr<BlockProducts> products_of(const Chunk& chunk, std::size_t n_pairs) const {
    std::vector<CircuitProducts::Run> runs;
    for (const PlannedVariant& planned : chunk) {
      const std::size_t pair = planned.index % n_pairs;
      runs.push_back({&circuits_[planned.index / n_pairs], clean_[pair].get(),
                      corrupt_[pair].get(), planned.departure.position});
    }
    return std::make_unique<CircuitProducts>(session_.model(), graph_, writers_, std::move(runs));
  }

  Session& session_;
  const CircuitGraph& graph_;
  std::span<const Circuit> circuits_;
  const SweepOptions& options_;
  Readout readout_;
  ChunkRunner runner_;
  HeadWriters writers_;
  std::vector<std::unique_ptr<BaseRun>> clean_, corrupt_;
};

}  // namespace

CircuitMetrics circuit_metrics(Session& session, std::vector<AskedPair>& pairs,
                               const CircuitGraph& graph, std::span<const Circuit> circuits,
                               Metric metric, const SweepOptions& options) {
  CircuitMetrics metrics{std::vector<double>(pairs.size()), std::vector<double>(pairs.size()),
                         std::vector(circuits.size(), std::vector<double>(pairs.size()))};
  CircuitRunner runner(session, graph, circuits, metric, options);
  for (std::size_t first = 0; first < pairs.size(); first += kPairsAtOnce) {
    const std::size_t n = std::min(kPairsAtOnce, pairs.size() - first);
    runner.run(std::span(pairs).subspan(first, n), first, metrics);
    if (options.progress) {
      options.progress({"running circuits", first + n, pairs.size(), "prompts"});
    }
  }
  return metrics;
}

}  // namespace headlens
