#include "headlens/learn/dependency_tree.h"

#include <algorithm>
#include <limits>
#include <string>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

/// Words with every head before its dependants.
std::vector<std::int32_t> top_down(std::span<const std::int32_t> heads) {
  const auto n = static_cast<std::int32_t>(heads.size());
  std::vector<std::vector<std::int32_t>> dependants(n);
  std::vector<std::int32_t> order;
  for (std::int32_t i = 0; i < n; ++i) {
    const std::int32_t head = heads[i];
    if (head < 0 || head > n) {
      throw UsageError("word " + std::to_string(i + 1) + " has head " + std::to_string(head) +
                       "; the sentence has " + std::to_string(n) + " words");
    }
    if (head == 0) {
      order.push_back(i);
    } else {
      dependants[head - 1].push_back(i);
    }
  }
  if (order.size() != 1) {
    throw UsageError("a tree has one root; this sentence has " + std::to_string(order.size()));
  }
  for (std::size_t next = 0; next < order.size(); ++next) {
    const auto& below = dependants[order[next]];
    order.insert(order.end(), below.begin(), below.end());
  }
  if (order.size() != heads.size()) throw UsageError("heads of the words go round in a circle");
  return order;
}

}  // namespace

void check_tree(std::span<const std::int32_t> heads) { top_down(heads); }

std::vector<float> tree_depths(std::span<const std::int32_t> heads) {
  std::vector<float> depths(heads.size(), 0);
  for (const std::int32_t word : top_down(heads)) {
    if (heads[word] > 0) depths[word] = depths[heads[word] - 1] + 1;
  }
  return depths;
}

std::vector<float> tree_distances(std::span<const std::int32_t> heads) {
  const std::size_t n = heads.size();
  const std::vector<std::int32_t> order = top_down(heads);
  std::vector<float> distances(n * n, 0);
  for (std::size_t placed = 1; placed < n; ++placed) {
    const std::size_t word = order[placed], head = heads[word] - 1;
    for (std::size_t other = 0; other < placed; ++other) {
      const std::size_t at = order[other];
      distances[word * n + at] = distances[at * n + word] = distances[head * n + at] + 1;
    }
  }
  return distances;
}

std::vector<WordPair> tree_edges(std::span<const std::int32_t> heads,
                                 std::span<const std::uint8_t> kept) {
  std::vector<WordPair> edges;
  for (std::size_t i = 0; i < heads.size(); ++i) {
    const std::int32_t head = heads[i] - 1, word = static_cast<std::int32_t>(i);
    if (head < 0 || kept[i] == 0 || kept[head] == 0) continue;
    edges.emplace_back(std::min(word, head), std::max(word, head));
  }
  std::ranges::sort(edges);
  return edges;
}

std::vector<WordPair> minimum_spanning_tree(std::span<const float> distances,
                                            std::span<const std::uint8_t> kept) {
  const auto n = static_cast<std::int32_t>(kept.size());
  std::vector<WordPair> edges;
  std::vector<float> nearest(n, std::numeric_limits<float>::infinity());
  std::vector<std::int32_t> by_way_of(n, -1);
  std::vector<std::uint8_t> waits(kept.begin(), kept.end());
  auto word = static_cast<std::int32_t>(std::ranges::find(waits, 1) - waits.begin());
  while (word < n) {
    waits[word] = 0;
    if (by_way_of[word] >= 0) {
      edges.emplace_back(std::min(word, by_way_of[word]), std::max(word, by_way_of[word]));
    }
    std::int32_t next = n;
    for (std::int32_t i = 0; i < n; ++i) {
      if (waits[i] == 0) continue;
      const float distance = distances[static_cast<std::size_t>(word) * n + i];
      if (by_way_of[i] < 0 || distance < nearest[i]) {
        nearest[i] = distance;
        by_way_of[i] = word;
      }
      if (next == n || nearest[i] < nearest[next]) next = i;
    }
    word = next;
  }
  std::ranges::sort(edges);
  return edges;
}

}  // namespace headlens
