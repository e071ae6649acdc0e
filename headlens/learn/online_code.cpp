#include "headlens/learn/online_code.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <string>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/learn/class_weights.h"
#include "headlens/learn/example_matrix.h"
#include "headlens/learn/standardizer.h"

namespace headlens {
namespace {

TensorView<const float, 2> rows_of(TensorView<const float, 2> x, std::int64_t first,
                                   std::int64_t end) {
  return {x.data() + first * x.stride(0), {end - first, x.size(1)}, {x.stride(0), 1}};
}

void check(TensorView<const float, 2> x, std::span<const std::int32_t> labels,
           std::span<const std::int64_t> ends) {
  const std::int64_t n = x.size(0);
  if (static_cast<std::int64_t>(labels.size()) != n) {
    throw ShapeError("online code", std::to_string(n) + " labels", std::to_string(labels.size()));
  }
  const bool ascends = std::ranges::adjacent_find(ends, std::greater_equal<>()) == ends.end();
  if (ends.empty() || ends.front() < 1 || !ascends || ends.back() != n) {
    throw UsageError("portions of an online code end at ascending rows, the last at " +
                     std::to_string(n));
  }
}

/// What a probe says of the rows of the next portion.
struct Forecast {
  std::vector<std::int32_t> classes;  ///< that it knows, ascending; one if no probe was trained
  std::vector<double> scores;         ///< [row, class]
};

/// Of one labelling, all portions but the first.
using Forecasts = std::vector<Forecast>;

/// A problem of its own for every labelling and portion, all fitted in shared passes.
class LogisticForecaster {
 public:
  LogisticForecaster(TensorView<const float, 2> x, std::span<const std::int64_t> ends,
                     const OnlineLogistic& options)
      : x_(x), ends_(ends), options_(options) {
    for (std::size_t p = 0; p + 1 < ends.size(); ++p) {
      std::vector<float>& weights = weights_.emplace_back(x.size(0), 0.0f);
      std::fill_n(weights.begin(), ends[p], 1.0f);
      if (options.standardize) {
        scales_.push_back(Standardizer::fit(rows_of(x, 0, ends[p])).deviation);
      }
    }
  }

  std::vector<Forecasts> run(std::span<const std::span<const std::int32_t>> labels) const {
    std::vector<LogisticProblem> problems;
    std::vector<Forecasts> forecasts(labels.size(), Forecasts(weights_.size()));
    std::vector<std::pair<std::size_t, std::size_t>> places;
    for (std::size_t t = 0; t < labels.size(); ++t) {
      for (std::size_t p = 0; p < weights_.size(); ++p) {
        forecasts[t][p].classes = classes_of(labels[t].first(ends_[p]), {});
        if (forecasts[t][p].classes.size() < 2) continue;
        problems.push_back({.labels = labels[t], .row_weights = weights_[p], .c = options_.c});
        if (options_.standardize) problems.back().penalty_scales = scales_[p];
        places.emplace_back(t, p);
      }
    }
    const std::vector<LogisticFit> fits = fit_logistic(x_, problems, options_.fit);
    for (std::size_t i = 0; i < fits.size(); ++i) {
      const auto [t, p] = places[i];
      forecasts[t][p].scores = fits[i].classifier.scores(rows_of(x_, ends_[p], ends_[p + 1]));
    }
    return forecasts;
  }

