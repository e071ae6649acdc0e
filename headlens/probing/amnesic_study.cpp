#include "headlens/probing/amnesic_study.h"

#include <algorithm>
#include <map>
#include <set>

#include "headlens/base/errors.h"
#include "headlens/interventions/chunk_runner.h"
#include "headlens/interventions/step_log.h"
#include "headlens/interventions/sweep.h"
#include "headlens/probing/amnesic_statistics.h"
#include "headlens/run/provenance.h"

namespace headlens {
namespace {

/// Sentences whose base runs and base predictions are held at once.
constexpr std::int64_t kSentencesAtOnce = 16;
/// Numbers of a layer that come before those of its sentences.
constexpr std::size_t kHeadNumbers = 7;

std::vector<std::int32_t> labels_of(const ProbeData& data, const std::vector<std::int64_t>& rows) {
  std::vector<std::int32_t> labels;
  for (const std::int64_t row : rows) labels.push_back(data.labels()[row]);
  return labels;
}

class AmnesicStudy {
 public:
  AmnesicStudy(Session& session, const ProbeData& data, const std::vector<std::int64_t>& train,
               const std::vector<std::int64_t>& test, const std::vector<AmnesicSentence>& sentences,
               const AmnesicStudyOptions& options)
      : session_(session),
        data_(data),
        train_(train),
        test_(test),
        train_labels_(labels_of(data, train)),
        test_labels_(labels_of(data, test)),
        sentences_(sentences),
        options_(options),
        log_(options.log, work()) {
    for (const AmnesicSentence& sentence : sentences) {
      tokens_.push_back(static_cast<double>(sentence.question.positions.size()));
    }
  }

  AmnesicResult run() {
    AmnesicResult result;
    describe(result);
    const std::vector<double> base = log_.step([&] { return measure_base(); });
    const SentenceMeasures unedited(base, 1, tokens_);
    result.base = unedited.measure(0);
    std::vector<SentenceMeasures> measured;
    for (const int layer : options_.layers) {
      const std::vector<double> numbers = log_.step([&] { return measure_layer(layer); });
      check_count(numbers);
      result.layers.push_back(told_layer(layer, numbers));
      measured.emplace_back(std::span(numbers).subspan(kHeadNumbers), conditions(), tokens_);
      tell_measures(measured.back(), result.layers.back());
      done_sentences_ = measured.size() * sentences_.size();
    }
    compare(unedited, measured, result);
    result.provenance = provenance_of(session_);
    result.provenance.seed = options_.seed;
    return result;
  }

 private:
  std::size_t n_random() const { return static_cast<std::size_t>(options_.random_erasers); }
  std::size_t conditions() const { return n_random() + 2; }

  nlohmann::ordered_json work() const {
    return {{"work", options_.work},
            {"rows", {train_.size(), test_.size()}},
            {"sentences", sentences_.size()},
            {"layers", options_.layers},
            {"method", to_string(options_.method)},
            {"inlp_rounds", options_.inlp_rounds},
            {"random", options_.random_erasers},
            {"seed", options_.seed}};
  }

  void check_count(const std::vector<double>& numbers) const {
    if (numbers.size() == kHeadNumbers + sentences_.size() * conditions() * kMeasures) return;
    throw UsageError(options_.log.string() + " belongs to other work: remove it");
  }

  void describe(AmnesicResult& result) const {
    result.column = data_.column();
    result.method = to_string(options_.method);
    result.predicts =
        session_.spec().output == OutputKind::masked_token ? "masked token" : "next token";
    result.pooling = to_string(data_.manifest().work.pooling);
    result.classes = data_.classes();
    std::map<std::int32_t, std::int64_t> counts;
    for (const std::int32_t label : train_labels_) ++counts[label];
    const std::int32_t largest =
        std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; })->first;
    result.majority = static_cast<double>(std::ranges::count(test_labels_, largest)) /
                      static_cast<double>(test_labels_.size());
    result.train_words = std::ssize(train_);
    result.test_words = std::ssize(test_);
    result.sentences = std::ssize(sentences_);
    for (const double tokens : tokens_) {
      result.predicted_tokens += static_cast<std::int64_t>(tokens);
    }
    result.confidence = options_.confidence;
    result.resamples = options_.resamples;
  }

