#include "headlens/learn/solved_problem.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace headlens {
namespace {

/// Losses are summed in double from logits in float32; below this share of the loss they are noise.
constexpr double kLossNoise = 1e-6;
/// Iterations after which the preconditioner is made anew the first time; each next time is after
/// twice as many. By class it costs more, and more so the earlier.
constexpr int kFirstInterval = 10, kFirstIntervalByClass = 20;
constexpr int kMaxBacktracks = 12;
/// Iterations in a row that must find nothing left to win.
constexpr int kSettledIterations = 2;

std::int64_t count_examples(const std::vector<float>& weights) {
  return std::ranges::count_if(weights, [](float weight) { return weight != 0; });
}

}  // namespace

SolvedProblem::SolvedProblem(SolverProblem problem, const StoppingRule& rule,
                             const ExampleMatrix& examples)
    : problem_(std::move(problem)),
      rule_(rule),
      n_features_(examples.n_features()),
      preconditioner_(n_features_, count_examples(problem_.weights), problem_.coordinates),
      memory_(n_features_ * n_columns(), rule.memory),
      errors_(static_cast<std::int64_t>(problem_.weights.size()) * problem_.coordinates.n_classes),
      part_sums_(kWorkParts * std::max<std::int64_t>(2, memory_.n_products())),
      inverse_interval_(preconditioner_.can_go_by_class() ? kFirstIntervalByClass
                                                          : kFirstInterval) {
  const std::int64_t size = n_features_ * n_columns();
  for (auto* vector : {&point_, &gradient_, &trial_gradient_, &inverse_gradient_,
                       &trial_inverse_gradient_, &direction_}) {
    vector->assign(size, 0.0);
  }
  trial_ = problem_.start;
  std::fill_n(errors_.data(), errors_.size(), 0.0f);
}

float* SolvedProblem::errors_wanted(std::int64_t first_row) {
  const bool asked = wants_new_inverse_ || since_inverse_ >= inverse_interval_;
  return asked ? errors_.data() + first_row * problem_.coordinates.n_classes : nullptr;
}

Range SolvedProblem::elements(int part) const {
  const Range features = part_range(part, n_features_);
  return {features.begin * n_columns(), features.end * n_columns()};
}

void SolvedProblem::collect(int part, std::span<const double* const> gradient_parts,
                            std::int64_t stride) {
  const Range features = part_range(part, n_features_);
  double squares = 0, slope = 0;
  for (std::int64_t f = features.begin; f < features.end; ++f) {
    for (std::int64_t c = 0; c < n_columns(); ++c) {
      const std::int64_t at = f * n_columns() + c;
      double sum = problem_.penalty[f] * trial_[at];
      squares += sum * trial_[at];
      for (const double* gradient : gradient_parts) sum += gradient[f * stride + c];
      trial_gradient_[at] = sum;
      slope += sum * direction_[at];
    }
    preconditioner_.write(f, trial_gradient_.data() + f * n_columns());
  }
  part_sums_[part * 2] = squares / 2;
  part_sums_[part * 2 + 1] = slope;
}

double SolvedProblem::sum_of_parts(int which) const {
  double sum = 0;
  for (int part = 0; part < kWorkParts; ++part) sum += part_sums_[part * 2 + which];
  return sum;
}

/// Armijo's condition; or, where the decrease drowns in rounding, Hager and Zhang's (2005)
/// approximate one, which asks the slope instead.
bool SolvedProblem::good_enough(double trial_loss, double trial_slope) const {
  if (trial_loss <= loss_ + 1e-4 * step_ * slope_) return true;
  return trial_loss <= loss_ * (1 + kLossNoise) && trial_slope <= -0.8 * slope_;
}

