#include "headlens/interventions/asked_pair.h"

#include <algorithm>
#include <span>

#include "headlens/base/errors.h"
#include "headlens/interventions/prompt_alignment.h"
#include "headlens/run/predict.h"

namespace headlens {
namespace {

void check_lengths(const Prompt& clean, const Prompt& corrupt) {
  const std::size_t n_clean = clean.sequence.ids.size(), n_corrupt = corrupt.sequence.ids.size();
  if (n_clean == n_corrupt) return;
  const auto& a = clean.sequence.ids;
  const auto& b = corrupt.sequence.ids;
  const auto first = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
  throw UsageError("the clean prompt has " + std::to_string(n_clean) +
                   " tokens and the corrupt one " + std::to_string(n_corrupt) +
                   ", so that their positions do not correspond from position " +
                   std::to_string(first) +
                   " on; choose words of as many tokens, or patch with --align, which leaves out "
                   "positions without a partner (paths, estimates and circuits need all of them)");
}

void extend_by_answer(AskedPair& pair) {
  const auto& extended = pair.clean.sequence;
  const auto answer = extended.ids.begin() + pair.clean.prompt_length;
  pair.corrupt.ids.insert(pair.corrupt.ids.end(), answer, extended.ids.end());
  if (!pair.corrupt.type_ids.empty()) pair.corrupt.type_ids.resize(pair.corrupt.ids.size());
}

}  // namespace

RunAlignment align_runs(const AskedPair& pair, std::int64_t corrupt_read) {
  const Question& question = pair.clean.question;
  const std::span<const std::int32_t> a(pair.corrupt.ids), b(pair.clean.sequence.ids);
  const std::int64_t clean_read = question.positions.front();
  const std::int64_t n_read = std::ssize(question.positions);
  RunAlignment alignment{
      .clean_of = align_tokens(a.first(corrupt_read), b.first(clean_read)),
      .corrupt_question = {.positions = {}, .answer = question.answer, .foil = question.foil}};
  for (std::int64_t i = 0; i < n_read; ++i) {
    alignment.clean_of.push_back(clean_read + i);
    alignment.corrupt_question.positions.push_back(corrupt_read + i);
  }
  const std::int64_t clean_rest = clean_read + n_read;
  for (const std::int64_t partner :
       align_tokens(a.subspan(corrupt_read + n_read), b.subspan(clean_rest))) {
    alignment.clean_of.push_back(partner < 0 ? -1 : clean_rest + partner);
  }
  return alignment;
}

AskedPair ask_pair(Session& session, const Prompt& clean, const Prompt& corrupt,
                   const AskedFor& asked) {
  check_lengths(clean, corrupt);
  AskedPair pair{ask(session, clean, asked), corrupt.sequence};
  extend_by_answer(pair);
  return pair;
}

AskedPair ask_aligned_pair(Session& session, const Prompt& clean, const Prompt& corrupt,
                           const AskedFor& asked) {
  AskedPair pair{ask(session, clean, asked), corrupt.sequence};
  extend_by_answer(pair);
  if (clean.sequence.ids.size() != corrupt.sequence.ids.size()) {
    pair.alignment = align_runs(pair, predict(session, corrupt, 1).position);
  }
  return pair;
}

}  // namespace headlens
