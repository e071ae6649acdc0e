#include "headlens/interventions/circuit_study.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <span>

#include "headlens/base/errors.h"
#include "headlens/interventions/circuit_checks.h"
#include "headlens/interventions/circuit_runs.h"
#include "headlens/interventions/circuit_scores.h"
#include "headlens/interventions/faithfulness.h"
#include "headlens/interventions/gradient_path.h"
#include "headlens/interventions/step_log.h"
#include "headlens/run/provenance.h"

namespace headlens {
namespace {

/// Shares of parts that MIB's curves are drawn at.
constexpr double kShares[] = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1};
/// Pairs whose scores are written together.
constexpr std::size_t kRankedTogether = 32;
/// Pairs whose circuits run together.
constexpr std::size_t kPairsAtOnce = 16;
/// Halvings between two sizes of the curve, in search of the smallest faithful circuit.
constexpr int kHalvings = 6;

std::vector<int> curve_sizes(std::size_t n_parts) {
  std::vector<int> sizes;
  for (const double share : kShares) {
    const int size = std::max(1, static_cast<int>(std::lround(share * n_parts)));
    if (sizes.empty() || size > sizes.back()) sizes.push_back(size);
  }
  return sizes;
}

/// The pairs of a prompt set that can be asked, and why the others cannot.
std::vector<AskedPair> asked_pairs(Session& session, const std::vector<PromptRow>& rows,
                                   const CircuitStudyOptions& options, CircuitResult& result) {
  std::vector<AskedPair> pairs;
  for (const PromptRow& row : rows) {
    try {
      pairs.push_back(ask_row_pair(session, row, options.metric, options.study.special_tokens));
    } catch (const UsageError& error) {
      result.dropped.push_back({row.line, error.what()});
    }
  }
  const std::size_t needed = options.keep.empty() ? 2 : 1;
  if (pairs.size() >= needed) return pairs;
  std::string message =
      fmt::format("a circuit needs at least {} prompts and {} are left", needed, pairs.size());
  if (!result.dropped.empty()) {
    message += fmt::format(": {} were dropped, line {} because {}", result.dropped.size(),
                           result.dropped.front().line, result.dropped.front().reason);
  }
  throw UsageError(message);
}

class CircuitStudy {
 public:
  CircuitStudy(Session& session, const CircuitGraph& graph, const std::vector<PromptRow>& rows,
               const CircuitStudyOptions& options)
      : session_(session),
        options_(options),
        parts_(graph, options.kind),
        log_(options.study.log, work_of(rows)) {
    std::vector<AskedPair> pairs = asked_pairs(session, rows, options, result_);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const bool ranks = options.keep.empty() && i % 2 == 0;
      (ranks ? ranking_ : tested_).push_back(std::move(pairs[i]));
    }
  }

  CircuitResult run() {
    std::vector<std::size_t> kept;
    if (options_.keep.empty()) {
      rank();
      draw_curve();
      kept.assign(order_.begin(), order_.begin() + chosen_size());
    } else {
      for (const std::string& name : options_.keep) {
        kept.push_back(parts_.parse(name, session_.spec()));
      }
      result_.method = "given";
    }
    judge(kept);
    describe();
    return std::move(result_);
  }

 private:
  nlohmann::ordered_json work_of(const std::vector<PromptRow>& rows) const {
    return {{"study", "circuit"},
            {"model_sha256", provenance_of(session_).model_sha256},
            {"precision", to_string(session_.precision())},
            {"metric", to_string(options_.metric)},
            {"kind", to_string(options_.kind)},
            {"keep", options_.keep},
            {"steps", options_.steps},
            {"wanted_faithfulness", options_.wanted_faithfulness},
            {"completeness_checks", options_.completeness_checks},
            {"minimality_parts", options_.minimality_parts},
            {"check_prompts", options_.check_prompts},
            {"seed", options_.study.seed},
            {"prompts", rows.size()},
            {"prompts_sha256", prompts_sha256(rows)}};
  }

