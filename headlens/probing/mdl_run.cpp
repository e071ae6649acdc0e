#include <algorithm>

#include "headlens/hub/model_hash.h"
#include "headlens/probing/limited_corpus.h"
#include "headlens/probing/mdl_study.h"
#include "headlens/run/provenance.h"

namespace headlens {
namespace {

using Json = nlohmann::ordered_json;

Harvest harvest_of(Session& session, const MdlRequest& request,
                   const std::filesystem::path& states) {
  const std::filesystem::path& data = request.corpus.data;
  if (!data.empty() && std::filesystem::is_directory(data)) {
    return read_harvest(data, model_sha256(session.identity()));
  }
  return harvested(session, *limited(open_corpus(request.corpus), request.max_rows),
                   request.harvest, states);
}

Json probe_json(const OnlineProbe& probe) {
  if (const auto* logistic = std::get_if<OnlineLogistic>(&probe)) {
    return {"logistic", logistic->c, logistic->standardize, logistic->fit.max_iterations,
            logistic->fit.tolerance};
  }
  const AdamProbeOptions& adam = std::get<OnlineAdam>(probe).probe;
  return {"adam",      adam.hidden,     adam.rectified,         adam.dropout,
          adam.epochs, adam.batch_size, adam.adam.learning_rate};
}

/// What a layer's codes depend on.
Json work_of(const ProbeData& data, const MdlRequest& request) {
  const MdlStudyOptions& study = request.study;
  return {{"headlens", "mdl-probe"},
          {"harvest", to_json(data.manifest().work)},
          {"column", data.column()},
          {"min_class_rows", request.labels.min_class_rows},
          {"code", study.code == MdlCodeKind::online ? probe_json(study.probe) : Json("gaussian")},
          {"control", study.control},
          {"seeds", {study.seed, study.seeds}}};
}

}  // namespace

MdlResult run_mdl(Session& session, const MdlRequest& request,
                  const std::filesystem::path& states) {
  std::vector<Harvest> parts;
  parts.push_back(harvest_of(session, request, states));
  const ProbeData data(std::move(parts), request.labels);
  std::vector<MdlSite> sites;
  for (const HarvestSite& entry : data.manifest().work.sites) {
    const auto& wanted = request.harvest.sites;
    if (std::ranges::find(wanted, entry.site) == wanted.end()) continue;
    sites.push_back({entry.site, entry.hidden_state});
  }
  MdlStudyOptions study = request.study;
  study.work = work_of(data, request);
  MdlResult result = study_mdl(data, sites, study);
  result.provenance = provenance_of(session);
  result.provenance.seed = study.seed;
  return result;
}

}  // namespace headlens