  /// Made when something is to be computed, so that a finished study loads no weights.
  Sweep& sweep() {
    if (!sweep_) {
      loaded_model(session_, options_.progress);
      sweep_.emplace(session_, std::vector{Metric::loss, Metric::accuracy, Metric::kl},
                     SweepOptions{.memory_bytes = options_.memory_bytes});
    }
    return *sweep_;
  }

  /// Calls body(sentences, their base runs, their questions, prepared).
  template <typename Body>
  void for_groups(const Body& body) {
    std::vector<TokenSequence> sequences;
    for (const AmnesicSentence& sentence : sentences_) sequences.push_back(sentence.tokens);
    for (const Range group : sweep().groups(sequences, 1)) {
      for (std::int64_t first = group.begin; first < group.end; first += kSentencesAtOnce) {
        const Range part{first, std::min(group.end, first + kSentencesAtOnce)};
        const auto bases =
            sweep().record({sequences.begin() + part.begin, sequences.begin() + part.end});
        std::vector<Question> questions;
        for (std::int64_t s = part.begin; s < part.end; ++s) {
          const Question& asked = sentences_[s].question;
          questions.push_back({.positions = asked.positions, .answer = asked.answer});
          sweep().readout().prepare(questions.back(), *bases[s - part.begin]);
        }
        body(part, bases, questions);
      }
    }
  }

  std::vector<double> measure_base() {
    std::vector<double> numbers;
    for_groups([&](Range part, const auto& bases, const std::vector<Question>& questions) {
      for (std::int64_t i = 0; i < part.size(); ++i) {
        const std::vector<double> all = sweep().readout().read_base_all(questions[i], *bases[i]);
        numbers.insert(numbers.end(), all.begin(), all.end());
      }
    });
    return numbers;
  }

  std::vector<double> measure_layer(int layer) {
    const LayerErasers erasers = fit_layer(layer);
    const Site site = hidden_state_site(session_.spec(), layer);
    std::vector<double> numbers{static_cast<double>(erasers.concept_eraser->rank),
                                erasers.inlp_converged ? 1.0 : 0.0,
                                erasers.probe_before,
                                erasers.probe_after,
                                erasers.probe_random,
                                erasers.change,
                                erasers.random_change};
    for_groups([&](Range part, const auto& bases, const std::vector<Question>& questions) {
      std::vector<Variant> variants;
      for (std::int64_t i = 0; i < part.size(); ++i) {
        for (Edit& edit : edits_of(sentences_[part.begin + i], erasers)) {
          Intervention intervention{.site = site,
                                    .positions = sentences_[part.begin + i].positions};
          intervention.edit = std::move(edit);
          variants.push_back({bases[i].get(), &questions[i], {std::move(intervention)}});
        }
      }
      const std::vector<double> values = sweep().run(variants);
      numbers.insert(numbers.end(), values.begin(), values.end());
      if (!options_.progress) return;
      options_.progress({"erasing", done_sentences_ + static_cast<std::uint64_t>(part.end),
                         options_.layers.size() * sentences_.size(), "sentences"});
    });
    return numbers;
  }

  LayerErasers fit_layer(int layer) const {
    const Tensor states = data_.states(layer);
    const Tensor train = gather_rows(states.view<2>(), train_);
    const Tensor test = gather_rows(states.view<2>(), test_);
    return fit_layer_erasers({train.view<2>(), train_labels_}, {test.view<2>(), test_labels_},
                             {.method = options_.method,
                              .inlp_rounds = options_.inlp_rounds,
                              .random_erasers = options_.random_erasers,
                              .seed = options_.seed,
                              .n_classes = static_cast<std::int32_t>(data_.classes().size())});
  }

