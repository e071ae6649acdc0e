#include "benchmarks/worker/bench_cases.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>

#include "benchmarks/worker/sweep_cases.h"
#include "headlens/base/errors.h"
#include "headlens/lenses/logit_lens.h"
#include "headlens/models/output_head.h"

namespace headlens::bench {
namespace {

std::vector<SavedArray> no_arrays() { return {}; }
nlohmann::json no_result() { return nlohmann::json::object(); }

Precision parse_precision(const std::string& text) {
  if (text == "f32") return Precision::f32;
  if (text == "bf16") return Precision::bf16;
  throw UsageError("precision must be f32 or bf16, not " + text);
}

/// What the request says, else what setup said.
Session& session_for(const Request& request, BenchModel& model) {
  const std::string asked = request.text("precision", to_string(model.precision()));
  return model.session(parse_precision(asked));
}

PreparedCase setup(const Request& request, BenchModel& model) {
  const Precision precision = parse_precision(request.text("precision", "f32"));
  const auto work = [&model, name = request.model(), precision,
                     threads = request.integer("threads", 0)] {
    model.set_up(name, precision, threads);
  };
  return {work,
          [&model, precision]() -> nlohmann::json {
            return {{"layers", model.session(precision).spec().n_layers()}};
          },
          no_arrays};
}

PreparedCase load(const Request& request, BenchModel& model) {
  Session& session = session_for(request, model);
  auto opened = std::make_shared<std::unique_ptr<Model>>();
  return {[&session, opened] {
            *opened = Model::open(session.identity().path, session.precision());
            load_all(**opened);
          },
          no_result, no_arrays};
}

PreparedCase forward_logits(const Request& request, BenchModel& model) {
  Session& session = session_for(request, model);
  auto run = std::make_shared<RunOutput>();
  return {[&session, run, sequence = TokenSequence{request.ids()}] {
            *run = session.run({sequence}, {.logits = Logits::all});
            if (run->logits.empty()) throw UsageError("the model has no vocabulary head");
          },
          [run]() -> nlohmann::json {
            const std::int64_t width = run->logits.size(2);
            const auto last = run->logits.values().last(width);
            return {{"next_token", std::ranges::max_element(last) - last.begin()}};
          },
          [run]() -> std::vector<SavedArray> {
            const Tensor& logits = run->logits;
            return {{"logits", {logits.size(1), logits.size(2)}, logits.values()}};
          }};
}

/// Every layer's patterns and every hidden state; the last state after the final norm, as
/// Transformers gives it.
struct AttentionAndHidden {
  RunOutput run;
  std::vector<Site> states;

  void compute(Session& session, const TokenSequence& sequence) {
    const int n_layers = session.spec().n_layers();
    const bool post = session.spec().block().norm_place == NormPlace::post;
    std::vector<Site> sites;
    states.clear();
    for (int layer = 0; layer < n_layers; ++layer) {
      sites.push_back({SiteKind::pattern, layer});
      states.push_back({SiteKind::resid_pre, layer});
    }
    states.push_back({post ? SiteKind::normalized_resid_post : SiteKind::resid_post, n_layers - 1});
    sites.insert(sites.end(), states.begin(), states.end());
    run = session.run_with_cache({sequence}, sites, {.logits = Logits::none});
    Tensor last = run.cache.take(states.back());
    for (std::int64_t row = 0; row < last.size(1); ++row) {
      apply_final_norm(session.model(), last.data() + row * last.size(2));
    }
    run.cache.insert(states.back(), std::move(last));
  }

