#include "tests/tokenizers/temporary_directory.h"

#include <stdlib.h>

#include <fstream>
#include <stdexcept>
#include <string>

namespace headlens {

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "headlens-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() { std::filesystem::remove_all(path_); }

void TemporaryDirectory::write(std::string_view name, std::string_view text) const {
  std::ofstream(path_ / name, std::ios::binary) << text;
}

void TemporaryDirectory::copy(const std::filesystem::path& file) const {
  std::filesystem::copy_file(file, path_ / file.filename());
}

}  // namespace headlens
