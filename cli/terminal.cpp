#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "cli/command.h"

namespace headlens::cli {
namespace {

constexpr int kDefaultWidth = 80;
constexpr auto kBeforeFirst = std::chrono::milliseconds(400);
constexpr auto kBetween = std::chrono::milliseconds(100);

bool line_is_shown = false;

}  // namespace

int terminal_width() {
  winsize size{};
  const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : kDefaultWidth;
}

ProgressCallback terminal_progress() {
  if (::isatty(STDERR_FILENO) == 0) return {};
  using Clock = std::chrono::steady_clock;
  return [next = Clock::now() + kBeforeFirst](const Progress& progress) mutable {
    if (Clock::now() < next) return;
    next = Clock::now() + kBetween;
    line_is_shown = true;
    fmt::print(stderr, "\r\033[K{}: {} of {} {}", progress.stage, progress.done, progress.total,
               progress.unit);
    std::fflush(stderr);
  };
}

void end_progress() {
  if (!line_is_shown) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  line_is_shown = false;
}

}  // namespace headlens::cli
