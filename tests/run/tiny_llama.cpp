#include "tests/run/tiny_llama.h"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "headlens/formats/safetensors.h"

namespace headlens {
namespace {

nlohmann::json config_of(const TinyLlamaShape& shape) {
  nlohmann::json config{{"model_type", shape.window ? "mistral" : "llama"},
                        {"hidden_size", shape.d_model},
                        {"num_hidden_layers", shape.n_layers},
                        {"num_attention_heads", shape.n_heads},
                        {"num_key_value_heads", shape.n_kv_heads},
                        {"head_dim", shape.d_head},
                        {"intermediate_size", shape.d_mlp},
                        {"vocab_size", shape.vocabulary},
                        {"max_position_embeddings", shape.n_context},
                        {"rms_norm_eps", 1e-5}};
  if (shape.window) config["sliding_window"] = *shape.window;
  return config;
}

std::map<std::string, Shape> shapes_of(const TinyLlamaShape& shape) {
  const std::int64_t d = shape.d_model, q = shape.n_heads * shape.d_head,
                     kv = shape.n_kv_heads * shape.d_head;
  std::map<std::string, Shape> shapes{{"model.embed_tokens.weight", {shape.vocabulary, d}},
                                      {"model.norm.weight", {d}},
                                      {"lm_head.weight", {shape.vocabulary, d}}};
  for (std::int64_t layer = 0; layer < shape.n_layers; ++layer) {
    const std::string h = "model.layers." + std::to_string(layer) + ".";
    shapes[h + "input_layernorm.weight"] = shapes[h + "post_attention_layernorm.weight"] = {d};
    shapes[h + "self_attn.q_proj.weight"] = {q, d};
    shapes[h + "self_attn.k_proj.weight"] = shapes[h + "self_attn.v_proj.weight"] = {kv, d};
    shapes[h + "self_attn.o_proj.weight"] = {d, q};
    shapes[h + "mlp.gate_proj.weight"] = shapes[h + "mlp.up_proj.weight"] = {shape.d_mlp, d};
    shapes[h + "mlp.down_proj.weight"] = {d, shape.d_mlp};
  }
  return shapes;
}

}  // namespace

void write_tiny_llama(const TemporaryDirectory& folder, const TinyLlamaShape& shape) {
  std::mt19937 engine(shape.seed);
  std::normal_distribution<float> normal;
  std::map<std::string, std::vector<float>> values;
  std::vector<NamedTensor> tensors;
  for (const auto& [name, size] : shapes_of(shape)) {
    const bool is_norm = size.size() == 1;
    const float spread = is_norm ? 0.1f : 1.2f / std::sqrt(static_cast<float>(size.back()));
    std::vector<float>& numbers = values[name];
    numbers.resize(static_cast<std::size_t>(element_count(size)));
    for (float& number : numbers) number = normal(engine) * spread + (is_norm ? 1.0f : 0.0f);
    tensors.push_back({name, size, numbers});
  }
  folder.write("config.json", config_of(shape).dump());
  write_safetensors(folder.path() / "model.safetensors", tensors);
}

Session open_tiny_llama(const TemporaryDirectory& folder) {
  return Session({"tiny", folder.path(), ModelKind::huggingface_directory}, {});
}

TokenSequence tiny_llama_tokens(std::int64_t count, unsigned seed) {
  std::mt19937 engine(seed);
  TokenSequence sequence;
  for (std::int64_t i = 0; i < count; ++i) {
    sequence.ids.push_back(static_cast<std::int32_t>(engine() % 50));
  }
  return sequence;
}

}  // namespace headlens
