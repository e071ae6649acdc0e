#include "headlens/probing/structural_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <random>

#include "headlens/base/atomic_file.h"
#include "headlens/base/errors.h"
#include "headlens/probing/grammar_corpus.h"
#include "headlens/probing/limited_corpus.h"
#include "headlens/probing/probe_data.h"
#include "headlens/probing/structural_probe_file.h"
#include "headlens/probing/tasks.h"
#include "headlens/run/provenance.h"

namespace headlens {
namespace {

using Path = std::filesystem::path;
using Json = nlohmann::ordered_json;

constexpr std::int64_t kShortestShown = 7, kLongestShown = 14;

std::unique_ptr<LabelledCorpus> open_treebank(const Path& data, std::int64_t max_words,
                                              std::uint64_t seed) {
  if (data.empty()) {
    return limited(std::make_unique<GrammarCorpus>("grammar", kTreeColumns, seed), max_words);
  }
  if (data.extension() != ".conllu") {
    throw UsageError(data.string() + ": trees are read from .conllu files");
  }
  return limited(open_corpus({.data = data, .columns = kTreeColumns}), max_words);
}

/// Sentences in a random order.
std::vector<std::int64_t> shuffled(std::int64_t n, std::mt19937_64& random) {
  std::vector<std::int64_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  for (std::int64_t i = n - 1; i > 0; --i) {
    std::swap(order[i], order[static_cast<std::int64_t>(random() % (i + 1))]);
  }
  return order;
}

/// Takes a share of the sentences, one at least, out of `from`. Both stay in their order.
Trees take_share(Trees& from, double share, std::mt19937_64& random) {
  const std::int64_t n = from.n_sentences();
  const auto taken = std::max<std::int64_t>(1, std::llround(share * static_cast<double>(n)));
  if (taken >= n) {
    throw UsageError(fmt::format("{} sentences are too few to hold out a share of {}", n, share));
  }
  std::vector<std::int64_t> order = shuffled(n, random);
  std::sort(order.begin(), order.begin() + taken);
  std::sort(order.begin() + taken, order.end());
  const std::span<const std::int64_t> all(order);
  Trees share_trees = select_trees(from, all.first(taken));
  from = select_trees(from, all.subspan(taken));
  return share_trees;
}

/// Trees and the harvest that has their states.
struct Part {
  std::shared_ptr<const Harvest> harvest;
  Trees trees;
};

class Parts {
 public:
  Parts(Session& session, const StructuralRequest& request, const Path& states)
      : session_(session), request_(request), states_(states) {}

  void read() {
    std::mt19937_64 random(request_.seed);
    training = part("train", request_.data, request_.max_words);
    test = request_.test.empty() ? share(request_.test_share, random)
                                 : part("test", request_.test, request_.max_test_words);
    validation = request_.validation.empty()
                     ? share(request_.validation_share, random)
                     : part("validation", request_.validation, request_.max_test_words);
  }

  TreebankSource source(const Part& part) const {
    return {part.trees, [harvest = part.harvest, &trees = part.trees, this](int layer) {
              return states_of(trees, *harvest, hidden_state_site(session_.spec(), layer));
            }};
  }

  Part training, validation, test;
  std::int64_t skipped = 0;

 private:
  Part part(const char* name, const Path& data, std::int64_t max_words) {
    HarvestOptions options = request_.harvest;
    options.unit = HarvestUnit::word;
    options.sites.clear();
    std::vector<int> layers = request_.study.hidden_states;
    if (std::ranges::find(layers, 0) == layers.end()) layers.push_back(0);
    std::ranges::sort(layers);
    for (const int layer : layers) {
      options.sites.push_back(hidden_state_site(session_.spec(), layer));
    }
    const Path folder = states_ / name;
    make_writable_folder(folder);
    Part made{std::make_shared<Harvest>(harvested(
                  session_, *open_treebank(data, max_words, request_.seed), options, folder)),
              {}};
    std::int64_t passed_over = 0;
    made.trees =
        trees_of(*made.harvest, *open_treebank(data, max_words, request_.seed), passed_over);
    skipped += passed_over;
    return made;
  }

  Part share(double share, std::mt19937_64& random) {
    return {training.harvest, take_share(training.trees, share, random)};
  }

