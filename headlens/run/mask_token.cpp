#include "headlens/run/mask_token.h"

#include <string_view>

#include "headlens/base/errors.h"

namespace headlens {

std::int32_t mask_token(const Session& session) {
  for (const std::string_view piece : {"[MASK]", "<mask>"}) {
    if (const auto id = session.tokenizer().id_of(piece)) return *id;
  }
  throw UsageError("this masked language model's tokenizer has no mask token");
}

}  // namespace headlens