  void tell(const char* what, std::size_t done, std::size_t total) const {
    if (options_.study.progress) options_.study.progress({what, done, total, "prompts"});
  }

  void rank() {
    const CircuitGraph& graph = parts_.graph();
    std::vector<double> sums(graph.edges().size());
    for (std::size_t first = 0; first < ranking_.size(); first += kRankedTogether) {
      const std::size_t n = std::min(kRankedTogether, ranking_.size() - first);
      const std::vector<double> some = log_.step([&] {
        return edge_scores(session_, std::span(ranking_).subspan(first, n), graph, options_.metric,
                           options_.steps);
      });
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += some.at(i);
      tell("ranking edges", first + n, ranking_.size());
    }
    for (double& sum : sums) sum /= static_cast<double>(ranking_.size());
    scores_ = options_.kind == CircuitKind::edges ? sums : node_scores(graph, sums);
    order_ = ranked_by_size(scores_);
    result_.method = GradientPath{options_.steps}.name(PatchDirection::noise);
  }

  /// Metrics of circuits, from the log where it has them.
  CircuitMetrics measure(std::span<AskedPair> pairs, const std::vector<Circuit>& circuits) {
    CircuitMetrics metrics;
    for (std::size_t first = 0; first < pairs.size(); first += kPairsAtOnce) {
      const auto some = pairs.subspan(first, std::min(kPairsAtOnce, pairs.size() - first));
      const std::vector<double> numbers =
          log_.step([&] { return runner().run(some, circuits).flat(); });
      metrics.append(CircuitMetrics::from_flat(numbers, some.size()));
      tell("running circuits", first + some.size(), pairs.size());
    }
    return metrics;
  }

  /// Made when the first step is not in the log.
  CircuitRunner& runner() {
    if (!runner_) runner_.emplace(session_, parts_.graph(), options_.metric, options_.sweep);
    return *runner_;
  }

  Circuit first_parts(int size) const {
    return parts_.circuit({order_.begin(), order_.begin() + size});
  }

