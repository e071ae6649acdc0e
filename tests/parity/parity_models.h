#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "headlens/formats/checkpoint.h"
#include "headlens/run/session.h"
#include "headlens/tensor/tensor.h"

namespace headlens {

/// A tiny random model that Transformers made, with what Transformers computes from it
/// (tools/make_parity_models.py).
class ParityModel {
 public:
  explicit ParityModel(const std::string& name, Precision precision = Precision::f32);

  static std::vector<std::string> names();
  /// Those that come with TransformerLens's values of the hook sites.
  static std::vector<std::string> names_with_sites();

  Session& session() { return session_; }
  /// @param index  0 (11 tokens) or 1 (7 tokens)
  TokenSequence sequence(int index) const;
  bool expects(const std::string& tensor) const { return expected_.find(tensor) != nullptr; }
  Tensor expected(const std::string& tensor) const;
  const Checkpoint& sites() const { return sites_; }
  static Tensor decode(const StoredTensor& stored);

 private:
  Session session_;
  Checkpoint expected_;
  Checkpoint sites_;
};

/// Largest |a - b| / max(1, |b| / 10), so that 1e-4 means 1e-4 absolute or 1e-5 relative.
double largest_difference(std::span<const float> a, std::span<const float> b);

}  // namespace headlens