  std::vector<SavedArray> arrays(const std::vector<std::int32_t>& layers) const {
    std::vector<float> patterns, hidden;
    Shape shape;
    for (const std::int32_t layer : layers) {
      const Tensor& pattern = run.cache.at(Site{SiteKind::pattern, layer});
      shape = pattern.shape();
      patterns.insert(patterns.end(), pattern.values().begin(), pattern.values().end());
    }
    if (!layers.empty()) shape[0] = static_cast<std::int64_t>(layers.size());
    for (const Site site : states) {
      const auto values = run.cache.at(site).values();
      hidden.insert(hidden.end(), values.begin(), values.end());
    }
    Shape hidden_shape = run.cache.at(states.front()).shape();
    hidden_shape[0] = static_cast<std::int64_t>(states.size());
    std::vector<SavedArray> saved;
    if (!layers.empty()) saved.push_back({"attentions", shape, std::move(patterns)});
    saved.push_back({"hidden_states", hidden_shape, std::move(hidden)});
    return saved;
  }
};

PreparedCase attention_and_hidden(const Request& request, BenchModel& model) {
  Session& session = session_for(request, model);
  auto found = std::make_shared<AttentionAndHidden>();
  return {[&session, found, sequence = TokenSequence{request.ids()}] {
            found->compute(session, sequence);
          },
          no_result, [found, request] { return found->arrays(request.integers("save_layers")); }};
}

PreparedCase run_with_cache(const Request& request, BenchModel& model) {
  Session& session = session_for(request, model);
  auto run = std::make_shared<RunOutput>();
  // hook_result, which TransformerLens too computes only on request, is left out.
  std::vector<Site> sites = session.sites();
  std::erase_if(sites, [](Site site) { return site.kind == SiteKind::result; });
  return {[&session, run, sequence = TokenSequence{request.ids()}, sites] {
            *run = session.run_with_cache({sequence}, sites);
          },
          [run, n_sites = sites.size()]() -> nlohmann::json {
            return {{"sites", n_sites}, {"bytes", run->cache.byte_size()}};
          },
          [run, names = request.texts("save_sites")] {
            std::vector<SavedArray> saved;
            for (const std::string& name : names) {
              const Tensor& value = run->cache.at(name);
              saved.push_back(
                  {name, Shape(value.shape().begin() + 1, value.shape().end()), value.values()});
            }
            return saved;
          }};
}

struct Lens {
  std::vector<RowPrediction> rows;  ///< [position, state]
  std::int64_t n_states = 0;

  std::vector<SavedArray> arrays(std::int64_t k) const {
    const auto n_positions = static_cast<std::int64_t>(rows.size()) / n_states;
    std::vector<std::int32_t> ids;
    std::vector<float> probabilities;
    for (std::int64_t state = 0; state < n_states; ++state) {
      for (std::int64_t position = 0; position < n_positions; ++position) {
        const RowPrediction& row = rows[position * n_states + state];
        for (const Candidate& candidate : row.top) {
          ids.push_back(candidate.id);
          probabilities.push_back(static_cast<float>(std::exp(candidate.logit - row.log_sum_exp)));
        }
      }
    }
    const Shape shape{n_states, n_positions, k};
    return {{"top_ids", shape, std::move(ids)},
            {"top_probabilities", shape, std::move(probabilities)}};
  }
};

VocabularyProducts parse_products(const std::string& text) {
  if (text == "f32") return VocabularyProducts::f32;
  if (text == "bf16" || text == "bf16_screened") return VocabularyProducts::bf16_screened;
  throw UsageError("precision must be f32 or bf16_screened, not " + text);
}

/// The forward pass is float32 either way; the precision is about the vocabulary.
PreparedCase logit_lens_case(const Request& request, BenchModel& model) {
  const VocabularyProducts products = parse_products(request.text("precision", "f32"));
  const int k = request.integer("k", 5);
  Session& session = model.session(Precision::f32);
  if (k < 1 || k > session.spec().vocab_size) throw UsageError("k is not in 1..vocabulary");
  if (!session.spec().predicts_tokens()) throw UsageError("the model has no vocabulary head");
  if (products == VocabularyProducts::bf16_screened) session.model().load_screening();
  auto lens = std::make_shared<Lens>();
  return {[&session, lens, k, products, sequence = TokenSequence{request.ids()}] {
            std::vector<int> positions(sequence.ids.size());
            std::iota(positions.begin(), positions.end(), 0);
            Tensor inputs = lens_inputs(session, sequence, positions, true);
            lens->n_states = inputs.size(1);
            inputs.reshape({inputs.size(0) * inputs.size(1), inputs.size(2)});
            lens->rows =
                project_to_vocabulary(session.model(), inputs, lens->n_states, k, products);
          },
          no_result, [lens, k] { return lens->arrays(k); }};
}

}  // namespace

PreparedCase prepare_case(const Request& request, BenchModel& model) {
  using Prepare = PreparedCase (*)(const Request&, BenchModel&);
  static const std::map<std::string, Prepare> cases = {
      {"setup", setup},
      {"load", load},
      {"forward_logits", forward_logits},
      {"attention_and_hidden", attention_and_hidden},
      {"run_with_cache", run_with_cache},
      {"logit_lens", logit_lens_case},
      {"ablate", [](const Request& r, BenchModel& m) { return ablate_case(r, session_for(r, m)); }},
      {"patch", [](const Request& r, BenchModel& m) { return patch_case(r, session_for(r, m)); }}};
  const std::string name = request.case_name();
  const auto found = cases.find(name);
  if (found != cases.end()) return found->second(request, model);
  std::string known;
  for (const auto& [known_name, prepare] : cases) {
    known += (known.empty() ? "" : ", ") + known_name;
  }
  throw UsageError("unknown case \"" + name + "\"; there are " + known);
}

}  // namespace headlens::bench
