#include "headlens/learn/inlp.h"

#include <algorithm>
#include <map>

#include "headlens/base/errors.h"
#include "headlens/learn/classification_metrics.h"
#include "headlens/learn/example_matrix.h"
#include "headlens/learn/random_eraser.h"

namespace headlens {
namespace {

double majority_share(std::span<const std::int32_t> labels) {
  std::map<std::int32_t, std::int64_t> counts;
  std::int64_t most = 0;
  for (const std::int32_t label : labels) most = std::max(most, ++counts[label]);
  return static_cast<double>(most) / static_cast<double>(labels.size());
}

}  // namespace

InlpFit fit_inlp(TensorView<const float, 2> x, std::span<const std::int32_t> labels,
                 const InlpOptions& options) {
  if (options.max_rounds < 1) throw UsageError("null-space projection needs a round at least");
  check_examples(x);
  const bool has_check = !options.check.labels.empty();
  const TensorView<const float, 2> check_x = has_check ? options.check.x : x;
  const std::span<const std::int32_t> check_labels = has_check ? options.check.labels : labels;
  const double enough = majority_share(check_labels) + options.tolerance;
  InlpFit result{.eraser = {.mean = column_means(x)}, .accuracies = {}};
  LinearEraser& eraser = result.eraser;
  LinearClassifier last;
  while (std::ssize(result.accuracies) < options.max_rounds && eraser.rank < x.size(1)) {
    const Tensor rest = eraser.apply(x);
    LogisticProblem problem{.labels = labels, .c = options.c};
    last = fit_logistic(rest.view<2>(), problem, options.fit).classifier;
    const Tensor checked = eraser.apply(check_x);
    result.accuracies.push_back(accuracy(check_labels, last.predict(checked.view<2>())));
    if (options.on_round) {
      options.on_round(static_cast<int>(result.accuracies.size()), result.accuracies.back());
    }
    result.converged = result.accuracies.back() <= enough;
    if (result.converged) break;
    const std::int64_t added = extend_basis(eraser.left, x.size(1), last.weights);
    if (added == 0) break;
    eraser.rank += added;
    eraser.right = eraser.left;
  }
  return result;
}

}  // namespace headlens
