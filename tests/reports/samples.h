#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "headlens/results/attention_result.h"
#include "headlens/results/lens_result.h"
#include "headlens/results/run_result.h"

namespace headlens {

Provenance sample_provenance();

PromptTokens prompt_of_tokens(const std::vector<std::string>& tokens);

/// "t0", " t1", " t2" ...
std::vector<std::string> numbered_tokens(int count);

/// Tokens that try to break out of markup, lines, directions and encodings.
std::vector<std::string> hostile_tokens();

using Weight = std::function<float(int layer_index, int head, int query, int key)>;

AttentionResult attention_of(const std::vector<std::string>& tokens, std::vector<int> layers,
                             int heads, const Weight& weight);

/// Causal rows that sum to 1 and differ from head to head.
float causal_weight(int layer_index, int head, int query, int key);

/// Two predictions a cell: the position's own token, and " other".
LensResult lens_of(const std::vector<std::string>& tokens, int layers, std::vector<int> positions);

RunResult run_of(const std::vector<std::string>& tokens);

/// An empty folder that is removed at the end.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }
  std::size_t file_count() const;

 private:
  std::filesystem::path path_;
};

std::string read_text(const std::filesystem::path& path);

}  // namespace headlens
