#include <fmt/format.h>

#include <cmath>

#include "headlens/results/probe_result.h"

namespace headlens {
namespace {

bool has_control(const ProbeResult& result) {
  return result.layers[result.best].control.has_value();
}

std::string score_text(const ProbeResult& result, const ProbeScore& score) {
  return fmt::format("{} {:.3f} [{:.3f}, {:.3f}]", result.method.metric == "r2" ? "R2" : "accuracy",
                     score.mean, score.low, score.high);
}

const ProbeBaseline* find_baseline(const ProbeResult& result, std::string_view name) {
  for (const ProbeBaseline& baseline : result.baselines) {
    if (baseline.name == name) return &baseline;
  }
  return nullptr;
}

/// Whether the second of two layers is the next hidden state after the first.
bool follows(const ProbeLayer& first, const ProbeLayer& second) {
  return first.hidden_state && second.hidden_state &&
         *second.hidden_state == *first.hidden_state + 1;
}

/// "layers 3 to 5 and 9": hidden states that follow one another are joined.
std::string names_of(const ProbeResult& result, const std::vector<std::size_t>& layers) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < layers.size();) {
    std::size_t end = i + 1;
    while (end < layers.size() &&
           follows(result.layers[layers[end - 1]], result.layers[layers[end]])) {
      ++end;
    }
    const auto name = [&](std::size_t at) {
      const ProbeLayer& layer = result.layers[layers[at]];
      return layer.hidden_state ? std::to_string(*layer.hidden_state) : layer.site;
    };
    parts.push_back(end - i > 2 ? fmt::format("{} to {}", name(i), name(end - 1)) : name(i));
    i = end - i > 2 ? end : i + 1;
  }
  std::string text = parts[0];
  for (std::size_t i = 1; i < parts.size(); ++i) {
    text += (i + 1 == parts.size() ? " and " : ", ") + parts[i];
  }
  const bool states = result.layers[layers[0]].hidden_state.has_value();
  return fmt::format("{}{}{}", states ? "layer" : "", states && layers.size() > 1 ? "s" : "",
                     (states ? " " : "") + text);
}

std::string_view readable_as(const ProbeResult& result) {
  if (result.method.kind == "mlp") return "can be decoded by a small network";
  if (result.method.kind == "knn") return "can be decoded by nearness to other states";
  return "is linearly decodable";
}

std::string likeness_sentence(const ProbeResult& result) {
  std::vector<std::size_t> like = layers_like_best(result);
  std::erase(like, result.best);
  if (result.layers.size() == 1) return "";
  if (like.empty()) {
    return fmt::format("Every other layer is worse (paired tests, Holm-corrected, {}).",
                       ProbeResult::kLevel);
  }
  return fmt::format("Not told from it by paired tests (Holm-corrected, {}): {}.",
                     ProbeResult::kLevel, names_of(result, like));
}

std::string verdict_sentence(const ProbeResult& result) {
  const ProbeLayer& best = result.layers[result.best];
  const ProbeBaseline* majority = find_baseline(result, "majority");
  const bool above = majority == nullptr || (best.score.mean > majority->score.mean &&
                                             best.p_majority_holm <= ProbeResult::kLevel);
  if (!above) {
    return fmt::format(
        "No layer is shown to be better than {}: nothing says that {} can be read "
        "from these states.",
        result.classes.empty() ? "predicting the mean"
                               : "always guessing the "
                                 "commonest class",
        result.column);
  }
  if (has_control(result) && !best.meaningful) {
    return fmt::format(
        "The probe beats the majority, but learns a random labelling nearly as well: "
        "it says little about what the states hold of {}.",
        result.column);
  }
  return fmt::format("So {} {} from these states; whether the model uses it, this does not say.",
                     result.column, readable_as(result));
}

}  // namespace

std::vector<std::string> probe_conclusion(const ProbeResult& result) {
  check_probe(result);
  const ProbeLayer& best = result.layers[result.best];
  std::string first =
      fmt::format("{} scores best: {}", layer_name(best), score_text(result, best.score));
  first[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(first[0])));
  if (best.control) {
    first += fmt::format(", control {:.3f}, selectivity {:+.3f} ({} {})", best.control->mean,
                         best.selectivity, best.meaningful ? "above" : "not above",
                         ProbeResult::kMeaningfulSelectivity);
  }
  first += fmt::format(", on {} test {} of {} {}s.", result.evaluation.test_rows,
                       result.unit == "sentence" ? "rows" : result.unit + "s",
                       result.evaluation.test_groups, result.evaluation.test_group);
  std::vector<std::string> sentences{first};
  if (std::string like = likeness_sentence(result); !like.empty()) sentences.push_back(like);
  sentences.push_back(verdict_sentence(result));
  return sentences;
}

std::vector<std::string> probe_warnings(const ProbeResult& result) {
  check_probe(result);
  std::vector<std::string> warnings = result.fold_warnings;
  const ProbeLayer& best = result.layers[result.best];
  std::vector<std::size_t> unfinished;
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    if (!result.layers[i].converged) unfinished.push_back(i);
  }
  if (!unfinished.empty()) {
    warnings.push_back(
        fmt::format("the probe did not converge at {}", names_of(result, unfinished)));
  }
  if (best.control && !best.meaningful) {
    const bool may_learn_words = result.unit == "word" && result.evaluation.group != "word-type";
    warnings.push_back(fmt::format(
        "selectivity is low ({:+.3f}): the probe itself may do the work{}", best.selectivity,
        may_learn_words ? "; groups by word type would test words that it was not trained on"
                        : ""));
  }
  if (!best.control) warnings.emplace_back("there is no control task: selectivity is not known");
  for (const ProbeBaseline& baseline : result.baselines) {
    if (baseline.name == "embeddings" && best.hidden_state == 0) {
      warnings.emplace_back("the embeddings do it best: no layer adds to them");
    } else if (baseline.score.mean >= best.score.mean) {
      warnings.push_back(fmt::format("the {} baseline does it as well ({:.3f} against {:.3f})",
                                     baseline.name, baseline.score.mean, best.score.mean));
    } else if (baseline.p_holm > ProbeResult::kLevel) {
      warnings.push_back(fmt::format(
          "the {} baseline ({:.3f}) is not shown to be worse than the best layer ({:.3f})",
          baseline.name, baseline.score.mean, best.score.mean));
    }
  }
  return warnings;
}

}  // namespace headlens
