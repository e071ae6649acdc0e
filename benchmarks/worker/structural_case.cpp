#include "benchmarks/worker/structural_case.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <utility>

#include "headlens/base/team.h"
#include "headlens/formats/npy.h"
#include "headlens/learn/structural_probe.h"

namespace headlens::bench {
namespace {

/// The sentences of one part, and where its words lie among all rows of the states.
struct Part {
  std::vector<std::int64_t> begins = {0};
  std::vector<std::int32_t> heads;
  std::int64_t first = 0;

  TreebankStates of(const Tensor& states) const {
    const std::int64_t width = states.size(1);
    return {{states.data() + first * width, {begins.back(), width}}, begins, heads};
  }
};

struct Training {
  std::vector<Tensor> layers;
  Tensor initial;
  std::vector<std::int32_t> order;
  Part training, validation;
  StructuralOptions options;
  std::vector<std::vector<double>> training_losses, validation_losses;

  void run() {
    training_losses.assign(layers.size(), {});
    validation_losses.assign(layers.size(), {});
    parallel_for(static_cast<std::ptrdiff_t>(layers.size()), [&](std::ptrdiff_t layer) {
      const StructuralFit fit =
          train_structural_probe(training.of(layers[layer]), validation.of(layers[layer]), options);
      training_losses[layer] = fit.training_losses;
      validation_losses[layer] = fit.validation_losses;
    });
  }
};

std::vector<std::int32_t> integers_of(const std::filesystem::path& path) {
  const Tensor numbers = read_npy(path);
  return {numbers.values().begin(), numbers.values().end()};
}

SavedArray losses_array(std::string name, const std::vector<std::vector<double>>& losses) {
  std::vector<float> flat;
  for (const auto& own : losses) flat.insert(flat.end(), own.begin(), own.end());
  return {std::move(name),
          {static_cast<std::int64_t>(losses.size()), static_cast<std::int64_t>(losses[0].size())},
          flat};
}

}  // namespace

PreparedCase structural_probe_case(const Request& request) {
  auto training = std::make_shared<Training>();
  const std::filesystem::path folder = request.text("folder", "");
  for (int layer = 0; layer < request.integer("layers", 0); ++layer) {
    training->layers.push_back(read_npy(folder / fmt::format("layer-{:02}.npy", layer)));
  }
  const std::vector<std::int32_t> lengths = integers_of(folder / "lengths.npy");
  const std::vector<std::int32_t> heads = integers_of(folder / "heads.npy");
  const auto n_training = static_cast<std::size_t>(request.integer("training_sentences", 0));
  std::int64_t row = 0;
  for (std::size_t s = 0; s < lengths.size(); ++s) {
    Part& part = s < n_training ? training->training : training->validation;
    part.begins.push_back(part.begins.back() + lengths[s]);
    part.heads.insert(part.heads.end(), heads.begin() + row, heads.begin() + row + lengths[s]);
    row += lengths[s];
  }
  training->validation.first = training->training.begins.back();
  training->initial = read_npy(folder / request.text("initial", ""));
  training->order = integers_of(folder / request.text("order", ""));
  StructuralOptions& options = training->options;
  options.target = request.text("target", "distance") == "depth" ? StructuralTarget::depth
                                                                 : StructuralTarget::distance;
  options.rank = request.integer("rank", 0);
  options.epochs = request.integer("epochs", 40);
  options.patience = options.epochs;
  options.order = training->order;
  options.initial = std::as_const(training->initial).values();
  return {[training] { training->run(); },
          [training]() -> nlohmann::json {
            return {{"epochs", training->options.epochs}, {"layers", training->layers.size()}};
          },
          [training] {
            return std::vector<SavedArray>{losses_array("training", training->training_losses),
                                           losses_array("validation", training->validation_losses)};
          }};
}

}  // namespace headlens::bench
