#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "headlens/learn/adam_probe.h"
#include "headlens/learn/logistic_regression.h"
#include "headlens/tensor/view.h"

namespace headlens {

/// Where the portions of Voita and Titov's (2020) online code end, as shares of the examples.
inline constexpr double kOnlineFractions[] = {.001,  .002, .004, .008, .016, .032,
                                              .0625, .125, .25,  .5,   1};

/// Row counts at which portions of n rows end: fractions of n rounded to the nearest end of a
/// group (a sentence), each once and one group at least; the last is n.
/// @param group_ends  ascending, the last is the number of rows; with every row its own group
///                    1, 2, ... n
std::vector<std::int64_t> portion_ends(std::span<const std::int64_t> group_ends,
                                       std::span<const double> fractions = kOnlineFractions);

/// What is trained on the portions that were sent.
struct OnlineLogistic {
  double c = 1;
  bool standardize = false;  ///< columns, by the rows that were sent
  LogisticOptions fit = {};
};
struct OnlineAdam {
  AdamProbeOptions probe = {};  ///< order and initial weights are not looked at
};
using OnlineProbe = std::variant<OnlineLogistic, OnlineAdam>;

/// Labels [first, end) as sent by the probe that was trained on all before them.
struct OnlinePortion {
  std::int64_t first = 0, end = 0;
  double bits = 0;              ///< of its labels
  double accuracy = 0;          ///< of that probe on them
  std::int64_t new_labels = 0;  ///< labels here of classes that were not seen before
};

/// The online (prequential) code of labels given states.
struct OnlineCode {
  std::vector<std::int32_t> classes;  ///< K labels, ascending; both sides know which there are
  std::int64_t n_rows = 0;
  /// The first is sent by the uniform code, n_1 log2 K.
  std::vector<OnlinePortion> portions;
  double code_length_bits = 0;  ///< sum over the portions
  double uniform_bits = 0;      ///< n log2 K
  double compression = 0;       ///< uniform / code length
};

/// A class that no earlier row has is foreseen by no probe. While u of the K classes are unseen
/// after n rows, each is given the probability 1 / (n + u), and the probe's are scaled by
/// n / (n + u); once every class was seen they are the probe's own. Where all earlier rows have one
/// class, that class has the probe's probability one.
/// @param x       [n_rows, n_columns], in the order in which they are sent
/// @param labels  [n_rows], any integers
/// @param ends    as portion_ends()
/// @throws UsageError  if a state is not finite, there is one class only, or an option or an end
///                     makes no sense
/// @throws ShapeError  if there are not as many labels as rows
/// @throws CancelledError
OnlineCode online_code(TensorView<const float, 2> x, std::span<const std::int32_t> labels,
                       std::span<const std::int64_t> ends, const OnlineProbe& probe = {});

/// Several labellings of the same rows (a task and its control) at once, which costs less than one
/// after another.
std::vector<OnlineCode> online_codes(TensorView<const float, 2> x,
                                     std::span<const std::span<const std::int32_t>> labels,
                                     std::span<const std::int64_t> ends,
                                     const OnlineProbe& probe = {});

/// The number that Voita and Titov's notebook (Eval_MDL_online_code.ipynb) prints as kbits: it adds
/// the first portion's bits to the other portions' nats and divides by 1024.
double voita_notebook_kbits(const OnlineCode& code);
/// Its compression: n log2 K over that sum.
double voita_notebook_compression(const OnlineCode& code);

}  // namespace headlens
