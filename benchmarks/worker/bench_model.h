#pragma once

#include <optional>
#include <string>

#include "headlens/run/session.h"

namespace headlens::bench {

/// The model of the last setup, held in one precision at a time so that a case's peak memory counts
/// one set of weights.
class BenchModel {
 public:
  /// @throws UsageError  if the library already works with another number of threads
  void set_up(const std::string& model, Precision precision, int threads);

  /// Ready to run, all weights packed; opened anew if the precision changes.
  /// @throws UsageError  before set_up()
  Session& session(Precision precision);
  /// Of the last session.
  Precision precision() const { return precision_; }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  Precision precision_ = Precision::f32;
  std::optional<Session> session_;
};

/// Decodes and packs every weight the model has.
void load_all(Model& model);

}  // namespace headlens::bench
