#include "headlens/run/executor.h"

#include <algorithm>
#include <mutex>

#include "headlens/base/cancellation.h"
#include "headlens/base/team.h"

namespace headlens {
namespace {

/// Rows of a group: of the last ones so few that the threads end together, of others as many as
/// stay in cache.
constexpr std::int64_t kFewRows = 12, kMostRows = 256;

/// Where shares of the rows end: rounds of one share a thread, smaller toward the end, so that the
/// threads finish together though one was held up.
std::vector<std::int64_t> share_ends(std::int64_t rows, std::int64_t threads) {
  std::vector<std::int64_t> ends;
  for (std::int64_t begin = 0; begin < rows;) {
    const std::int64_t rest = rows - begin;
    const bool is_last = rest <= 2 * threads * kFewRows;
    const std::int64_t round = is_last ? rest : threads * std::min(kMostRows, rest / (2 * threads));
    for (std::int64_t i = 1; i <= threads; ++i) ends.push_back(begin + round * i / threads);
    begin += round;
  }
  return ends;
}

}  // namespace

Executor::Executor(Model& model, const RowBatch& batch, const Taps& taps,
                   std::vector<Workspace>& workspaces, const ProgressCallback& progress)
    : model_(model), batch_(batch), taps_(taps), workspaces_(workspaces), progress_(progress) {}

void Executor::allocate(Logits wanted, Tensor& logits, Tensor& class_logits) {
  const ModelSpec& spec = model_.spec();
  if (wanted == Logits::none) return;
  if (spec.predicts_tokens()) {
    const std::int64_t rows = wanted == Logits::last ? batch_.size() : batch_.rows();
    logits = Tensor({rows, spec.vocab_size});
    logits_ = &logits;
  }
  if (spec.classifier) {
    const bool per_token = spec.output == OutputKind::token_classes;
    const auto classes = static_cast<std::int64_t>(spec.classifier->labels.size());
    class_logits = Tensor({per_token ? batch_.rows() : batch_.size(), classes});
    class_logits_ = &class_logits;
  }
}

void Executor::run(Logits wanted, Tensor& logits, Tensor& class_logits) {
  allocate(wanted, logits, class_logits);
  const bool has_outputs = logits_ != nullptr || class_logits_ != nullptr;
  model_.load_blocks(has_outputs ? model_.spec().n_layers() : taps_.blocks_needed(), progress_);
  if (has_outputs) model_.load_head(progress_);
  const std::vector<Group> parts = groups();
  if (parts.size() < 2) {
    run_together(wanted);
  } else {
    run_groups(parts, wanted);
  }
  if (logits_ != nullptr && wanted == Logits::all) pad(logits);
  if (class_logits_ != nullptr && model_.spec().output == OutputKind::token_classes) {
    pad(class_logits);
  }
}

std::vector<Executor::Group> Executor::groups() const {
  const int threads = thread_count();
  if (taps_.has_edits() || threads < 2 || batch_.size() < 2 * threads) return {};
  const std::vector<std::int64_t> ends = share_ends(batch_.rows(), threads);
  std::vector<Group> groups;
  std::size_t share = 0;
  for (std::int64_t s = 0; s < batch_.size(); ++s) {
    const RowBatch::Sequence& sequence = batch_.sequences()[s];
    const std::size_t before = share;
    while (sequence.first_row + sequence.length / 2 >= ends[share]) ++share;
    if (groups.empty() || share != before) groups.push_back({s, 0, sequence.first_row});
    ++groups.back().count;
  }
  return groups;
}

ForwardPlan Executor::plan_for(const RowBatch& part, const Group& group, Logits wanted) const {
  const ModelSpec& spec = model_.spec();
  ForwardPlan plan;
  const bool has_outputs = logits_ != nullptr || class_logits_ != nullptr;
  plan.n_blocks = has_outputs ? spec.n_layers() : taps_.blocks_needed();
  plan.final_norm = spec.final_norm && (has_outputs || taps_.hears(SiteKind::ln_final_scale) ||
                                        taps_.hears(SiteKind::ln_final_normalized));
  if (logits_ != nullptr) {
    const bool last = wanted == Logits::last;
    plan.logits =
        logits_->data() + (last ? group.first_sequence : group.first_row) * spec.vocab_size;
    for (const RowBatch::Sequence& sequence : part.sequences()) {
      const std::int64_t end = sequence.first_row + sequence.length;
      for (std::int64_t r = last ? end - 1 : sequence.first_row; r < end; ++r) {
        plan.logit_rows.push_back(r);
      }
    }
  }
  if (class_logits_ != nullptr) {
    const bool per_token = spec.output == OutputKind::token_classes;
    plan.class_logits =
        class_logits_->data() +
        (per_token ? group.first_row : group.first_sequence) * class_logits_->size(1);
    for (const RowBatch::Sequence& sequence : part.sequences()) {
      const std::int64_t end =
          per_token ? sequence.first_row + sequence.length : sequence.first_row + 1;
      for (std::int64_t r = sequence.first_row; r < end; ++r) plan.class_rows.push_back(r);
    }
  }
  if (plan.n_blocks > 0 && !taps_.has_edits()) narrow(part, plan);
  return plan;
}

void Executor::narrow(const RowBatch& part, ForwardPlan& plan) const {
  std::vector<bool> is_read(part.rows());
  taps_.mark_late_rows(plan.n_blocks, part, is_read);
  for (const std::int64_t row : plan.logit_rows) is_read[row] = true;
  for (const std::int64_t row : plan.class_rows) is_read[row] = true;
  std::vector<std::int64_t> kept, place_of_row(part.rows());
  for (std::int64_t row = 0; row < part.rows(); ++row) {
    place_of_row[row] = std::ssize(kept);
    if (is_read[row]) kept.push_back(row);
  }
  if (std::ssize(kept) == part.rows()) return;
  for (std::int64_t& row : plan.logit_rows) row = place_of_row[row];
  for (std::int64_t& row : plan.class_rows) row = place_of_row[row];
  plan.kept_rows = std::move(kept);
}

void Executor::run_together(Logits wanted) {
  workspaces_.resize(std::max<std::size_t>(1, workspaces_.size()));
  ModelForward forward(model_, batch_, taps_, workspaces_.front());
  const int lanes = static_cast<int>(std::min<std::int64_t>(thread_count(), batch_.rows()));
  forward.reserve(lanes);
  const ForwardPlan plan = plan_for(batch_, {0, batch_.size(), 0}, wanted);
  run_team(lanes, [&](Lane& lane) { forward.run(lane, plan); });
}

void Executor::run_groups(const std::vector<Group>& groups, Logits wanted) {
  const int threads = thread_count();
  workspaces_.resize(std::max<std::size_t>(threads, workspaces_.size()));
  std::mutex reporting;
  std::uint64_t done = 0;
  run_team(threads, [&](Lane& team) {
    Workspace& memory = workspaces_[team.index()];
    team.for_each_dynamic(static_cast<std::ptrdiff_t>(groups.size()), [&](std::ptrdiff_t i) {
      check_cancellation();
      const Group& group = groups[i];
      const RowBatch part = batch_.part(group.first_sequence, group.count);
      ModelForward forward(model_, part, taps_, memory);
      forward.reserve(1);
      Lane alone(0, 1, nullptr);
      forward.run(alone, plan_for(part, group, wanted));
      if (!progress_) return;
      const std::scoped_lock lock(reporting);
      progress_({"running sequences", done += group.count,
                 static_cast<std::uint64_t>(batch_.size()), "sequences"});
    });
  });
}

void Executor::pad(Tensor& rows) const {
  const std::int64_t width = rows.size(1);
  const Shape shape{batch_.size(), batch_.padded_length(), width};
  if (!batch_.has_padding()) return rows.reshape(shape);
  Tensor padded = Tensor::zeros(shape);
  for (std::int64_t row = 0; row < batch_.rows(); ++row) {
    std::copy_n(rows.data() + row * width, width, padded.data() + batch_.padded_row(row) * width);
  }
  rows = std::move(padded);
}

}  // namespace headlens
