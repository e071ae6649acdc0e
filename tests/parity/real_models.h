#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "headlens/formats/checkpoint.h"
#include "headlens/run/session.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// Names of the two packaged models.
inline constexpr const char* kSmolLm2 = "smollm2-135m";
inline constexpr const char* kMiniLm = "minilm-l6";
inline constexpr int kRealPrompts = 3;

/// A sample of what Transformers computes with a packaged model
/// (tools/make_real_model_goldens.py, which also says what the tensors are).
class RealGolden {
 public:
  explicit RealGolden(const std::string& model);

  std::string weights_sha256() const { return checkpoint_.metadata.at("weights_sha256"); }
  const std::string& text(int prompt) const { return texts_.at(prompt); }
  Tensor numbers(int prompt, const std::string& name) const;
  std::vector<std::int64_t> integers(int prompt, const std::string& name) const;

 private:
  const StoredTensor& stored(int prompt, const std::string& name) const;

  Checkpoint checkpoint_;
  std::vector<std::string> texts_;
};

/// Why a model cannot be tested on this machine; empty if it can.
std::string reason_to_skip(const std::string& model);

/// The model in f32, opened once for all tests: packing its weights is most of their time.
Session& real_session(const std::string& model);

/// The inputs of the blocks and the last block's output.
std::vector<Site> state_sites(const Session& session);
std::vector<Site> pattern_sites(const Session& session);

/// Holds every value added to a tolerance; the test fails when this goes out of scope if one was
/// farther off, or if there was none.
class Comparison {
 public:
  /// How far a value may be off where its surroundings are of that size (its own, or the largest of
  /// its row: float32 sums of a row with activations in the ten-thousands cannot be exact to 1e-4).
  using Tolerance = double (*)(double size);
  /// 1e-4, or 5e-5 of the size.
  static double close(double size);
  /// The very same bits.
  static double equal(double) { return 0; }

  explicit Comparison(std::string what, Tolerance tolerance = close)
      : what_(std::move(what)), tolerance_(tolerance) {}
  Comparison(const Comparison&) = delete;
  Comparison& operator=(const Comparison&) = delete;
  ~Comparison();

  void add(double ours, double expected) { add(ours, expected, std::abs(expected)); }
  void add(double ours, double expected, double size);
  void add(std::span<const float> ours, std::span<const float> expected);
  /// @param at  flat indices into `ours`, one for each expected value
  /// The size is that of the largest entry of the value's row.
  void add(const Tensor& ours, std::span<const std::int64_t> at, std::span<const float> expected);

 private:
  std::string what_, first_failure_;
  Tolerance tolerance_;
  std::int64_t count_ = 0, failures_ = 0;
  double absolute_ = 0;
};

}  // namespace headlens
