#pragma once

#include "headlens/results/steer_result.h"
#include "headlens/run/prompt.h"
#include "headlens/run/session.h"

namespace headlens {

struct SteerOptions {
  int layer = 0;  ///< the vector is added to this block's output
  double scale = 1;
  int top_k = 5;
  int continuation = 20;  ///< tokens that are written, the most probable each
};

/// What a site holds at the last token of one text and not of another: resid_post(toward) -
/// resid_post(away) (Rimsky et al. 2024, of one pair).
/// @return  [d_model]
Tensor contrast_vector(Session& session, const Prompt& toward, const Prompt& away, int layer);

/// Adds scale * vector to resid_post of a layer at every position, of the prompt and of what the
/// model writes.
/// @throws UsageError        if there is no such layer, or the vector is not finite
/// @throws ShapeError        if it is not d_model long
/// @throws UnsupportedError  if the model writes no text
SteerResult steer(Session& session, const Prompt& prompt, const Tensor& vector,
                  const SteerOptions& options);

}  // namespace headlens
