#include "headlens/probing/labelled_corpus.h"

#include <algorithm>

#include "headlens/base/cancellation.h"
#include "headlens/base/mapped_file.h"
#include "headlens/base/sha256.h"

namespace headlens {

std::string to_string(LabelUnit unit) {
  return unit == LabelUnit::word ? "word" : unit == LabelUnit::pair ? "pair" : "sentence";
}

std::string file_sha256(const std::filesystem::path& path) {
  constexpr std::size_t kPiece = std::size_t{1} << 22;
  const MappedFile file(path);
  Sha256 hash;
  for (std::size_t at = 0; at < file.bytes().size(); at += kPiece) {
    check_cancellation();
    hash.update(file.bytes().subspan(at, std::min(kPiece, file.bytes().size() - at)));
    file.release_pages();
  }
  return hash.hex_digest();
}

}  // namespace headlens
