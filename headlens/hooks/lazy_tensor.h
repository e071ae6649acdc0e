#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>

#include "headlens/tensor/tensor.h"

namespace headlens {

/// A tensor that is there, or that a recipe computes when it is first asked for and that is then
/// kept. The const functions may be called from several threads.
class LazyTensor {
 public:
  /// Owns all it reads; gives the same numbers each time; may be called by several threads at once.
  using Recipe = std::function<Tensor()>;

  explicit LazyTensor(Tensor value) : value_(std::move(value)) {}
  explicit LazyTensor(Recipe recipe) : recipe_(std::move(recipe)) {}

  bool is_derived() const { return recipe_ != nullptr; }
  /// @pre  not derived
  Tensor& stored() { return *value_; }
  /// Stays where it is until forget() or take(). Threads that ask for the same one at the same time
  /// may each compute it; all get the one that was ready first.
  const Tensor& get() const;
  /// Of the tensor where it is held now; 0 if it is yet to be computed.
  std::int64_t held_bytes() const;

  /// Frees what a recipe computed; it is computed again when next asked for.
  void forget();
  /// Moves the tensor out. Nothing may ask for it afterwards.
  Tensor take();

 private:
  Recipe recipe_;
  mutable std::mutex mutex_;
  mutable std::optional<Tensor> value_;
};

}  // namespace headlens
