#include "headlens/probing/probe_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "headlens/base/atomic_file.h"
#include "headlens/base/errors.h"
#include "headlens/hub/model_hash.h"
#include "headlens/probing/limited_corpus.h"
#include "headlens/run/provenance.h"

namespace headlens {
namespace {

using Path = std::filesystem::path;
using Json = nlohmann::ordered_json;

bool is_harvest(const Path& data) { return !data.empty() && std::filesystem::is_directory(data); }

/// One part of the data: a corpus that is harvested, or a harvest that is there.
struct Part {
  const char* name;
  Path data;
  std::string where;
  std::int64_t max_rows;
};

CorpusRequest corpus_of(const ProbeRequest& request, const Part& part) {
  CorpusRequest corpus = request.corpus;
  corpus.data = part.data;
  corpus.where = part.where;
  return corpus;
}

std::vector<Part> parts_of(const ProbeRequest& request) {
  const ProbeDivision& division = request.division;
  std::vector<Part> parts{{"train", request.corpus.data, request.corpus.where, request.max_rows}};
  if (!division.validation.empty()) {
    if (division.test.empty()) throw UsageError("a validation file needs a test file beside it");
    parts.push_back(
        {"validation", division.validation, division.validation_where, division.max_test_rows});
  }
  if (!division.test.empty()) {
    parts.push_back({"test", division.test, division.test_where, division.max_test_rows});
  }
  return parts;
}

/// Folders that a harvest is written to. Those that were made for one that failed before it wrote
/// anything are taken back.
class MadeFolders {
 public:
  explicit MadeFolders(const Path& folder) : made_(make_writable_folder(folder)) {}
  ~MadeFolders() {
    std::error_code not_empty;
    for (; !made_.empty(); made_.pop_back()) std::filesystem::remove(made_.back(), not_empty);
  }
  MadeFolders(const MadeFolders&) = delete;
  MadeFolders& operator=(const MadeFolders&) = delete;

 private:
  std::vector<Path> made_;
};

class PartReader {
 public:
  PartReader(Session& session, const ProbeRequest& request, const Path& states)
      : session_(session), request_(request), states_(states) {}

  std::vector<Harvest> read(const std::vector<Part>& parts, const HarvestOptions& options) const {
    std::vector<Harvest> harvests;
    for (const Part& part : parts) {
      if (is_harvest(part.data)) {
        harvests.push_back(read_harvest(part.data, model_sha256(session_.identity())));
        continue;
      }
      const Path folder = states_ / part.name;
      const MadeFolders made(folder);
      harvests.push_back(harvested(session_,
                                   *limited(open_corpus(corpus_of(request_, part)), part.max_rows),
                                   options, folder));
    }
    return harvests;
  }

 private:
  Session& session_;
  const ProbeRequest& request_;
  const Path& states_;
};

/// Opens every corpus once, so that what is wrong with a file is known before a model runs.
void check_corpora(const ProbeRequest& request, const std::vector<Part>& parts) {
  for (const Part& part : parts) {
    if (is_harvest(part.data)) continue;
    open_corpus(corpus_of(request, part));
  }
}

std::vector<ProbeRound> rounds_for(const ProbeData& data, const ProbeRequest& request,
                                   ProbeEvaluation& evaluation,
                                   std::vector<std::string>& warnings) {
  const ProbeDivision& division = request.division;
  evaluation.group = to_string(division.group);
  evaluation.test_group = to_string(division.resampled);
  if (!division.test.empty()) {
    evaluation.kind = "files";
    return {split_by_part(data)};
  }
  if (division.test_share > 0) {
    evaluation.kind = "random";
    return {split_at_random(data, division.group, division.validation_share, division.test_share,
                            request.study.seed)};
  }
  evaluation.kind = "folds";
  const Folds folds = probe_folds(data, division.folds, division.group);
  if (!folds.warning.empty()) warnings.push_back(folds.warning);
  return rounds_of(folds);
}

std::vector<ProbedLayer> layers_of(const HarvestManifest& manifest,
                                   const std::vector<Site>& wanted) {
  std::vector<ProbedLayer> layers;
  for (const HarvestSite& entry : manifest.work.sites) {
    const bool is_wanted = wanted.empty() || std::ranges::find(wanted, entry.site) != wanted.end();
    if (is_wanted) layers.push_back({to_string(entry.site), entry.hidden_state});
  }
  return layers;
}

bool holds_embeddings(const HarvestManifest& manifest) {
  return std::ranges::any_of(manifest.work.sites,
                             [](const HarvestSite& entry) { return entry.hidden_state == 0; });
}

/// What a layer's outcome depends on.
Json work_of(const ProbeData& data, const ProbeRequest& request, const ProbeLearnerOptions& learner,
             const std::vector<ProbedLayer>& layers) {
  Json parts = Json::array(), names = Json::array();
  for (std::size_t i = 0; i < data.n_parts(); ++i) {
    parts.push_back(to_json(data.manifest(i).work));
  }
  for (const ProbedLayer& layer : layers) names.push_back(layer.site);
  const ProbeDivision& division = request.division;
  const ProbeStudyOptions& study = request.study;
  return {{"headlens", "probe"},
          {"parts", parts},
          {"layers", names},
          {"column", data.column()},
          {"min_class_rows", request.labels.min_class_rows},
          {"max_rows", request.labels.max_rows},
          {"folds", division.test.empty() && division.test_share == 0 ? division.folds : 0},
          {"shares", {division.validation_share, division.test_share}},
          {"groups", {to_string(division.group), to_string(division.resampled)}},
          {"random_model", request.random_model},
          {"seeds", {study.seed, study.seeds}},
          {"control", study.control},
          {"probe", to_string(learner.kind)},
          {"c", {learner.c, learner.c_grid, learner.inner_folds}},
          {"alpha", learner.alpha},
          {"rank", learner.rank},
          {"neighbors", learner.neighbors},
          {"standardize", learner.standardize},
          {"balanced", learner.balanced},
          {"solver", {learner.logistic.max_iterations, learner.logistic.tolerance}},
          {"adam",
           {learner.adam.hidden, learner.adam.dropout, learner.adam.epochs, learner.adam.batch_size,
            learner.adam.adam.learning_rate, learner.patience}}};
}

void describe(ProbeRun& run, const Session& session, const ProbeRequest& request) {
  ProbeResult& result = run.result;
  const HarvestWork& work = run.data.manifest().work;
  result.provenance = provenance_of(session);
  result.provenance.seed = request.study.seed;
  result.task = work.corpus.task;
  result.column = run.data.column();
  for (std::size_t i = 0; i < run.data.n_parts(); ++i) {
    result.data.push_back(run.data.manifest(i).work.corpus.data.string());
  }
  result.unit = to_string(work.unit);
  result.pooling = to_string(work.pooling);
  result.sentences = std::int64_t{std::ranges::max(run.data.sentence())} + 1;
  result.unlabelled_rows = run.data.unlabelled_rows();
  result.dropped_rows = run.data.dropped_rows();
  result.dropped_classes = run.data.dropped_classes();
}

/// The probed sites, with the embeddings before them where they are hidden states of a layer.
HarvestOptions with_embeddings(HarvestOptions options, const ModelSpec& spec) {
  const Site embeddings = hidden_state_site(spec, 0);
  if (std::ranges::find(options.sites, embeddings) == options.sites.end()) {
    options.sites.insert(options.sites.begin(), embeddings);
  }
  return options;
}

/// What probes read, of the model and of its random-weight twin.
class StatesOfLayers {
 public:
  StatesOfLayers(const ProbeData& data, const std::vector<ProbedLayer>& layers,
                 const std::optional<ProbeData>& random)
      : data_(data), layers_(layers), random_(random) {}

