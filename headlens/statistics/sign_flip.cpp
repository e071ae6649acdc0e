#include "headlens/statistics/sign_flip.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "headlens/base/errors.h"
#include "headlens/base/team.h"

namespace headlens {
namespace {

/// Sums that differ by rounding alone are the same.
constexpr double kTie = 1e-12;

/// Sign assignments as bits, 64 units a word: [flip, word].
struct Flips {
  std::int64_t count = 0, words = 0;
  bool exact = false;
  std::vector<std::uint64_t> bits;
};

Flips make_flips(std::int64_t n_units, const SignFlipOptions& options) {
  Flips flips;
  flips.words = (n_units + 63) / 64;
  flips.exact = n_units < 31 && (std::int64_t{1} << n_units) <= options.flips;
  flips.count = flips.exact ? std::int64_t{1} << n_units : options.flips;
  flips.bits.resize(flips.count * flips.words);
  std::mt19937_64 random(options.seed);
  for (std::size_t i = 0; i < flips.bits.size(); ++i) {
    flips.bits[i] = flips.exact ? i : random();
  }
  return flips;
}

double p_value(const std::vector<double>& column, const Flips& flips) {
  const auto n = static_cast<std::int64_t>(column.size());
  double seen = 0, size = 0;
  for (const double x : column) {
    seen += x;
    size += std::abs(x);
  }
  const double bar = std::abs(seen) - kTie * size;
  // Each assignment's sum byte by byte: 256 sums of eight units are made once.
  const std::int64_t n_bytes = (n + 7) / 8;
  std::vector<double> sums(n_bytes * 256);
  for (std::int64_t b = 0; b < n_bytes; ++b) {
    for (int pattern = 0; pattern < 256; ++pattern) {
      double sum = 0;
      for (std::int64_t i = b * 8; i < std::min<std::int64_t>(n, b * 8 + 8); ++i) {
        sum += (pattern >> (i - b * 8) & 1) != 0 ? -column[i] : column[i];
      }
      sums[b * 256 + pattern] = sum;
    }
  }
  std::int64_t as_far = 0;
  for (std::int64_t f = 0; f < flips.count; ++f) {
    const std::uint64_t* bits = flips.bits.data() + f * flips.words;
    double sum = 0;
    for (std::int64_t b = 0; b < n_bytes; ++b) {
      sum += sums[b * 256 + static_cast<std::int64_t>(bits[b / 8] >> (b % 8 * 8) & 0xff)];
    }
    as_far += std::abs(sum) >= bar ? 1 : 0;
  }
  if (flips.exact) return static_cast<double>(as_far) / static_cast<double>(flips.count);
  return static_cast<double>(as_far + 1) / static_cast<double>(flips.count + 1);
}

}  // namespace

std::vector<double> sign_flip_p_values(const SampleMatrix& effects,
                                       const SignFlipOptions& options) {
  if (effects.n_units < 1) throw UsageError("a permutation test needs at least one prompt");
  if (options.flips < 1) throw UsageError("a permutation test needs at least one flip");
  const Flips flips = make_flips(effects.n_units, options);
  std::vector<double> p(effects.n_quantities);
  parallel_for(effects.n_quantities, [&](std::ptrdiff_t quantity) {
    std::vector<double> column(effects.n_units);
    for (std::int64_t i = 0; i < effects.n_units; ++i) column[i] = effects(i, quantity);
    p[quantity] = p_value(column, flips);
  });
  return p;
}

}  // namespace headlens
