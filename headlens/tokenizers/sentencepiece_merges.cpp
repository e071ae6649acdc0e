#include "headlens/tokenizers/sentencepiece_merges.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

struct Merge {
  std::string_view left;
  std::string_view right;
  float score;
  std::int32_t left_id;
  std::int32_t right_id;
};

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

std::ptrdiff_t characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(), begins_character);
}

std::vector<std::pair<std::string_view, std::string_view>> listed_merges(
    const GgufVocabulary& vocabulary) {
  std::vector<std::pair<std::string_view, std::string_view>> merges;
  merges.reserve(vocabulary.merges.size());
  for (const std::string_view merge : vocabulary.merges) {
    const std::size_t space = merge.find(' ', 1);
    if (space == std::string_view::npos) {
      throw FormatError(vocabulary.origin,
                        "merge \"" + std::string(merge) + "\" does not have two parts");
    }
    merges.emplace_back(merge.substr(0, space), merge.substr(space + 1));
  }
  return merges;
}

std::vector<Merge> possible_merges(const GgufVocabulary& vocabulary) {
  std::unordered_map<std::string_view, std::int32_t> ids;
  ids.reserve(vocabulary.tokens.size());
  for (std::size_t i = 0; i < vocabulary.tokens.size(); ++i) {
    ids[vocabulary.tokens[i]] = static_cast<std::int32_t>(i);
  }
  std::vector<Merge> merges;
  for (std::size_t i = 0; i < vocabulary.tokens.size(); ++i) {
    const std::string_view token = vocabulary.tokens[i];
    const std::size_t first = merges.size();
    for (std::size_t cut = 1; cut < token.size(); ++cut) {
      if (!begins_character(token[cut])) continue;
      const auto left = ids.find(token.substr(0, cut));
      if (left == ids.end()) continue;
      const auto right = ids.find(token.substr(cut));
      if (right == ids.end()) continue;
      merges.push_back(
          {left->first, right->first, vocabulary.scores[i], left->second, right->second});
    }
    std::sort(merges.begin() + static_cast<std::ptrdiff_t>(first), merges.end(),
              [](const Merge& a, const Merge& b) {
                return std::tie(a.left_id, a.right_id) < std::tie(b.left_id, b.right_id);
              });
  }
  return merges;
}

}  // namespace

std::vector<std::pair<std::string_view, std::string_view>> sentencepiece_merges(
    const GgufVocabulary& vocabulary) {
  if (!vocabulary.merges.empty()) return listed_merges(vocabulary);
  if (vocabulary.scores.empty()) {
    throw FormatError(vocabulary.origin, "its vocabulary has neither merges nor scores");
  }
  std::vector<Merge> merges = possible_merges(vocabulary);
  std::stable_sort(merges.begin(), merges.end(), [](const Merge& a, const Merge& b) {
    if (a.score != b.score) return a.score > b.score;
    return std::pair(characters(a.left), characters(a.right)) >
           std::pair(characters(b.left), characters(b.right));
  });
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  pairs.reserve(merges.size());
  for (const Merge& merge : merges) pairs.emplace_back(merge.left, merge.right);
  return pairs;
}

}  // namespace headlens
