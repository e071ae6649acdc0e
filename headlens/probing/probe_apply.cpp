#include "headlens/probing/probe_apply.h"

#include <algorithm>

#include "headlens/base/errors.h"
#include "headlens/probing/word_spans.h"
#include "headlens/run/provenance.h"

namespace headlens {
namespace {

HarvestUnit unit_for(const ProbeOrigin& origin, std::optional<HarvestUnit> wanted) {
  const HarvestUnit own = *parse_harvest_unit(origin.unit);
  const HarvestUnit unit = wanted.value_or(own);
  if ((unit == HarvestUnit::sentence) != (own == HarvestUnit::sentence)) {
    throw UsageError("the probe was trained on " + origin.unit + "s; it cannot label " +
                     to_string(unit) + "s");
  }
  return unit;
}

}  // namespace

ProbeLabels apply_probe(Session& session, const SavedProbe& saved, const std::string& text,
                        std::optional<HarvestUnit> wanted) {
  const ProbeOrigin& origin = saved.origin;
  check_probe_model(session, origin.model_name, origin.model_sha256);
  const HarvestUnit unit = unit_for(origin, wanted);
  const Pooling pooling =
      unit == HarvestUnit::token ? Pooling::last : *parse_pooling(origin.pooling);
  const TextStates read = states_of_text(
      session, text,
      {.sites = {*parse_site(origin.site)},
       .unit = unit,
       .pooling = pooling,
       .special_tokens = origin.special_tokens ? SpecialTokens::add : SpecialTokens::none});
  const TensorView<const float, 2> rows = read.states.view<2>();
  ProbeLabels result{.provenance = provenance_of(session),
                     .probe = {},
                     .column = origin.column,
                     .site = origin.site,
                     .unit = to_string(unit),
                     .pooling = to_string(pooling),
                     .classes = saved.probe.classes,
                     .text = text,
                     .labels = {}};
  const bool real = result.classes.empty();
  const std::vector<double> numbers =
      real ? saved.probe.scores(rows) : saved.probe.probabilities(rows);
  const std::int64_t outputs = saved.probe.outputs();
  for (std::size_t i = 0; i < read.rows.size(); ++i) {
    ProbeLabel& label = result.labels.emplace_back();
    const CharSpan span = read.rows[i].span.value_or(CharSpan{0, code_points(text)});
    label.form = slice(text, span);
    label.char_begin = span.begin;
    label.char_end = span.end;
    const auto first = numbers.begin() + static_cast<std::ptrdiff_t>(i) * outputs;
    if (real) {
      label.value = *first;
      continue;
    }
    label.probabilities.assign(first, first + outputs);
    label.label =
        result.classes[std::ranges::max_element(label.probabilities) - label.probabilities.begin()];
  }
  return result;
}

}  // namespace headlens
