#include "headlens/run/prompt.h"

#include "headlens/base/errors.h"

namespace headlens {

std::string token_text(const Tokenizer& tokenizer, std::int32_t id) {
  return tokenizer.contains(id) ? tokenizer.decode_token(id)
                                : "<unused " + std::to_string(id) + ">";
}

Prompt make_prompt(const Session& session, std::string_view text, SpecialTokens mode) {
  if (text.empty()) throw UsageError("the prompt is empty; give some text");
  const Tokenizer& tokenizer = session.tokenizer();
  const Encoding encoding = tokenizer.encode(text, mode);
  if (encoding.ids.empty()) throw UsageError("the prompt has no token for this model");
  const auto length = static_cast<std::int64_t>(encoding.ids.size());
  if (length > session.spec().n_context) {
    throw UsageError("the prompt has " + std::to_string(length) + " tokens, but " +
                     session.identity().name + " takes at most " +
                     std::to_string(session.spec().n_context));
  }
  Prompt prompt;
  prompt.sequence.ids = encoding.ids;
  if (session.spec().type_rows > 0) prompt.sequence.type_ids = encoding.type_ids;
  prompt.tokens.text = std::string(text);
  for (std::size_t i = 0; i < encoding.ids.size(); ++i) {
    const std::int32_t id = encoding.ids[i];
    prompt.tokens.tokens.push_back({.id = id,
                                    .piece = tokenizer.piece(id),
                                    .text = token_text(tokenizer, id),
                                    .char_begin = encoding.spans[i].begin,
                                    .char_end = encoding.spans[i].end,
                                    .special = encoding.special[i] != 0});
  }
  const TokenInfo& first = prompt.tokens.tokens.front();
  prompt.tokens.bos = first.special ? first.piece : "none";
  return prompt;
}

}  // namespace headlens