  Session& session_;
  const StructuralRequest& request_;
  const Path& states_;
};

std::optional<std::int64_t> sentence_to_show(const StructuralRequest& request, const Trees& test) {
  if (!request.shows_parse || request.study.parse) return request.study.parse;
  for (std::int64_t s = 0; s < test.n_sentences(); ++s) {
    const std::int64_t n = test.begins[s + 1] - test.begins[s];
    if (n >= kShortestShown && n <= kLongestShown) return s;
  }
  return test.n_sentences() > 0 ? std::optional<std::int64_t>(0) : std::nullopt;
}

/// What a layer's outcome depends on.
Json work_of(const Parts& parts, const StructuralRequest& request,
             const StructuralStudyOptions& study) {
  const StructuralOptions& probe = study.probe;
  Json harvests = Json::array();
  for (const Part* part : {&parts.training, &parts.validation, &parts.test}) {
    harvests.push_back(to_json(part->harvest->manifest().work));
  }
  return {{"headlens", "structural-probe"},
          {"parts", harvests},
          {"shares", {request.validation_share, request.test_share}},
          {"seed", request.seed},
          {"targets", {study.distance, study.depth}},
          {"rank", probe.rank},
          {"epochs", {probe.epochs, probe.patience}},
          {"batch", probe.batch_sentences},
          {"learning_rate", {probe.adam.learning_rate, probe.decay}},
          {"standardize", study.standardize},
          {"parse", study.parse ? Json(*study.parse) : Json()}};
}

std::string data_name(const Path& data) { return data.empty() ? "grammar" : data.string(); }

StructuralResult study(const Parts& parts, const StructuralStudyOptions& options) {
  return study_structure(parts.source(parts.training), parts.source(parts.validation),
                         parts.source(parts.test), options);
}

/// The best layer's figures of a model whose weights are drawn anew, on the same sentences.
StructuralBaseline random_weights(const Session& session, const StructuralRequest& request,
                                  StructuralStudyOptions options, const Path& states) {
  Session drawn(with_random_weights(session.identity(), request.seed),
                {.precision = session.precision()});
  const Path folder = states / "random-weights";
  Parts parts(drawn, request, folder);
  parts.read();
  options.parse.reset();
  options.probes.clear();
  options.work = work_of(parts, request, options);
  if (!options.log.empty()) options.log += ".random-weights";
  const StructuralResult result = study(parts, options);
  StructuralBaseline baseline;
  baseline.name = "random weights";
  std::vector<std::string> names;
  if (const auto best = best_layer(result, &StructuralLayer::distance)) {
    const StructuralLayer& layer = result.layers[*best];
    baseline.uuas = layer.distance->tree;
    baseline.distance_spearman = layer.distance->spearman;
    names.push_back(fmt::format("distances of layer {}", layer.hidden_state));
  }
  if (const auto best = best_layer(result, &StructuralLayer::depth)) {
    const StructuralLayer& layer = result.layers[*best];
    baseline.root_accuracy = layer.depth->tree;
    baseline.depth_spearman = layer.depth->spearman;
    names.push_back(fmt::format("depths of layer {}", layer.hidden_state));
  }
  baseline.about = fmt::format("{}", fmt::join(names, ", "));
  return baseline;
}

}  // namespace

StructuralResult run_structural(Session& session, const StructuralRequest& request,
                                const Path& states) {
  for (const Path& data : {request.data, request.validation, request.test}) {
    if (!data.empty()) open_treebank(data, 0, 0);  // what is wrong is known before the model runs
  }
  Parts parts(session, request, states);
  parts.read();
  StructuralStudyOptions options = request.study;
  options.probe.seed = request.seed;
  options.parse = sentence_to_show(request, parts.test.trees);
  options.work = work_of(parts, request, options);
  if (!options.probes.empty()) {
    const Provenance provenance = provenance_of(session);
    save_structural_origin(
        options.probes, {.model_name = provenance.model_name,
                         .model_sha256 = provenance.model_sha256,
                         .precision = provenance.precision,
                         .pooling = parts.training.harvest->manifest().work.pooling,
                         .special_tokens = request.harvest.special_tokens == SpecialTokens::add});
  }
  StructuralResult result = study(parts, options);
  if (request.random_model) {
    result.baselines.push_back(random_weights(session, request, options, states));
  }
  result.provenance = provenance_of(session);
  result.provenance.seed = request.seed;
  result.data = {data_name(request.data)};
  if (!request.validation.empty()) result.data.push_back(data_name(request.validation));
  if (!request.test.empty()) result.data.push_back(data_name(request.test));
  result.pooling = to_string(parts.training.harvest->manifest().work.pooling);
  result.skipped_sentences = parts.skipped;
  return result;
}

}  // namespace headlens
