#include "tests/reports/samples.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace headlens {

Provenance sample_provenance() {
  return {.headlens_version = "0.1.0",
          .model_name = "tiny",
          .model_path = "models/tiny",
          .model_family = "llama",
          .model_sha256 = "00ff",
          .precision = "f32",
          .precision_deviation = std::nullopt,
          .seed = std::nullopt,
          .command_line = "headlens report \"a < b & c\" --model tiny",
          .created_utc = "2025-01-01T00:00:00Z"};
}

PromptTokens prompt_of_tokens(const std::vector<std::string>& tokens) {
  PromptTokens prompt{.text = "", .tokens = {}, .bos = "none"};
  for (const std::string& token : tokens) {
    prompt.text += token;
    const auto id = static_cast<std::int32_t>(100 + prompt.tokens.size());
    prompt.tokens.push_back({.id = id, .piece = token, .text = token});
  }
  return prompt;
}

std::vector<std::string> numbered_tokens(int count) {
  std::vector<std::string> tokens;
  for (int i = 0; i < count; ++i) tokens.push_back((i > 0 ? " t" : "t") + std::to_string(i));
  return tokens;
}

std::vector<std::string> hostile_tokens() {
  return {"</script><script>window.broken=1</script>",
          "<img src=x onerror=window.broken=1>",
          "&lt;",
          "]]>",
          "\"'",
          "{{JS}}",
          "a\nb\r\n\tc",
          "\u05E9\u05DC\u05D5\u05DD",
          " \u0645\u0631\u062D\u0628\u0627",
          "\u202Eevil",
          "\U0001F600",
          "\xF0\x9F",
          "\x80",
          "\u0301",
          "",
          std::string("\0", 1),
          "\x1B[31m",
          "averyveryverylongtokenthatgoesonandonandon"};
}

AttentionResult attention_of(const std::vector<std::string>& tokens, std::vector<int> layers,
                             int heads, const Weight& weight) {
  AttentionResult result;
  result.provenance = sample_provenance();
  result.prompt = prompt_of_tokens(tokens);
  result.layers = std::move(layers);
  const auto n = static_cast<std::int64_t>(tokens.size());
  const auto layer_count = static_cast<std::int64_t>(result.layers.size());
  result.pattern_LHQK = Tensor({layer_count, heads, n, n});
  const TensorView<float, 4> pattern = result.pattern_LHQK.view<4>();
  for (int layer = 0; layer < layer_count; ++layer) {
    for (int head = 0; head < heads; ++head) {
      for (int query = 0; query < n; ++query) {
        for (int key = 0; key < n; ++key) {
          pattern(layer, head, query, key) = weight(layer, head, query, key);
        }
      }
    }
  }
  return result;
}

float causal_weight(int layer_index, int head, int query, int key) {
  if (key > query) return 0;
  const auto score = [&](int k) {
    return std::exp(2.5 * std::sin(1.7 * layer_index + 0.9 * head + 0.31 * query + 2.3 * k));
  };
  double sum = 0;
  for (int k = 0; k <= query; ++k) sum += score(k);
  return static_cast<float>(score(key) / sum);
}

LensResult lens_of(const std::vector<std::string>& tokens, int layers, std::vector<int> positions) {
  LensResult result;
  result.provenance = sample_provenance();
  result.prompt = prompt_of_tokens(tokens);
  result.positions = std::move(positions);
  for (int layer = 0; layer < layers; ++layer) {
    result.layers.push_back(layer);
    std::vector<LensCell> row;
    for (const int position : result.positions) {
      const double probability = 0.5 + 0.4 * layer / layers;
      row.push_back({.top = {{position, tokens[position], probability, 1},
                             {999, " other", 0.9 - probability, 0}},
                     .entropy_nats = 0.5,
                     .kl_to_final_nats = 0});
    }
    result.cells_LP.push_back(std::move(row));
  }
  return result;
}

RunResult run_of(const std::vector<std::string>& tokens) {
  RunResult run;
  run.provenance = sample_provenance();
  run.prompt = prompt_of_tokens(tokens);
  run.position = static_cast<int>(tokens.size()) - 1;
  for (std::size_t i = 0; i < tokens.size() && i < 5; ++i) {
    run.top.push_back({static_cast<std::int32_t>(i), tokens[i], 0.5 / (1.0 + i), 5.0 - i});
  }
  return run;
}

ScratchFolder::ScratchFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "headlens-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no scratch folder");
  path_ = pattern;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::size_t ScratchFolder::file_count() const {
  const std::filesystem::directory_iterator files(path_);
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace headlens
