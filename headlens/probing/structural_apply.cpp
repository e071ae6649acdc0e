#include "headlens/probing/structural_apply.h"

#include <cmath>
#include <limits>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/learn/dependency_tree.h"
#include "headlens/probing/text_states.h"
#include "headlens/probing/word_spans.h"
#include "headlens/run/provenance.h"

namespace headlens {
namespace {

void add_depths(const std::vector<float>& depths, PredictedTree& tree) {
  for (std::size_t i = 0; i < tree.words.size(); ++i) {
    PredictedWord& word = tree.words[i];
    word.depth = depths[i];
    if (!word.in_tree) continue;
    if (tree.root == 0 || word.depth < tree.words[tree.root - 1].depth) {
      tree.root = static_cast<int>(i) + 1;
    }
  }
}

void add_edges(const std::vector<float>& distances, PredictedTree& tree) {
  std::vector<std::uint8_t> kept;
  for (const PredictedWord& word : tree.words) kept.push_back(word.in_tree ? 1 : 0);
  for (const auto& [first, second] : minimum_spanning_tree(distances, kept)) {
    const double distance = distances[first * tree.words.size() + second];
    tree.edges.push_back({.first = first + 1, .second = second + 1, .distance = distance});
  }
}

}  // namespace

PredictedTree predict_tree(Session& session, const SavedStructuralProbes& saved,
                           const std::string& text) {
  const StructuralOrigin& origin = saved.origin;
  const TextStates read = states_of_text(
      session, text,
      {.sites = {hidden_state_site(session.spec(), saved.hidden_state)},
       .unit = HarvestUnit::word,
       .pooling = origin.pooling,
       .special_tokens = origin.special_tokens ? SpecialTokens::add : SpecialTokens::none});
  PredictedTree tree;
  tree.text = text;
  for (const HarvestRow& row : read.rows) {
    const CharSpan span = *row.span;
    const std::string form(slice(text, span));
    tree.words.push_back({.form = form,
                          .char_begin = span.begin,
                          .char_end = span.end,
                          .in_tree = !is_punctuation(form),
                          .depth = std::numeric_limits<double>::quiet_NaN()});
  }
  const TensorView<const float, 2> states = read.states.view<2>();
  if (saved.depth) add_depths(saved.depth->predict(states), tree);
  if (saved.distance) add_edges(saved.distance->predict(states), tree);
  return tree;
}

StructuralParse apply_structural_probes(Session& session, const SavedStructuralProbes& saved,
                                        const std::vector<std::string>& texts,
                                        const std::vector<int>& lines) {
  check_probe_model(session, saved.origin.model_name, saved.origin.model_sha256);
  StructuralParse result;
  result.provenance = provenance_of(session);
  result.hidden_state = saved.hidden_state;
  result.pooling = to_string(saved.origin.pooling);
  result.has_distances = saved.distance.has_value();
  result.has_depths = saved.depth.has_value();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    check_cancellation();
    try {
      result.trees.push_back(predict_tree(session, saved, texts[i]));
    } catch (const UsageError& error) {
      if (lines[i] == 0) throw;
      throw UsageError("line " + std::to_string(lines[i]) + ": " + error.what());
    }
    result.trees.back().line = lines[i];
  }
  return result;
}

}  // namespace headlens
