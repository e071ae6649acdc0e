#include "tests/parity/real_models.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "headlens/formats/safetensors.h"
#include "headlens/hub/model_hash.h"
#include "tests/parity/parity_models.h"

namespace headlens {
RealGolden::RealGolden(const std::string& model)
    : checkpoint_(read_safetensors(std::filesystem::path(HEADLENS_TEST_DATA) / "goldens" /
                                   "real_models" / (model + ".safetensors"))) {
  for (const auto& text : nlohmann::json::parse(checkpoint_.metadata.at("prompts"))) {
    texts_.push_back(text);
  }
}

const StoredTensor& RealGolden::stored(int prompt, const std::string& name) const {
  return checkpoint_.at("prompt" + std::to_string(prompt) + "." + name);
}

Tensor RealGolden::numbers(int prompt, const std::string& name) const {
  return ParityModel::decode(stored(prompt, name));
}

std::vector<std::int64_t> RealGolden::integers(int prompt, const std::string& name) const {
  const StoredTensor& tensor = stored(prompt, name);
  std::vector<std::int64_t> values(tensor.bytes.size() / sizeof(std::int64_t));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

std::string reason_to_skip(const std::string& model) {
  ResolvedModel resolved;
  try {
    resolved = resolve_model(model);
  } catch (const UsageError&) {
    return model + " is not in the cache; bring it with ./run models";
  }
  return model_sha256(resolved) == RealGolden(model).weights_sha256()
             ? ""
             : model + " in the cache is not the packaged one; bring that with ./run models";
}

Session& real_session(const std::string& model) {
  static std::map<std::string, Session> sessions;
  if (!sessions.contains(model)) sessions.emplace(model, Session::open(model));
  return sessions.at(model);
}

std::vector<Site> state_sites(const Session& session) {
  std::vector<Site> sites;
  const int n_layers = session.spec().n_layers();
  for (int layer = 0; layer < n_layers; ++layer) sites.push_back({SiteKind::resid_pre, layer});
  const bool post = session.spec().block().norm_place == NormPlace::post;
  sites.push_back({post ? SiteKind::normalized_resid_post : SiteKind::resid_post, n_layers - 1});
  return sites;
}

std::vector<Site> pattern_sites(const Session& session) {
  std::vector<Site> sites;
  for (int layer = 0; layer < session.spec().n_layers(); ++layer) {
    sites.push_back({SiteKind::pattern, layer});
  }
  return sites;
}

double Comparison::close(double size) { return std::max(1e-4, 5e-5 * size); }

Comparison::~Comparison() {
  EXPECT_GT(count_, 0) << what_;
  EXPECT_EQ(failures_, 0) << what_ << ", of " << count_ << " values; the first " << first_failure_;
  testing::Test::RecordProperty(what_,
                                fmt::format("{} values, at most {:.1e} off", count_, absolute_));
}

void Comparison::add(double ours, double expected, double size) {
  const double difference = std::abs(ours - expected);
  absolute_ = std::max(absolute_, difference);
  const bool holds = ours == expected || difference <= tolerance_(size);
  if (!holds && failures_++ == 0) {
    first_failure_ = fmt::format("at {}: {:.9g} where {:.9g} is right", count_, ours, expected);
  }
  ++count_;
}

void Comparison::add(std::span<const float> ours, std::span<const float> expected) {
  ASSERT_EQ(ours.size(), expected.size()) << what_;
  for (std::size_t i = 0; i < ours.size(); ++i) add(ours[i], expected[i]);
}

void Comparison::add(const Tensor& ours, std::span<const std::int64_t> at,
                     std::span<const float> expected) {
  ASSERT_EQ(at.size(), expected.size()) << what_;
  for (std::size_t i = 0; i < at.size(); ++i) {
    ASSERT_LT(at[i], ours.element_count()) << what_;
    const std::int64_t width = ours.size(ours.rank() - 1);
    const auto row = ours.values().subspan(at[i] / width * width, width);
    const float largest = std::ranges::max(row, {}, [](float x) { return std::abs(x); });
    add(ours.data()[at[i]], expected[i], std::abs(largest));
  }
}

}  // namespace headlens