void SolvedProblem::judge(double data_loss) {
  const double trial_loss = data_loss + sum_of_parts(0);
  accepted_ = !started_ || good_enough(trial_loss, sum_of_parts(1));
  if (accepted_ && step_ > 0) restarted_ = false;
  if (!accepted_) {
    ++backtracks_ < kMaxBacktracks ? shorten_step(trial_loss, sum_of_parts(1)) : give_up_line();
    return;
  }
  last_decrease_ = started_ ? (loss_ - trial_loss) / loss_ : 1;
  iterations_ += started_ ? 1 : 0;
  loss_ = trial_loss;
  started_ = true;
  backtracks_ = 0;
  if (++since_inverse_ > inverse_interval_) wants_new_inverse_ = true;
}

/// To the minimum of the parabola through both losses and the first slope; or, where the losses
/// differ by rounding alone, through both slopes.
void SolvedProblem::shorten_step(double trial_loss, double trial_slope) {
  const double change = trial_loss - loss_;
  double rise = change - slope_ * step_;
  if (std::abs(change) <= kLossNoise * loss_) rise = (trial_slope - slope_) * step_ / 2;
  const double best = rise > 0 && std::isfinite(rise) ? -slope_ * step_ * step_ / (2 * rise) : 0;
  step_ = std::clamp(best, 0.1 * step_, 0.5 * step_);
}

/// No step along the line is better. The pairs may be to blame: stays where it is, once, for a new
/// inverse without them.
void SolvedProblem::give_up_line() {
  backtracks_ = 0;
  if (!restarted_ && memory_.size() > 0) {
    step_ = 0;
    restarted_ = wants_new_inverse_ = true;
    return;
  }
  finished_ = true;
  converged_ = remaining_ <= std::max(rule_.tolerance, kLossNoise);
}

void SolvedProblem::precondition(int part) {
  preconditioner_.read(part_range(part, n_features_), trial_inverse_gradient_.data());
  const std::int64_t n = memory_.n_products();
  const std::span<double> products(part_sums_.data() + part * n, static_cast<std::size_t>(n));
  memory_.write_pair(
      {elements(part), point_.data(), trial_.data(), gradient_.data(), trial_gradient_.data(),
       inverse_gradient_.data(), trial_inverse_gradient_.data()},
      has_pair_base_, products);
}

void SolvedProblem::advance() {
  const std::int64_t n = memory_.n_products();
  std::vector<double> products(part_sums_.begin(), part_sums_.begin() + n);
  for (int part = 1; part < kWorkParts; ++part) {
    for (std::int64_t i = 0; i < n; ++i) products[i] += part_sums_[part * n + i];
  }
  double product = memory_.update(has_pair_base_, products);
  if (!(product > 0)) {
    memory_.clear();
    product = memory_.update(false, products);
  }
  slope_ = -product;
  step_ = 1;
  has_pair_base_ = true;
  std::swap(point_, trial_);
  std::swap(gradient_, trial_gradient_);
  std::swap(inverse_gradient_, trial_inverse_gradient_);
  check_convergence();
}

void SolvedProblem::check_convergence() {
  remaining_ = loss_ > 0 ? -slope_ / 2 / loss_ : 0;
  const bool nothing_left = remaining_ <= rule_.tolerance && last_decrease_ <= rule_.tolerance;
  settled_ = nothing_left ? settled_ + 1 : 0;
  converged_ = settled_ >= kSettledIterations || slope_ == 0;
  finished_ = converged_ || iterations_ >= rule_.max_iterations;
}

void SolvedProblem::step(int part) {
  const Range range = elements(part);
  if (accepted_) memory_.write_direction(range, inverse_gradient_.data(), direction_.data());
  for (std::int64_t i = range.begin; i < range.end; ++i) {
    trial_[i] = point_[i] + step_ * direction_[i];
  }
}

void SolvedProblem::begin_renewal() {
  preconditioner_.begin_renewal();
  memory_.clear();
  if (since_inverse_ > inverse_interval_) inverse_interval_ *= 2;
  since_inverse_ = 0;
  has_pair_base_ = false;
  wants_new_inverse_ = false;
}

}  // namespace headlens
