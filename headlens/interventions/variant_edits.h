#pragma once

#include <map>
#include <vector>

#include "headlens/interventions/variant.h"
#include "headlens/models/row_edits.h"

namespace headlens {

/// The interventions of several variants, one a sequence of a batch.
class VariantEdits : public RowEdits {
 public:
  explicit VariantEdits(const BlockSpec& spec) : spec_(spec) {}

  /// Adds the variant of the batch's next sequence; it must outlive this.
  void add(const Variant& variant);

  bool has(Site site) const override { return edits_.contains(site); }
  bool has(SiteKind kind) const override;
  void apply(Site site, const RowBatch& batch, Range rows, float* first,
             std::int64_t stride) const override;
  void apply_to_pattern(Site site, std::int64_t sequence, std::int64_t head, Range queries,
                        float* first, std::int64_t stride) const override;

 private:
  struct Entry {
    std::int64_t sequence;
    std::int64_t length;  ///< of the whole base run
    const Intervention* intervention;
  };

  const BlockSpec& spec_;
  std::int64_t n_sequences_ = 0;
  std::map<Site, std::vector<Entry>> edits_;
};

}  // namespace headlens
