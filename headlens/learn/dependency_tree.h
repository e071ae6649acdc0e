#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace headlens {

// A tree over the words of a sentence is given by their heads: the number of each word's head,
// counted from 1, and 0 for the root.

/// @throws UsageError  if there is no root or more than one, a head is not a word of the sentence,
///                     or heads go round in a circle
void check_tree(std::span<const std::int32_t> heads);

/// Edges from each word up to the root: [n]. Throws as check_tree().
std::vector<float> tree_depths(std::span<const std::int32_t> heads);

/// Edges on the path between every two words: [n, n]. Throws as check_tree().
std::vector<float> tree_distances(std::span<const std::int32_t> heads);

/// Two words of a sentence, by their places from 0; the first is the smaller.
using WordPair = std::pair<std::int32_t, std::int32_t>;

/// Edges of the tree whose two words are both kept, ascending.
/// @param kept  [n], 0 leaves a word out (punctuation)
std::vector<WordPair> tree_edges(std::span<const std::int32_t> heads,
                                 std::span<const std::uint8_t> kept);

/// Edges of a minimum spanning tree of the kept words (Prim 1957), ascending. Where distances are
/// equal, words that come first are joined first.
/// @param distances  [n, n], symmetric; the diagonal is not read
/// @param kept       [n]
std::vector<WordPair> minimum_spanning_tree(std::span<const float> distances,
                                            std::span<const std::uint8_t> kept);

}  // namespace headlens
