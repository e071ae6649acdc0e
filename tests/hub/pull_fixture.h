#pragma once

#include <chrono>
#include <string>

#include "headlens/hub/pull.h"
#include "tests/hub/fake_hub.h"
#include "tests/hub/hub_environment.h"

namespace headlens {

/// A hub on loopback with one small model, and an empty cache.
class PullFixture : public HubEnvironment {
 protected:
  static constexpr const char* kConfig = R"({"model_type": "gpt2"})";

  PullFixture() {
    set("HF_ENDPOINT", hub.endpoint());
    hub.add_small("config.json", kConfig);
    hub.add_small("tokenizer.json", R"({"version": "1.0"})");
    hub.add_small("README.md", "# not needed");
    hub.add_large("model.safetensors", weights);
    hub.add_large("pytorch_model.bin", "a pickle");
  }

  static PullOptions quick() {
    PullOptions options;
    options.attempts = 3;
    options.retry_wait = std::chrono::milliseconds(1);
    return options;
  }

  std::filesystem::path repository() const { return hub_cache() / "models--owner--model"; }
  std::filesystem::path snapshot() const { return repository() / "snapshots" / hub.commit; }
  std::filesystem::path weights_blob() const {
    return repository() / "blobs" / hub.files.at("model.safetensors").etag;
  }
  std::filesystem::path incomplete_weights() const {
    return weights_blob().string() + ".incomplete";
  }

  const std::string weights = noise(std::size_t{3} << 20, 1);
  FakeHub hub{"owner/model"};
};

}  // namespace headlens
