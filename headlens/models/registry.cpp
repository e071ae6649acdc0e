#include <array>

#include "headlens/base/errors.h"
#include "headlens/models/bert.h"
#include "headlens/models/distilbert.h"
#include "headlens/models/gpt2.h"
#include "headlens/models/gpt_neox.h"
#include "headlens/models/llama.h"

namespace headlens {
namespace {

const std::array kFamilies{
    &gpt2_family(),  &gpt_neox_family(), &llama_family(),   &mistral_family(),    &qwen2_family(),
    &qwen3_family(), &bert_family(),     &roberta_family(), &distilbert_family(),
};

}  // namespace

std::vector<std::string_view> supported_model_types() {
  std::vector<std::string_view> types;
  for (const Family* family : kFamilies) types.push_back(family->model_type);
  return types;
}

const Family& find_family(std::string_view model_type) {
  std::string supported;
  for (const Family* family : kFamilies) {
    if (family->model_type == model_type) return *family;
    supported += (supported.empty() ? "" : ", ") + std::string(family->model_type);
  }
  throw UnsupportedError("models of type \"" + std::string(model_type) +
                         "\" are not supported; supported are " + supported);
}

}  // namespace headlens
