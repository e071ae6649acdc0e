#include "headlens/hooks/lazy_tensor.h"

namespace headlens {

const Tensor& LazyTensor::get() const {
  {
    const std::scoped_lock lock(mutex_);
    if (value_) return *value_;
  }
  // Not under the lock: recipes run teams of threads, and such a team may be waiting for this.
  Tensor computed = recipe_();
  const std::scoped_lock lock(mutex_);
  if (!value_) value_ = std::move(computed);
  return *value_;
}

std::int64_t LazyTensor::held_bytes() const {
  const std::scoped_lock lock(mutex_);
  return value_ ? value_->element_count() * static_cast<std::int64_t>(sizeof(float)) : 0;
}

void LazyTensor::forget() {
  const std::scoped_lock lock(mutex_);
  if (is_derived()) value_.reset();
}

Tensor LazyTensor::take() {
  get();
  const std::scoped_lock lock(mutex_);
  return std::move(*value_);
}

}  // namespace headlens
