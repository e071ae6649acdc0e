#include "headlens/models/checkpoint_match.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "headlens/base/errors.h"

namespace headlens {

void check_spec(const ModelSpec& spec, const std::filesystem::path& config) {
  const BlockSpec& block = spec.block();
  const auto refuse = [&](const std::string& problem) { throw FormatError(config, problem); };
  if (block.d_head < 1) {
    refuse(std::to_string(block.n_heads) + " heads do not fit in d_model " +
           std::to_string(block.d_model));
  }
  if (block.n_heads % block.n_kv_heads != 0) {
    refuse(std::to_string(block.n_heads) + " heads are not a multiple of " +
           std::to_string(block.n_kv_heads) + " key/value heads");
  }
  const bool rotary = block.rotary.has_value();
  if (rotary &&
      2 * static_cast<std::int64_t>(block.rotary->inverse_frequencies.size()) > block.d_head) {
    refuse("rotary dimensions are more than the head's " + std::to_string(block.d_head));
  }
  if (spec.n_context < 1) refuse("there is no room for any position");
  if (spec.position_offset < 0) refuse("pad_token_id is negative");
  if (!(block.norm_epsilon >= 0 && std::isfinite(block.norm_epsilon))) {
    refuse("the norms' epsilon is not a number from 0 up");
  }
  if (rotary && !std::ranges::all_of(block.rotary->inverse_frequencies, [](double frequency) {
        return std::abs(frequency) <= std::numeric_limits<float>::max();
      })) {
    refuse("the rotary settings give frequencies that are not finite");
  }
  for (const BlockSpec& each : spec.blocks) {
    if (each.window && *each.window < 1) {
      refuse("sliding_window is " + std::to_string(*each.window) + ", but a query sees itself");
    }
  }
}

void check_no_further_block(const ModelSpec& spec, const ModelNames& names,
                            const Checkpoint& checkpoint, const std::filesystem::path& config) {
  const std::string next = names.block(spec.n_layers()).attn_out.weight;
  if (checkpoint.find(next) == nullptr) return;
  throw FormatError(config, "says " + std::to_string(spec.n_layers()) +
                                " layers, but the checkpoint also holds " + next);
}

}  // namespace headlens
