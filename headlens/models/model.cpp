#include "headlens/models/model.h"

#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/base/team.h"
#include "headlens/formats/gguf.h"
#include "headlens/formats/json_file.h"
#include "headlens/formats/safetensors.h"
#include "headlens/kernels/dequantize.h"
#include "headlens/models/checkpoint_match.h"
#include "headlens/models/family.h"
#include "headlens/models/gguf_model.h"
#include "headlens/models/gguf_rope.h"
#include "headlens/models/random_weights.h"
#include "headlens/models/weight_reader.h"

namespace headlens {
namespace {

struct Opened {
  ModelSpec spec;
  ModelNames names;
  Checkpoint checkpoint;
};

Opened open_gguf(const std::filesystem::path& path) {
  GgufFile file = read_gguf(path);
  const nlohmann::json json = config_from_gguf(file);
  const ConfigReader config(json, path);
  Opened opened;
  opened.spec = find_family(json.at("model_type").get<std::string>()).read_config(config);
  apply_rope_freqs(opened.spec, file);
  check_spec(opened.spec, path);
  opened.names = names_in_gguf(opened.spec, file);
  opened.checkpoint = file.checkpoint();
  return opened;
}

Opened open_directory(const std::filesystem::path& directory) {
  const std::filesystem::path config_path = directory / "config.json";
  const nlohmann::json json = read_json(config_path);
  const ConfigReader config(json, config_path);
  const Family& family = find_family(require_string(json, "model_type", config_path));
  Opened opened;
  opened.spec = family.read_config(config);
  check_spec(opened.spec, config_path);
  opened.checkpoint = read_safetensors_directory(directory);
  const HasTensor has = [&opened](std::string_view name) {
    return opened.checkpoint.find(name) != nullptr;
  };
  opened.names = family.name_tensors(opened.spec, config, has);
  check_no_further_block(opened.spec, opened.names, opened.checkpoint, config_path);
  return opened;
}

void run_tasks(const std::vector<PackingTask>& tasks, std::string_view stage,
               const ProgressCallback& progress) {
  std::atomic<std::uint64_t> done{0};
  std::mutex reporting;
  parallel_for(static_cast<std::ptrdiff_t>(tasks.size()), [&](std::ptrdiff_t i) {
    check_cancellation();
    tasks[i]();
    const std::uint64_t finished = ++done;
    if (!progress) return;
    const std::scoped_lock lock(reporting);
    progress({stage, finished, tasks.size(), "parts"});
  });
}

/// Plans one block: every product and norm it has.
void plan_block(const BlockSpec& spec, const BlockNames& names, const WeightReader& reader,
                BlockWeights& weights, std::vector<PackingTask>& tasks) {
  weights.ln1 = reader.read_norm(names.ln1, spec.d_model);
  weights.ln2 = reader.read_norm(names.ln2, spec.d_model);
  weights.q_norm = reader.read_norm(names.q_norm, spec.d_head);
  weights.k_norm = reader.read_norm(names.k_norm, spec.d_head);
  reader.plan_linear(
      {{names.q, spec.q_width()}, {names.k, spec.kv_width()}, {names.v, spec.kv_width()}},
      spec.d_model, weights.qkv, tasks);
  reader.plan_linear({{names.attn_out, spec.d_model}}, spec.q_width(), weights.attn_out, tasks);
  std::vector<WeightReader::Part> mlp_in;
  if (spec.gated_mlp) mlp_in.push_back({names.mlp_gate, spec.d_mlp});
  mlp_in.push_back({names.mlp_in, spec.d_mlp});
  reader.plan_linear(mlp_in, spec.d_model, weights.mlp_in, tasks);
  reader.plan_linear({{names.mlp_out, spec.d_model}}, spec.d_mlp, weights.mlp_out, tasks);
}

}  // namespace

std::unique_ptr<Model> Model::open(const std::filesystem::path& path, Precision precision,
                                   std::optional<std::uint64_t> random_seed) {
  Opened opened = std::filesystem::is_directory(path) ? open_directory(path) : open_gguf(path);
  if (random_seed) draw_random_weights(opened.checkpoint, *random_seed);
  std::unique_ptr<Model> model(new Model);
  model->path_ = path;
  model->precision_ = precision;
  model->spec_ = std::move(opened.spec);
  model->names_ = std::move(opened.names);
  model->checkpoint_ = std::move(opened.checkpoint);
  model->blocks_.resize(model->spec_.n_layers());

  const ModelSpec& spec = model->spec_;
  const ModelNames& names = model->names_;
  const WeightReader reader(model->checkpoint_, precision);
  EmbeddingTables& tables = model->embeddings_;
  tables.token = reader.find_table(names.token_embedding, spec.vocab_size, spec.d_model);
  if (spec.position_rows > 0) {
    tables.position = reader.find_table(names.position_embedding, spec.position_rows, spec.d_model);
  }
  if (spec.type_rows > 0) {
    tables.type = reader.find_table(names.type_embedding, spec.type_rows, spec.d_model);
  }
  if (spec.embedding_norm) tables.norm = reader.read_norm(names.embedding_norm, spec.d_model);
  if (spec.final_norm) model->final_norm_ = reader.read_norm(names.final_norm, spec.d_model);
  return model;
}

void Model::load_blocks(int n_blocks, const ProgressCallback& progress) {
  const std::scoped_lock lock(loading_);
  const WeightReader reader(checkpoint_, precision_);
  std::vector<std::pair<int, std::unique_ptr<BlockWeights>>> planned;
  std::vector<PackingTask> tasks;
  for (int layer = 0; layer < n_blocks; ++layer) {
    if (blocks_[layer]) continue;
    auto& weights = *planned.emplace_back(layer, std::make_unique<BlockWeights>()).second;
    plan_block(spec_.blocks[layer], names_.block(layer), reader, weights, tasks);
  }
  if (tasks.empty()) return;
  run_tasks(tasks, "packing weights", progress);
  for (auto& [layer, weights] : planned) blocks_[layer] = std::move(weights);
  checkpoint_.release_pages();
}

void Model::load_head(const ProgressCallback& progress) {
  const std::scoped_lock lock(loading_);
  if (head_) return;
  const WeightReader reader(checkpoint_, precision_);
  auto head = std::make_unique<HeadWeights>();
  std::vector<PackingTask> tasks;
  const std::int64_t d_model = spec_.d_model;
  if (spec_.final_norm) head->final_norm = reader.read_norm(names_.final_norm, d_model);
  if (spec_.predicts_tokens()) {
    if (spec_.prediction_transform) {
      reader.plan_linear({{names_.prediction_dense, d_model}}, d_model, head->prediction_dense,
                         tasks);
      head->prediction_norm = reader.read_norm(names_.prediction_norm, d_model);
    }
    reader.plan_linear({{names_.unembedding, spec_.vocab_size}}, d_model, head->unembedding, tasks);
  }
  if (spec_.classifier) {
    if (spec_.classifier->has_dense) {
      reader.plan_linear({{names_.classifier_dense, d_model}}, d_model, head->classifier_dense,
                         tasks);
    }
    const auto n_classes = static_cast<std::int64_t>(spec_.classifier->labels.size());
    reader.plan_linear({{names_.classifier_out, n_classes}}, d_model, head->classifier_out, tasks);
  }
  run_tasks(tasks, "packing the unembedding", progress);
  head_ = std::move(head);
  checkpoint_.release_pages();
}

void Model::load_screening() {
  const std::scoped_lock lock(loading_);
  if (screening_) return;
  const WeightReader reader(checkpoint_, precision_);
  const LinearName& name = names_.unembedding;
  Tensor bias;
  if (!name.bias.empty()) bias = reader.read_vector(name.bias, spec_.vocab_size);
  const StoredTensor table = reader.find_table(name.weight, spec_.vocab_size, spec_.d_model);
  screening_ = std::make_unique<Screening>(make_screening(table, std::move(bias)));
}

void Model::read_row(const StoredTensor& table, std::int64_t row, float* out) {
  const DTypeInfo type = info(table.dtype);
  const std::int64_t width = table.shape.back();
  const std::int64_t bytes = width / type.block_elements * type.block_bytes;
  dequantize(table.dtype, table.bytes.subspan(row * bytes, bytes),
             {out, static_cast<std::size_t>(width)});
}

}  // namespace headlens