  /// Erased, each random one, restored.
  std::vector<Edit> edits_of(const AmnesicSentence& sentence, const LayerErasers& erasers) const {
    std::vector<Edit> edits{{.keep = 1, .eraser = erasers.concept_eraser}};
    for (const auto& random : erasers.random) edits.push_back({.keep = 1, .eraser = random});
    const std::int64_t width = erasers.concept_eraser->width();
    auto parts = std::make_shared<Tensor>(
        Tensor::zeros({static_cast<std::int64_t>(sentence.tokens.ids.size()), width}));
    for (std::size_t i = 0; i < sentence.positions.size(); ++i) {
      if (sentence.labels[i] < 0) continue;
      const std::vector<float>& part = erasers.class_parts[sentence.labels[i]];
      std::ranges::copy(part, parts->data() + sentence.positions[i] * width);
    }
    edits.push_back({.keep = 1, .values = parts, .eraser = erasers.concept_eraser});
    return edits;
  }

  AmnesicLayer told_layer(int layer, const std::vector<double>& numbers) const {
    return {.layer = layer,
            .site = to_string(hidden_state_site(session_.spec(), layer)),
            .rank = static_cast<std::int64_t>(numbers[0]),
            .inlp_converged = numbers[1] != 0,
            .probe_before = numbers[2],
            .probe_after = numbers[3],
            .probe_random = numbers[4],
            .change = numbers[5],
            .random_change = numbers[6]};
  }

  void tell_measures(const SentenceMeasures& measures, AmnesicLayer& layer) const {
    layer.erased = measures.measure(0);
    for (std::size_t i = 0; i < n_random(); ++i) layer.random.push_back(measures.measure(1 + i));
    layer.restored = measures.measure(1 + n_random());
  }

  void compare(const SentenceMeasures& base, const std::vector<SentenceMeasures>& measured,
               AmnesicResult& result) const {
    std::vector<std::vector<double>> over_base, over_random, over_restored;
    for (const SentenceMeasures& layer : measured) {
      over_base.push_back(difference(layer.losses(0, 1), base.losses(0, 1)));
      over_restored.push_back(difference(layer.losses(0, 1), layer.losses(1 + n_random(), 1)));
      if (n_random() == 0) continue;
      over_random.push_back(difference(layer.losses(0, 1), layer.losses(1, n_random())));
    }
    const BootstrapOptions bootstrap{
        .resamples = options_.resamples, .confidence = options_.confidence, .seed = options_.seed};
    const auto tell = [&](const std::vector<std::vector<double>>& sums,
                          AmnesicDifference AmnesicLayer::*place) {
      if (sums.empty()) return;
      const std::vector<AmnesicDifference> found = amnesic_differences(sums, tokens_, bootstrap);
      for (std::size_t i = 0; i < found.size(); ++i) result.layers[i].*place = found[i];
    };
    tell(over_base, &AmnesicLayer::over_base);
    tell(over_random, &AmnesicLayer::over_random);
    tell(over_restored, &AmnesicLayer::over_restored);
  }

  Session& session_;
  const ProbeData& data_;
  const std::vector<std::int64_t>&train_, &test_;
  std::vector<std::int32_t> train_labels_, test_labels_;
  const std::vector<AmnesicSentence>& sentences_;
  const AmnesicStudyOptions& options_;
  StepLog log_;
  std::vector<double> tokens_;  ///< predicted, by sentence
  std::optional<Sweep> sweep_;
  std::uint64_t done_sentences_ = 0;
};

void check(const ProbeData& data, const std::vector<std::int64_t>& train,
           const std::vector<std::int64_t>& test, const AmnesicStudyOptions& options) {
  if (data.has_real_values()) {
    throw UsageError("column " + data.column() +
                     " has real values; a concept to erase has classes");
  }
  if (train.empty() || test.empty()) {
    throw UsageError("there must be words to learn the concept from and others to erase it from");
  }
  if (options.layers.empty()) throw UsageError("there is no layer to erase a concept at");
  if (std::set(options.layers.begin(), options.layers.end()).size() != options.layers.size()) {
    throw UsageError("a layer is named twice");
  }
  if (options.random_erasers < 0) throw UsageError("there cannot be less than 0 random erasers");
}

}  // namespace

AmnesicResult study_amnesic(Session& session, const ProbeData& data,
                            const std::vector<std::int64_t>& train,
                            const std::vector<std::int64_t>& test,
                            const std::vector<AmnesicSentence>& sentences,
                            const AmnesicStudyOptions& options) {
  check(data, train, test, options);
  return AmnesicStudy(session, data, train, test, sentences, options).run();
}

}  // namespace headlens