 private:
  TensorView<const float, 2> x_;
  std::span<const std::int64_t> ends_;
  const OnlineLogistic& options_;
  std::vector<std::vector<float>> weights_;  ///< by portion
  std::vector<std::vector<double>> scales_;  ///< by portion; none if columns stay as they are
};

std::vector<Forecasts> adam_forecasts(TensorView<const float, 2> x,
                                      std::span<const std::span<const std::int32_t>> labels,
                                      std::span<const std::int64_t> ends,
                                      AdamProbeOptions options) {
  options.order = {};
  options.initial = {};
  std::vector<Forecasts> forecasts(labels.size(), Forecasts(ends.size() - 1));
  for (std::size_t t = 0; t < labels.size(); ++t) {
    for (std::size_t p = 0; p + 1 < ends.size(); ++p) {
      check_cancellation();
      Forecast& forecast = forecasts[t][p];
      forecast.classes = classes_of(labels[t].first(ends[p]), {});
      if (forecast.classes.size() < 2) continue;
      const AdamProbeFit fit =
          train_adam_probe(rows_of(x, 0, ends[p]), labels[t].first(ends[p]), options);
      forecast.scores = fit.probe.scores(rows_of(x, ends[p], ends[p + 1]));
    }
  }
  return forecasts;
}

double cross_entropy_nats(std::span<const double> scores, std::size_t own) {
  const double largest = *std::ranges::max_element(scores);
  double sum = 0;
  for (const double score : scores) sum += std::exp(score - largest);
  return largest + std::log(sum) - scores[own];
}

void send_portion(const Forecast& forecast, std::span<const std::int32_t> labels,
                  std::size_t n_classes, OnlinePortion& portion) {
  const std::size_t known = forecast.classes.size(), unseen = n_classes - known;
  const auto sent = static_cast<double>(portion.first);
  const double escape = std::log2(sent + static_cast<double>(unseen));
  const double known_bits = escape - std::log2(sent);
  std::int64_t right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto place = std::ranges::lower_bound(forecast.classes, labels[i]);
    if (place == forecast.classes.end() || *place != labels[i]) {
      portion.bits += escape;
      ++portion.new_labels;
      continue;
    }
    portion.bits += known_bits;
    if (known == 1) {
      ++right;
      continue;
    }
    const auto own = static_cast<std::size_t>(place - forecast.classes.begin());
    const auto row = std::span(forecast.scores).subspan(i * known, known);
    portion.bits += cross_entropy_nats(row, own) / std::numbers::ln2;
    right += std::ranges::max_element(row) - row.begin() == static_cast<std::ptrdiff_t>(own);
  }
  portion.accuracy = static_cast<double>(right) / static_cast<double>(labels.size());
}

OnlineCode send(std::span<const std::int32_t> labels, std::span<const std::int64_t> ends,
                const Forecasts& forecasts) {
  OnlineCode code;
  code.classes = classes_to_tell_apart(labels, {});
  code.n_rows = ends.back();
  const std::size_t n_classes = code.classes.size();
  const double uniform = std::log2(static_cast<double>(n_classes));
  code.portions.push_back({.first = 0,
                           .end = ends[0],
                           .bits = static_cast<double>(ends[0]) * uniform,
                           .accuracy = 1 / static_cast<double>(n_classes)});
  code.portions[0].new_labels =
      static_cast<std::int64_t>(classes_of(labels.first(ends[0]), {}).size());
  for (std::size_t p = 0; p + 1 < ends.size(); ++p) {
    OnlinePortion& portion = code.portions.emplace_back();
    portion.first = ends[p];
    portion.end = ends[p + 1];
    send_portion(forecasts[p], labels.subspan(ends[p], ends[p + 1] - ends[p]), n_classes, portion);
  }
  for (const OnlinePortion& portion : code.portions) code.code_length_bits += portion.bits;
  code.uniform_bits = static_cast<double>(code.n_rows) * uniform;
  code.compression = code.uniform_bits / code.code_length_bits;
  return code;
}

double voita_notebook_sum(const OnlineCode& code) {
  const double first = code.portions.front().bits;
  return first + (code.code_length_bits - first) * std::numbers::ln2;
}

}  // namespace

std::vector<std::int64_t> portion_ends(std::span<const std::int64_t> group_ends,
                                       std::span<const double> fractions) {
  if (group_ends.empty()) throw UsageError("there is nothing to divide into portions");
  const auto n = static_cast<double>(group_ends.back());
  std::vector<std::int64_t> ends;
  for (const double fraction : fractions) {
    if (!(fraction > 0 && fraction <= 1)) {
      throw UsageError("a portion ends at a share in (0, 1], not at " + std::to_string(fraction));
    }
    const double wanted = fraction * n;
    auto after = std::ranges::lower_bound(
        group_ends, wanted, {}, [](std::int64_t end) { return static_cast<double>(end); });
    if (after == group_ends.end()) --after;
    if (after != group_ends.begin()) {
      const auto before = std::prev(after);
      const double to_before = wanted - static_cast<double>(*before);
      if (to_before < static_cast<double>(*after) - wanted) after = before;
    }
    if (ends.empty() || *after > ends.back()) ends.push_back(*after);
  }
  if (ends.empty() || ends.back() != group_ends.back()) ends.push_back(group_ends.back());
  return ends;
}

std::vector<OnlineCode> online_codes(TensorView<const float, 2> x,
                                     std::span<const std::span<const std::int32_t>> labels,
                                     std::span<const std::int64_t> ends, const OnlineProbe& probe) {
  check_examples(x);
  for (const auto& own : labels) check(x, own, ends);
  std::vector<Forecasts> forecasts;
  if (const auto* logistic = std::get_if<OnlineLogistic>(&probe)) {
    forecasts = LogisticForecaster(x, ends, *logistic).run(labels);
  } else {
    forecasts = adam_forecasts(x, labels, ends, std::get<OnlineAdam>(probe).probe);
  }
  std::vector<OnlineCode> codes;
  for (std::size_t t = 0; t < labels.size(); ++t) {
    codes.push_back(send(labels[t], ends, forecasts[t]));
  }
  return codes;
}

OnlineCode online_code(TensorView<const float, 2> x, std::span<const std::int32_t> labels,
                       std::span<const std::int64_t> ends, const OnlineProbe& probe) {
  return online_codes(x, std::span(&labels, 1), ends, probe)[0];
}

double voita_notebook_kbits(const OnlineCode& code) { return voita_notebook_sum(code) / 1024; }

double voita_notebook_compression(const OnlineCode& code) {
  return code.uniform_bits / voita_notebook_sum(code);
}

}  // namespace headlens
