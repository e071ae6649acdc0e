#include "headlens/interventions/variant_edits.h"

#include <algorithm>

namespace headlens {
namespace {

void change(const Edit& edit, const float* values, std::int64_t n, float* x) {
  if (edit.eraser != nullptr && edit.keep != 0) edit.eraser->apply(x);
  for (std::int64_t i = 0; i < n; ++i) {
    // Zero times infinity would be no number.
    const float kept = edit.keep == 0 ? 0 : edit.keep * x[i];
    x[i] = values == nullptr ? kept : kept + edit.gain * values[i];
  }
}

template <typename Body>
void for_each_position(const Intervention& intervention, Range positions, const Body& body) {
  if (intervention.positions.empty()) {
    for (std::int64_t p = positions.begin; p < positions.end; ++p) body(p);
    return;
  }
  for (const std::int64_t p : intervention.positions) {
    if (p >= positions.begin && p < positions.end) body(p);
  }
}

}  // namespace

void VariantEdits::add(const Variant& variant) {
  for (const Intervention& intervention : variant.interventions) {
    edits_[intervention.site].push_back({n_sequences_, variant.base->length(), &intervention});
  }
  ++n_sequences_;
}

bool VariantEdits::has(SiteKind kind) const {
  return std::ranges::any_of(edits_, [&](const auto& edit) { return edit.first.kind == kind; });
}

void VariantEdits::apply(Site site, const RowBatch& batch, Range rows, float* first,
                         std::int64_t stride) const {
  const auto found = edits_.find(site);
  if (found == edits_.end()) return;
  const std::int64_t width = site_width(site.kind, spec_);
  const std::int64_t per_head = width / site_heads(site.kind, spec_);
  for (const Entry& entry : found->second) {
    const RowBatch::Sequence& sequence = batch.sequences()[entry.sequence];
    const std::int64_t shift = sequence.first_row - sequence.start;
    const Range here{std::max<std::int64_t>(rows.begin - shift, sequence.start),
                     std::min<std::int64_t>(rows.end - shift, sequence.end())};
    const Intervention& intervention = *entry.intervention;
    const Tensor* values = intervention.edit.values.get();
    const std::int64_t from = intervention.head < 0 ? 0 : intervention.head * per_head;
    const std::int64_t count = intervention.head < 0 ? width : per_head;
    for_each_position(intervention, here, [&](std::int64_t position) {
      const std::int64_t row_of_values =
          values == nullptr || values->size(0) == 1 ? 0 : position * width;
      change(intervention.edit, values == nullptr ? nullptr : values->data() + row_of_values + from,
             count, first + (position + shift) * stride + from);
    });
  }
}

void VariantEdits::apply_to_pattern(Site site, std::int64_t sequence, std::int64_t head,
                                    Range queries, float* first, std::int64_t stride) const {
  const auto found = edits_.find(site);
  if (found == edits_.end()) return;
  for (const Entry& entry : found->second) {
    const Intervention& intervention = *entry.intervention;
    if (entry.sequence != sequence) continue;
    if (intervention.head >= 0 && intervention.head != head) continue;
    const std::int64_t n = entry.length;
    const Tensor* values = intervention.edit.values.get();
    for_each_position(intervention, queries, [&](std::int64_t query) {
      const float* row = values == nullptr ? nullptr : values->data() + (head * n + query) * n;
      float* scores = first + (query - queries.begin) * stride;
      if (intervention.keys.empty()) return change(intervention.edit, row, n, scores);
      for (const std::int64_t key : intervention.keys) {
        change(intervention.edit, row == nullptr ? nullptr : row + key, 1, scores + key);
      }
    });
  }
}

}  // namespace headlens
