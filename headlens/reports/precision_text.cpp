#include "headlens/reports/precision_text.h"

#include <fmt/format.h>

namespace headlens {
namespace {

std::string sample_text(const SweepDeviation& deviation) {
  std::string text = fmt::format("{} of {} places", deviation.places.size(), deviation.of_places);
  if (deviation.of_prompts > 1) {
    text += fmt::format(" on {} of {} prompts", deviation.prompts, deviation.of_prompts);
  }
  return text;
}

}  // namespace

std::string precision_text(const Provenance& provenance) {
  if (const auto& sweep = provenance.sweep_deviation) {
    return fmt::format("{} (off by at most {:.2g} at {})", provenance.precision, sweep->max_abs,
                       sample_text(*sweep));
  }
  if (const auto& logits = provenance.precision_deviation) {
    return fmt::format("{} (logits off by at most {:.2g} on {} tokens)", provenance.precision,
                       logits->max_abs_logit, logits->sample_tokens);
  }
  return provenance.precision;
}

std::string deviation_text(const Provenance& provenance) {
  if (const auto& sweep = provenance.sweep_deviation) {
    return fmt::format(
        "{} differs from f32 by at most {:.2g}, {:.2g} on average, beside a mean effect of {:.2g} "
        "({})",
        sweep->metric, sweep->max_abs, sweep->mean_abs, sweep->mean_abs_effect,
        sample_text(*sweep));
  }
  if (const auto& logits = provenance.precision_deviation) {
    return fmt::format("logits differ from f32 by at most {:.2g}, {:.2g} on average ({} tokens)",
                       logits->max_abs_logit, logits->mean_abs_logit, logits->sample_tokens);
  }
  return "";
}

std::string deviation_line(const Provenance& provenance) {
  const std::string text = deviation_text(provenance);
  return text.empty() ? "" : fmt::format("{}: {}\n", provenance.precision, text);
}

}  // namespace headlens
