#pragma once

#include <gtest/gtest.h>
#include <hwy/highway.h>

namespace headlens {

#ifdef HEADLENS_SANITIZED
// Highway's emulation casts NaN to integers, which the processors' instructions allow.
constexpr std::int64_t kUnsoundTargets = HWY_EMU128;
#else
constexpr std::int64_t kUnsoundTargets = 0;
#endif

/// Runs `body` once with every instruction set that this processor and build have.
template <typename Body>
void for_each_target(const Body& body) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if ((target & kUnsoundTargets) != 0) continue;
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace headlens
