#include "headlens/learn/shared_pass.h"

#include <algorithm>
#include <array>

#include "headlens/kernels/panel_product.h"
#include "headlens/kernels/transposed_product.h"
#include "headlens/learn/softmax_loss.h"

namespace headlens {
namespace {

constexpr std::int64_t kGroupGrain = 16;
/// Problems with more columns than this have a group of their own.
constexpr std::int64_t kNarrow = 8;

}  // namespace

SharedPass::SharedPass(const ExampleMatrix& examples, Problems& problems)
    : examples_(examples), problems_(problems), losses_(problems.size() * kWorkParts) {
  for (std::size_t p = 0; p < problems.size(); ++p) place(p);
  for (Group& group : groups_) {
    const std::int64_t size = examples.n_features() * group.width;
    group.values = AlignedBuffer<float>(size);
    std::fill_n(group.values.data(), size, 0.0f);
    group.gradients = AlignedBuffer<double>(kWorkParts * size);
    group.has_rows.assign(examples.n_blocks(), false);
    for (const Member& member : group.members) {
      const auto& weights = problems[member.problem]->problem().weights;
      for (std::size_t i = 0; i < weights.size(); ++i) {
        if (weights[i] != 0) group.has_rows[i / examples.block_rows()] = true;
      }
    }
    widest_ = std::max(widest_, group.width);
  }
}

void SharedPass::place(std::size_t problem) {
  const std::int64_t columns = problems_[problem]->n_columns();
  scratch_size_ =
      std::max(scratch_size_, softmax_scratch_size(problems_[problem]->problem().coordinates));
  const auto used = [](const Group& group) {
    return group.members.empty() ? 0 : group.members.back().column;
  };
  for (std::size_t g = 0; columns <= kNarrow && g < groups_.size(); ++g) {
    Group& group = groups_[g];
    const Member& last = group.members.back();
    const std::int64_t last_columns = problems_[last.problem]->n_columns();
    const std::int64_t column = used(group) + last_columns;
    if (last_columns > kNarrow || column + columns > group.width) continue;
    group.members.push_back({problem, column});
    places_.emplace_back(g, column);
    return;
  }
  Group group;
  group.width = (columns + kGroupGrain - 1) / kGroupGrain * kGroupGrain;
  group.members.push_back({problem, 0});
  places_.emplace_back(groups_.size(), 0);
  groups_.push_back(std::move(group));
}

bool SharedPass::is_active(const Group& group) const {
  return std::ranges::any_of(
      group.members, [&](const Member& member) { return !problems_[member.problem]->finished(); });
}

void SharedPass::load_part(int part) {
  const Range features = part_range(part, examples_.n_features());
  for (std::size_t p = 0; p < problems_.size(); ++p) {
    const SolvedProblem& problem = *problems_[p];
    if (problem.finished()) continue;
    Group& group = groups_[places_[p].first];
    for (std::int64_t f = features.begin; f < features.end; ++f) {
      const double* from = problem.trial() + f * problem.n_columns();
      float* to = group.values.data() + f * group.width + places_[p].second;
      for (std::int64_t c = 0; c < problem.n_columns(); ++c) to[c] = static_cast<float>(from[c]);
    }
  }
}

void SharedPass::run_part(int part) {
  const std::int64_t size = examples_.n_features();
  AlignedBuffer<float> logits(examples_.block_rows() * widest_), scratch(scratch_size_);
  for (Group& group : groups_) {
    if (!is_active(group)) continue;
    std::fill_n(group.gradients.data() + part * size * group.width, size * group.width, 0.0);
    for (const Member& member : group.members) loss(member.problem, part) = 0;
  }
  const Range blocks = part_range(part, examples_.n_blocks());
  for (std::int64_t block = blocks.begin; block < blocks.end; ++block) {
    for (Group& group : groups_) {
      if (group.has_rows[block] && is_active(group)) {
        run_block(group, block, part, logits.data(), scratch.data());
      }
    }
  }
}

void SharedPass::run_block(Group& group, std::int64_t block, int part, float* logits,
                           float* scratch) {
  const std::int64_t n_rows = examples_.block_rows(), first = block * n_rows;
  const float* x = examples_.row(first);
  const std::int64_t n_features = examples_.n_features(), width = group.width;
  for (std::int64_t c = 0; c < width; c += kPanelColumns) {
    multiply_panel(x, examples_.stride(), n_rows, group.values.data() + c, width, n_features,
                   {logits + c, width, std::min(kPanelColumns, width - c)});
  }
  for (const Member& member : group.members) {
    SolvedProblem& problem = *problems_[member.problem];
    if (problem.finished()) continue;
    const SolverProblem& data = problem.problem();
    loss(member.problem, part) +=
        softmax_loss(data.coordinates,
                     {n_rows, data.classes.data() + first, data.weights.data() + first,
                      logits + member.column, width, problem.errors_wanted(first)},
                     scratch);
  }
  add_transposed_product({x, examples_.stride()}, {logits, width}, n_rows, n_features, width,
                         {group.gradients.data() + part * n_features * width, width});
}

void SharedPass::collect_part(std::size_t problem, int part) {
  const auto [g, column] = places_[problem];
  const Group& group = groups_[g];
  std::array<const double*, kWorkParts> parts{};
  for (int i = 0; i < kWorkParts; ++i) {
    parts[i] = group.gradients.data() + i * examples_.n_features() * group.width + column;
  }
  problems_[problem]->collect(part, parts, group.width);
}

double SharedPass::data_loss(std::size_t problem) const {
  double sum = 0;
  for (int part = 0; part < kWorkParts; ++part) sum += losses_[problem * kWorkParts + part];
  return sum;
}

}  // namespace headlens
