#include "headlens/interventions/asked_prompt.h"

#include "headlens/base/errors.h"
#include "headlens/run/predict.h"

namespace headlens {
namespace {

AnswerTokens encode_answer(const Session& session, const std::string& text) {
  AnswerTokens answer{text, session.tokenizer().encode(text, SpecialTokens::none).ids};
  if (answer.ids.empty()) {
    throw UsageError("\"" + text + "\" has no token in this model's vocabulary");
  }
  return answer;
}

}  // namespace

AskedPrompt ask(Session& session, const Prompt& prompt, const AskedFor& asked) {
  if (!session.spec().predicts_tokens()) {
    throw UnsupportedError(session.identity().name +
                           " predicts no tokens, so that no answer can be measured; use a causal "
                           "or masked language model");
  }
  AskedPrompt result;
  result.sequence = prompt.sequence;
  result.prompt_length = static_cast<std::int64_t>(prompt.sequence.ids.size());
  SweepQuestion& told = result.told;
  told.metric = to_string(asked.metric);
  const bool looks_for_token = asked.metric != Metric::kl && asked.metric != Metric::js;
  const RunResult predicted = predict(session, prompt, 1);
  if (looks_for_token) {
    told.answer = asked.answer.empty()
                      ? AnswerTokens{predicted.top.front().token, {predicted.top.front().id}}
                      : encode_answer(session, asked.answer);
  }
  if (!asked.foil.empty()) told.foil = encode_answer(session, asked.foil);

  Question& question = result.question;
  question.answer = told.answer.ids;
  if (asked.metric == Metric::logit_difference && told.foil) question.foil = told.foil->ids;
  const std::size_t n_read = std::max<std::size_t>(1, question.answer.size());
  if (n_read > 1 && session.spec().output == OutputKind::masked_token) {
    throw UsageError("a masked model answers one token, but the answer has " +
                     std::to_string(n_read));
  }
  for (std::size_t i = 0; i < n_read; ++i) {
    question.positions.push_back(predicted.position + static_cast<std::int64_t>(i));
    told.read_positions.push_back(predicted.position + static_cast<int>(i));
    if (i + 1 < n_read) {
      result.sequence.ids.push_back(question.answer[i]);
      if (!result.sequence.type_ids.empty()) result.sequence.type_ids.push_back(0);
    }
  }
  const auto length = static_cast<std::int64_t>(result.sequence.ids.size());
  if (length > session.spec().n_context) {
    throw UsageError("prompt and answer have " + std::to_string(length) + " tokens, but " +
                     session.identity().name + " takes at most " +
                     std::to_string(session.spec().n_context));
  }
  check_question(question, asked.metric, session.spec(), length);
  return result;
}

}  // namespace headlens
