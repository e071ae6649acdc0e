#pragma once

#include <unistd.h>

namespace headlens {

/// For its lifetime root, who may read and write everything, is an ordinary user.
class WithoutRoot {
 public:
  WithoutRoot() {
    if (was_root_) gave_up_ = ::seteuid(kNobody) == 0;
  }
  ~WithoutRoot() {
    if (was_root_ && gave_up_) static_cast<void>(::seteuid(0) == 0);
  }
  WithoutRoot(const WithoutRoot&) = delete;
  WithoutRoot& operator=(const WithoutRoot&) = delete;

  bool holds() const { return !was_root_ || gave_up_; }

 private:
  static constexpr uid_t kNobody = 65534;
  bool was_root_ = ::geteuid() == 0;
  bool gave_up_ = false;
};

}  // namespace headlens
