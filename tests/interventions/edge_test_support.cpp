#include "tests/interventions/edge_test_support.h"

namespace headlens {
namespace {

Site sender_site(const Sender& sender) {
  if (sender.layer < 0) return {SiteKind::resid_pre, 0};
  return {sender.head < 0 ? SiteKind::mlp_out : SiteKind::result, sender.layer};
}

/// Adds the sender's difference between two runs to a [1, pos, d_model] value.
Hook addition(const Sender& sender, const Tensor& source, const Tensor& edited, float share) {
  return [&, sender, share](Tensor& value) {
    const std::int64_t n = value.size(2);
    const std::int64_t heads = source.element_count() / (value.size(1) * n);
    for (std::int64_t p = 0; p < value.size(1); ++p) {
      const std::int64_t from = (p * heads + (sender.head < 0 ? 0 : sender.head)) * n;
      for (std::int64_t i = 0; i < n; ++i) {
        value.data()[p * n + i] += share * (source.data()[from + i] - edited.data()[from + i]);
      }
    }
  };
}

/// What the receiver makes of its input, and where that input is moved.
struct ReceiverSites {
  Site stream;
  std::vector<Site> read;
};

ReceiverSites sites_of(const Receiver& receiver, const ModelSpec& spec) {
  const int layer = receiver.layer;
  switch (receiver.kind) {
    case ReceiverKind::q:
      return {{SiteKind::resid_pre, layer}, {{SiteKind::q, layer}}};
    case ReceiverKind::k:
      return {{SiteKind::resid_pre, layer}, {{SiteKind::k, layer}}};
    case ReceiverKind::v:
      return {{SiteKind::resid_pre, layer}, {{SiteKind::v, layer}}};
    case ReceiverKind::mlp: {
      const bool parallel = spec.block().parallel_residual;
      return {{parallel ? SiteKind::resid_pre : SiteKind::resid_mid, layer},
              {{SiteKind::mlp_post, layer}}};
    }
    case ReceiverKind::final:
      break;
  }
  return {{SiteKind::resid_post, spec.n_layers() - 1}, {}};
}

}  // namespace

std::vector<std::string> stream_models() {
  std::vector<std::string> names;
  for (const std::string& name : ParityModel::names()) {
    const ModelSpec spec = ParityModel(name).session().spec();
    if (spec.predicts_tokens() && spec.block().norm_place == NormPlace::pre) names.push_back(name);
  }
  return names;
}

AskedPair differing_pair(ParityModel& model) {
  AskedPair pair;
  pair.clean.sequence = model.sequence(1);
  pair.corrupt = pair.clean.sequence;
  for (const std::size_t p : {3, 5}) pair.corrupt.ids[p] = 5 + (pair.corrupt.ids[p] + 7) % 20;
  const auto length = static_cast<std::int64_t>(pair.corrupt.ids.size());
  pair.clean.prompt_length = length;
  pair.clean.question = {{length - 1}, {3}, {11}};
  return pair;
}

double logit_difference(const AskedPair& pair, const Tensor& logits) {
  const float* row = logits.data() + pair.clean.question.positions[0] * logits.shape().back();
  return static_cast<double>(row[3]) - row[11];
}

double naive_edge(Session& session, const AskedPair& pair, const Edge& edge, float share) {
  const Site written = sender_site(edge.sender);
  const RunOutput clean = session.run_with_cache({pair.clean.sequence}, {written});
  const RunOutput corrupt = session.run_with_cache({pair.corrupt}, {written});
  const Hook move =
      addition(edge.sender, clean.cache.at(written), corrupt.cache.at(written), share);
  const ReceiverSites sites = sites_of(edge.receiver, session.spec());
  HookSet moved;
  moved.edit(sites.stream, move);
  moved.cache(sites.read);
  const RunOutput first = session.run_with_hooks({pair.corrupt}, moved);
  if (edge.receiver.kind == ReceiverKind::final) return logit_difference(pair, first.logits);
  HookSet put;
  for (const Site site : sites.read) {
    put.edit(site, [&, site](Tensor& value) {
      const Tensor& input = first.cache.at(site);
      const bool heads = edge.receiver.head >= 0;
      const std::int64_t width = value.shape().back();
      const std::int64_t n_heads = heads ? value.size(2) : 1;
      for (std::int64_t row = 0; row < value.element_count() / width; ++row) {
        if (heads && row % n_heads != edge.receiver.head) continue;
        std::copy_n(input.data() + row * width, width, value.data() + row * width);
      }
    });
  }
  return logit_difference(pair, session.run_with_hooks({pair.corrupt}, put).logits);
}

}  // namespace headlens
