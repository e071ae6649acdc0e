#include "headlens/hub/file_selection.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

constexpr std::array<std::string_view, 11> kConfigAndTokenizer{"config.json",
                                                               "generation_config.json",
                                                               "tokenizer.json",
                                                               "tokenizer_config.json",
                                                               "vocab.json",
                                                               "merges.txt",
                                                               "vocab.txt",
                                                               "special_tokens_map.json",
                                                               "added_tokens.json",
                                                               "chat_template.jinja",
                                                               "1_Pooling/config.json"};

constexpr std::array<std::string_view, 7> kOtherWeights{".bin", ".pt",      ".pth", ".ckpt",
                                                        ".h5",  ".msgpack", ".onnx"};

bool holds(const std::vector<std::string>& files, std::string_view name) {
  return std::find(files.begin(), files.end(), name) != files.end();
}

std::vector<std::string> gguf_to_pull(const std::vector<std::string>& ggufs,
                                      std::string_view repository, std::string_view wanted) {
  constexpr std::size_t kMostShown = 12;
  const auto shown_end =
      ggufs.begin() + static_cast<std::ptrdiff_t>(std::min(ggufs.size(), kMostShown));
  const std::string shown = fmt::format("{}", fmt::join(ggufs.begin(), shown_end, ", "));
  if (!wanted.empty() && !holds(ggufs, wanted)) {
    throw UsageError(fmt::format("{} has no GGUF file {}; it has: {}", repository, wanted,
                                 ggufs.empty() ? "none" : shown));
  }
  if (!wanted.empty()) return {std::string(wanted)};
  if (ggufs.size() > 1) {
    throw UsageError(fmt::format("{0} holds {1} GGUF files, name one as {0}:FILE: {2}", repository,
                                 ggufs.size(), shown));
  }
  return ggufs;
}

[[noreturn]] void throw_no_weights(const std::vector<std::string>& available,
                                   std::string_view repository) {
  for (const std::string& file : available) {
    for (const std::string_view ending : kOtherWeights) {
      if (!file.ends_with(ending)) continue;
      throw UnsupportedError(
          fmt::format("{} has its weights only in a format that headlens does not fetch ({}): it "
                      "reads safetensors and GGUF; convert the model with Transformers' "
                      "save_pretrained",
                      repository, file));
    }
  }
  throw UnsupportedError(fmt::format("{} holds no safetensors or GGUF weights", repository));
}

}  // namespace

std::vector<std::string> files_to_pull(const std::vector<std::string>& available,
                                       std::string_view repository, std::string_view gguf_file) {
  std::vector<std::string> ggufs;
  std::copy_if(available.begin(), available.end(), std::back_inserter(ggufs),
               [](const std::string& file) { return file.ends_with(".gguf"); });
  if (!gguf_file.empty()) return gguf_to_pull(ggufs, repository, gguf_file);

  constexpr std::string_view kWeights = "model.safetensors";
  const bool single = holds(available, kWeights);
  if (!single && !holds(available, kSafetensorsIndex)) {
    if (ggufs.empty()) throw_no_weights(available, repository);
    return gguf_to_pull(ggufs, repository, gguf_file);
  }
  if (!holds(available, "config.json")) {
    throw UnsupportedError(fmt::format("{} holds weights but no config.json", repository));
  }
  std::vector<std::string> files;
  for (const std::string_view file : kConfigAndTokenizer) {
    if (holds(available, file)) files.emplace_back(file);
  }
  files.emplace_back(single ? kWeights : kSafetensorsIndex);
  return files;
}

}  // namespace headlens
