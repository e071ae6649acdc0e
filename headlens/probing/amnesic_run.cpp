#include "headlens/probing/amnesic_run.h"

#include "headlens/base/atomic_file.h"
#include "headlens/base/errors.h"
#include "headlens/probing/limited_corpus.h"
#include "headlens/probing/probe_split.h"

namespace headlens {
namespace {

/// Of one file, sentence 4, 9, 14 ... are held out.
constexpr std::int64_t kEvery = 5;

bool is_held_out(std::int64_t sentence) { return sentence % kEvery == kEvery - 1; }

class AmnesicRun {
 public:
  AmnesicRun(Session& session, const AmnesicRequest& request, const std::filesystem::path& states)
      : session_(session), request_(request), states_(states), harvest_(request.harvest) {
    const ModelSpec& spec = session.spec();
    if (!spec.predicts_tokens()) {
      throw UnsupportedError(session.identity().name +
                             " predicts no tokens, so that erasing a concept has nothing to "
                             "change; use a causal or masked language model");
    }
    layers_ = request.study.layers;
    for (int layer = 0; request.study.layers.empty() && layer <= spec.n_layers(); ++layer) {
      layers_.push_back(layer);
    }
    harvest_.sites.clear();
    for (const int layer : layers_) harvest_.sites.push_back(hidden_state_site(spec, layer));
    const bool pools = harvest_.pooling == Pooling::max || harvest_.pooling == Pooling::cls;
    if (pools) {
      throw UsageError("a concept read from states pooled by " + to_string(*harvest_.pooling) +
                       " cannot be erased from single tokens; use last, first or mean");
    }
  }

  AmnesicResult run() {
    // Before anything long, and to refuse what cannot be read.
    const std::unique_ptr<LabelledCorpus> held_out = corpus(has_test());
    std::vector<Harvest> parts;
    parts.push_back(harvest_into("train", false));
    if (has_test()) parts.push_back(harvest_into("test", true));
    const ProbeData data(std::move(parts), request_.labels);
    ProbeSplit split = has_test() ? split_by_part(data) : ProbeSplit{};
    for (std::int64_t row = 0; !has_test() && row < data.rows(); ++row) {
      (is_held_out(data.sentence()[row]) ? split.test : split.train).push_back(row);
    }
    const std::vector<AmnesicSentence> sentences = read_amnesic_sentences(
        session_, *held_out,
        {.places = request_.places,
         .column = data.column(),
         .classes = data.classes(),
         .harvest = harvest_,
         .mask_share = request_.mask_share,
         .seed = request_.study.seed,
         .is_wanted = has_test() ? std::function<bool(std::int64_t)>() : is_held_out});
    AmnesicStudyOptions study = request_.study;
    study.layers = layers_;
    study.work = work(data);
    AmnesicResult result = study_amnesic(session_, data, split.train, split.test, sentences, study);
    result.task = data.manifest().work.corpus.task;
    result.data = data.manifest().work.corpus.data.string();
    result.test_data = request_.test.string();
    result.places = to_string(request_.places);
    return result;
  }

 private:
  bool has_test() const { return !request_.test.empty(); }

  std::unique_ptr<LabelledCorpus> corpus(bool test) const {
    CorpusRequest wanted = request_.corpus;
    if (test) wanted.data = request_.test;
    return limited(open_corpus(wanted), test ? request_.max_test_rows : request_.max_rows);
  }

  Harvest harvest_into(const char* name, bool test) {
    const std::unique_ptr<LabelledCorpus> source = corpus(test);
    const std::filesystem::path folder = states_ / name;
    make_writable_folder(folder);
    try {
      return harvested(session_, *source, harvest_, folder);
    } catch (...) {
      // Where nothing was written yet; else there is something to go on with.
      std::error_code not_empty;
      std::filesystem::remove(folder, not_empty);
      std::filesystem::remove(states_, not_empty);
      throw;
    }
  }

  /// What numbers depend on.
  nlohmann::ordered_json work(const ProbeData& data) const {
    nlohmann::ordered_json work{{"places", to_string(request_.places)},
                                {"mask_share", request_.mask_share},
                                {"column", data.column()},
                                {"classes", data.classes()}};
    for (std::size_t part = 0; part < data.n_parts(); ++part) {
      work["harvests"].push_back(to_json(data.manifest(part).work));
    }
    return work;
  }

  Session& session_;
  const AmnesicRequest& request_;
  const std::filesystem::path& states_;
  HarvestOptions harvest_;
  std::vector<int> layers_;
};

}  // namespace

AmnesicResult run_amnesic(Session& session, const AmnesicRequest& request,
                          const std::filesystem::path& states) {
  return AmnesicRun(session, request, states).run();
}

}  // namespace headlens