  void draw_curve() {
    const std::vector<int> sizes = curve_sizes(parts_.size());
    std::vector<Circuit> circuits;
    std::vector<double> shares;
    for (const int size : sizes) {
      circuits.push_back(first_parts(size));
      shares.push_back(static_cast<double>(size) / static_cast<double>(parts_.size()));
    }
    const CircuitMetrics metrics = measure(tested_, circuits);
    const auto intervals = faithfulness_intervals(metrics, shares, bootstrap());
    const std::vector<double> values = faithfulness(metrics);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      result_.curve.push_back(
          point(sizes[i], circuits[i], metrics.circuits[i], values[i], intervals[i]));
    }
    const FaithfulnessAreas areas = areas_of(shares, values);
    const Interval cpr = intervals[sizes.size()], cmd = intervals[sizes.size() + 1];
    result_.cpr = areas.cpr;
    result_.cpr_low = cpr.low;
    result_.cpr_high = cpr.high;
    result_.cmd = areas.cmd;
    result_.cmd_low = cmd.low;
    result_.cmd_high = cmd.high;
  }

  /// The smallest size that is faithful enough on the ranking prompts, to a few parts.
  int chosen_size() {
    const std::vector<int> sizes = curve_sizes(parts_.size());
    std::vector<Circuit> circuits;
    for (const int size : sizes) circuits.push_back(first_parts(size));
    const std::vector<double> values = faithfulness(measure(ranking_, circuits));
    const auto enough = [&](double value) { return value >= options_.wanted_faithfulness; };
    const auto found = std::ranges::find_if(values, enough) - values.begin();
    int high = found < std::ssize(sizes) ? sizes[found] : sizes.back();
    int low = found == 0 ? 0 : sizes[found - 1];
    for (int i = 0; i < kHalvings && high - low > 1; ++i) {
      const int middle = (low + high) / 2;
      const bool faithful = enough(faithfulness(measure(ranking_, {first_parts(middle)}))[0]);
      (faithful ? high : low) = middle;
    }
    return high;
  }

  BootstrapOptions bootstrap() const {
    return {.resamples = options_.study.resamples,
            .confidence = options_.study.confidence,
            .seed = options_.study.seed};
  }

  CircuitPoint point(int size, const Circuit& circuit, const std::vector<double>& metric,
                     double value, const Interval& interval) const {
    return {.parts = size,
            .share = static_cast<double>(size) / static_cast<double>(parts_.size()),
            .live_edges = circuit.live_edges(),
            .metric = std::accumulate(metric.begin(), metric.end(), 0.0) /
                      static_cast<double>(metric.size()),
            .faithfulness = value,
            .low = interval.low,
            .high = interval.high};
  }

  void judge(const std::vector<std::size_t>& kept) {
    const Circuit circuit = parts_.circuit(kept);
    const CircuitMetrics metrics = measure(tested_, {circuit});
    result_.circuit =
        point(static_cast<int>(kept.size()), circuit, metrics.circuits[0], faithfulness(metrics)[0],
              faithfulness_intervals(metrics, {1}, bootstrap())[0]);
    const auto n = static_cast<double>(tested_.size());
    for (std::size_t p = 0; p < tested_.size(); ++p) {
      result_.clean_mean += metrics.clean[p] / n;
      result_.corrupt_mean += metrics.corrupt[p] / n;
      result_.accuracy += metrics.clean[p] > 0 ? 1 / n : 0;
    }
    if (options_.metric != Metric::logit_difference) {
      result_.accuracy = std::numeric_limits<double>::quiet_NaN();
    }
    check(kept);
  }

  void check(const std::vector<std::size_t>& kept) {
    const CircuitChecks checks(parts_, kept,
                               {.completeness = options_.completeness_checks,
                                .minimality = options_.minimality_parts,
                                .seed = options_.study.seed});
    const auto n = std::min<std::size_t>(tested_.size(), std::max(1, options_.check_prompts));
    const std::vector<double> values =
        faithfulness(measure(std::span(tested_).first(n), checks.circuits()));
    result_.completeness = checks.completeness(values);
    for (const CompletenessCheck& one : result_.completeness) {
      const double miss = std::abs(one.circuit - one.model);
      result_.incompleteness_max = std::max(result_.incompleteness_max, miss);
      result_.incompleteness_mean += miss / static_cast<double>(result_.completeness.size());
    }
    const std::vector<double> minimality = checks.minimality(values);
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const double score =
          scores_.empty() ? std::numeric_limits<double>::quiet_NaN() : scores_[kept[i]];
      result_.parts.push_back({parts_.name(kept[i]), score, minimality[i]});
    }
  }

  void describe() {
    result_.metric = to_string(options_.metric);
    result_.kind = to_string(options_.kind);
    result_.n_ranked = static_cast<int>(ranking_.size());
    result_.n_tested = static_cast<int>(tested_.size());
    result_.n_parts = static_cast<int>(parts_.size());
    result_.wanted_faithfulness = options_.wanted_faithfulness;
    result_.confidence = options_.study.confidence;
    result_.resamples = options_.study.resamples;
    result_.provenance = provenance_of(session_);
    result_.provenance.seed = options_.study.seed;
  }

  Session& session_;
  const CircuitStudyOptions& options_;
  CircuitParts parts_;
  StepLog log_;
  std::optional<CircuitRunner> runner_;
  CircuitResult result_;
  std::vector<AskedPair> ranking_, tested_;
  std::vector<double> scores_;
  std::vector<std::size_t> order_;
};

}  // namespace

CircuitResult study_circuit(Session& session, const std::vector<PromptRow>& rows,
                            const CircuitStudyOptions& options) {
  const CircuitGraph graph(session.spec());
  return CircuitStudy(session, graph, rows, options).run();
}

}  // namespace headlens
