#include "tests/lenses/word_models.h"

#include <nlohmann/json.hpp>
#include <random>

#include "headlens/formats/safetensors.h"

namespace headlens {
namespace {

using Json = nlohmann::json;

std::string word_tokenizer(std::int64_t vocabulary) {
  Json words = Json::object();
  for (std::int64_t id = 0; id < vocabulary; ++id) words["w" + std::to_string(id)] = id;
  return Json{{"version", "1.0"},
              {"added_tokens", Json::array()},
              {"normalizer", nullptr},
              {"pre_tokenizer", {{"type", "Whitespace"}}},
              {"post_processor", nullptr},
              {"decoder", nullptr},
              {"model", {{"type", "WordLevel"}, {"vocab", words}, {"unk_token", "w0"}}}}
      .dump();
}

std::string llama_config(std::int64_t vocabulary) {
  return Json{{"architectures", {"LlamaForCausalLM"}},
              {"model_type", "llama"},
              {"hidden_act", "silu"},
              {"hidden_size", WordModel::kWidth},
              {"intermediate_size", 96},
              {"max_position_embeddings", 256},
              {"num_attention_heads", 4},
              {"num_key_value_heads", 4},
              {"num_hidden_layers", 1},
              {"rms_norm_eps", 1e-5},
              {"rope_theta", 10000.0},
              {"tie_word_embeddings", false},
              {"vocab_size", vocabulary}}
      .dump();
}

struct RandomTensors {
  std::mt19937 random;
  std::vector<std::pair<std::string, Tensor>> tensors;

  void add(const std::string& name, const Shape& shape, float deviation, float mean = 0) {
    std::normal_distribution<float> normal(mean, deviation);
    Tensor tensor(shape);
    for (float& value : tensor.values()) value = normal(random);
    tensors.emplace_back(name, std::move(tensor));
  }
};

void write_llama(const std::filesystem::path& file, const Tensor& unembedding, unsigned seed) {
  constexpr std::int64_t kWidth = WordModel::kWidth, kInner = 96;
  RandomTensors made{.random = std::mt19937(seed), .tensors = {}};
  const std::string block = "model.layers.0.";
  made.add("model.embed_tokens.weight", {unembedding.size(0), kWidth}, 1.0f);
  made.add(block + "input_layernorm.weight", {kWidth}, 0.2f, 1.0f);
  made.add(block + "post_attention_layernorm.weight", {kWidth}, 0.2f, 1.0f);
  made.add("model.norm.weight", {kWidth}, 0.2f, 1.0f);
  for (const char* name : {"q", "k", "v", "o"}) {
    made.add(block + "self_attn." + name + "_proj.weight", {kWidth, kWidth}, 0.1f);
  }
  made.add(block + "mlp.gate_proj.weight", {kInner, kWidth}, 0.1f);
  made.add(block + "mlp.up_proj.weight", {kInner, kWidth}, 0.1f);
  made.add(block + "mlp.down_proj.weight", {kWidth, kInner}, 0.1f);
  std::vector<NamedTensor> named{{"lm_head.weight", unembedding.shape(), unembedding.values()}};
  for (const auto& [name, tensor] : made.tensors) {
    named.push_back({name, tensor.shape(), tensor.values()});
  }
  write_safetensors(file, named);
}

}  // namespace

WordModel::WordModel(const std::string& parity_name) {
  const auto parity = std::filesystem::path(HEADLENS_TEST_DATA) / "goldens/parity" / parity_name;
  for (const auto& entry : std::filesystem::directory_iterator(parity)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("model") || name == "config.json") folder_.copy(entry.path());
  }
  open(64);
}

WordModel::WordModel(const Tensor& unembedding, unsigned seed) {
  write_llama(folder_.path() / "model.safetensors", unembedding, seed);
  folder_.write("config.json", llama_config(unembedding.size(0)));
  open(unembedding.size(0));
}

void WordModel::open(std::int64_t vocabulary) {
  folder_.write("tokenizer.json", word_tokenizer(vocabulary));
  session_.emplace(ResolvedModel{"words", folder_.path(), ModelKind::huggingface_directory},
                   SessionOptions{});
}

Prompt prompt_of(const TokenSequence& sequence) {
  Prompt prompt{.sequence = sequence, .tokens = {}};
  for (const std::int32_t id : sequence.ids) {
    const std::string word = "w" + std::to_string(id);
    prompt.tokens.tokens.push_back({.id = id, .piece = word, .text = word});
  }
  prompt.tokens.bos = "none";
  return prompt;
}

}  // namespace headlens
