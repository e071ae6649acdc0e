#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "headlens/base/errors.h"
#include "headlens/run/session.h"
#include "tests/models/model_folder.h"

namespace headlens {
namespace {

/// Values that a hostile or broken config.json may give any key.
const nlohmann::json kValues[] = {nullptr,       0,     -1,  3,    2147483647,
                                  1099511627776, 1e308, "x", true, nlohmann::json::object()};

class HostileConfig : public testing::TestWithParam<std::string> {};

/// Opens and runs if it can. Only errors of ours may come out, and nothing may crash.
void open_and_run(const ModelFolder& folder) {
  try {
    Session session({"hostile", folder.path(), ModelKind::huggingface_directory}, {});
    session.run_with_cache({TokenSequence{{1, 2, 3}}}, session.sites());
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
  }
}

/// Pointers to each setting, also to those within others.
std::set<std::string> places(const nlohmann::json& config) {
  std::set<std::string> found;
  for (const auto& [key, value] : config.items()) found.insert("/" + key);
  const nlohmann::json flat = config.flatten();
  for (const auto& [pointer, value] : flat.items()) found.insert(pointer);
  return found;
}

TEST_P(HostileConfig, EndsInAnErrorOfOursOrARun) {
  ModelFolder folder(GetParam());
  folder.save();
  const nlohmann::json original = folder.config();
  for (const std::string& place : places(original)) {
    for (const nlohmann::json& bad : kValues) {
      SCOPED_TRACE(place + " = " + bad.dump());
      nlohmann::json config = original;
      config[nlohmann::json::json_pointer(place)] = bad;
      std::ofstream(folder.path() / "config.json") << config.dump();
      EXPECT_NO_THROW(open_and_run(folder));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Families, HostileConfig,
                         testing::Values("gpt2", "gpt_neox_parallel", "llama_llama3_rope",
                                         "llama_yarn", "mistral", "qwen3", "bert_classification",
                                         "roberta_masked_lm", "distilbert_classification"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace headlens