  ProbedStates probed() const {
    ProbedStates states{.layers = layers_, .states = reader(data_)};
    if (holds_embeddings(data_.manifest())) {
      states.embeddings = [this] { return data_.states(0); };
    }
    if (random_) states.random_states = reader(*random_);
    return states;
  }

 private:
  std::function<Tensor(std::size_t)> reader(const ProbeData& data) const {
    return [this, &data](std::size_t layer) {
      return data.states(parse_site(layers_[layer].site).value());
    };
  }

  const ProbeData& data_;
  const std::vector<ProbedLayer>& layers_;
  const std::optional<ProbeData>& random_;
};

/// The same corpora run by a model of the same architecture whose weights are drawn anew.
ProbeData random_model_data(const Session& session, const ProbeRequest& request,
                            const std::vector<Part>& parts, const HarvestOptions& options,
                            const Path& states) {
  if (std::ranges::any_of(parts, [](const Part& part) { return is_harvest(part.data); })) {
    throw UsageError("the random-weight model needs the corpus itself, not a harvest of it");
  }
  Session drawn(with_random_weights(session.identity(), request.study.seed),
                {.precision = session.precision()});
  return {PartReader(drawn, request, states / "random-weights").read(parts, options),
          request.labels};
}

/// What the study knows of the evaluation beside what the division does.
void complete(ProbeEvaluation& evaluation, const ProbeEvaluation& studied) {
  evaluation.folds = studied.folds;
  evaluation.train_rows = studied.train_rows;
  evaluation.validation_rows = studied.validation_rows;
  evaluation.test_rows = studied.test_rows;
  evaluation.test_groups = studied.test_groups;
  evaluation.seeds = studied.seeds;
}

}  // namespace

ProbeRun run_probe(Session& session, const ProbeRequest& request, const Path& states) {
  const std::vector<Part> parts = parts_of(request);
  check_corpora(request, parts);
  const HarvestOptions with_all = with_embeddings(request.harvest, session.spec());
  ProbeRun run{
      .data = ProbeData(PartReader(session, request, states).read(parts, with_all), request.labels),
      .rounds = {},
      .learner = request.study.learner,
      .layers = {},
      .result = {}};
  if (request.chooses_kind && run.data.has_real_values()) run.learner.kind = ProbeKind::ridge;
  ProbeEvaluation evaluation;
  std::vector<std::string> warnings;
  run.rounds = rounds_for(run.data, request, evaluation, warnings);
  run.layers = layers_of(run.data.manifest(), request.harvest.sites);
  std::optional<ProbeData> random;
  if (request.random_model) {
    random.emplace(random_model_data(session, request, parts, with_all, states));
  }
  ProbeStudyOptions study = request.study;
  study.learner = run.learner;
  study.work = work_of(run.data, request, run.learner, run.layers);
  const StatesOfLayers reader(run.data, run.layers, random);
  run.result = study_probe(task_of(run.data, request.division.resampled), run.rounds,
                           reader.probed(), study);
  complete(evaluation, run.result.evaluation);
  run.result.evaluation = evaluation;
  run.result.fold_warnings = warnings;
  describe(run, session, request);
  return run;
}

}  // namespace headlens
