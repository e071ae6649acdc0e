#include "headlens/interventions/site_values.h"

#include "headlens/interventions/variant.h"

namespace headlens {

std::vector<std::shared_ptr<const Tensor>> site_values(Session& session, SiteKind kind,
                                                       const TokenSequence& tokens) {
  std::vector<Site> sites;
  for (int layer = 0; layer < session.spec().n_layers(); ++layer) sites.push_back({kind, layer});
  RunOutput run = session.run_with_cache({tokens}, sites, {.logits = Logits::none});
  std::vector<std::shared_ptr<const Tensor>> values;
  for (const Site site : sites) {
    Tensor value = run.cache.take(site);
    const auto length = static_cast<std::int64_t>(tokens.ids.size());
    value.reshape(is_pattern_site(kind) ? Shape{session.spec().block().n_heads, length, length}
                                        : Shape{length, site_width(kind, session.spec().block())});
    values.push_back(std::make_shared<const Tensor>(std::move(value)));
  }
  return values;
}

std::vector<std::shared_ptr<const Tensor>> site_values(Session& session, SiteKind kind,
                                                       const BaseRun& recorded) {
  if (kind != SiteKind::resid_pre && kind != SiteKind::z) {
    return site_values(session, kind, recorded.tokens);
  }
  std::vector<std::shared_ptr<const Tensor>> values;
  for (const BaseRun::Layer& layer : recorded.layers) {
    const Tensor& value = kind == SiteKind::z ? layer.z : layer.resid_pre;
    values.emplace_back(std::shared_ptr<const Tensor>(), &value);
  }
  return values;
}

}  // namespace headlens
