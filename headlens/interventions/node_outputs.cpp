#include "headlens/interventions/node_outputs.h"

namespace headlens {

NodeOutputs::NodeOutputs(Session& session, const TokenSequence& tokens)
    : length_(static_cast<std::int64_t>(tokens.ids.size())),
      n_heads_(session.spec().block().n_heads),
      d_model_(session.spec().d_model) {
  std::vector<Site> sites{{SiteKind::resid_pre, 0}};
  for (int layer = 0; layer < session.spec().n_layers(); ++layer) {
    sites.push_back({SiteKind::result, layer});
    sites.push_back({SiteKind::mlp_out, layer});
  }
  cache_ = std::move(session.run_with_cache({tokens}, sites, {.logits = Logits::none}).cache);
}

const float* NodeOutputs::row(const Sender& sender, std::int64_t position) const {
  if (sender.layer < 0) return cache_.at({SiteKind::resid_pre, 0}).data() + position * d_model_;
  if (sender.head < 0) {
    return cache_.at({SiteKind::mlp_out, sender.layer}).data() + position * d_model_;
  }
  return cache_.at({SiteKind::result, sender.layer}).data() +
         (position * n_heads_ + sender.head) * d_model_;
}

Tensor output_difference(const NodeOutputs& source, const NodeOutputs& edited, const Sender& sender,
                         std::int64_t d_model) {
  Tensor difference({edited.length(), d_model});
  for (std::int64_t p = 0; p < edited.length(); ++p) {
    const float* a = source.row(sender, p);
    const float* b = edited.row(sender, p);
    for (std::int64_t i = 0; i < d_model; ++i) difference.data()[p * d_model + i] = a[i] - b[i];
  }
  return difference;
}

}  // namespace headlens
