#include "cli/temporary_folder.h"

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <system_error>

#include "headlens/base/errors.h"

namespace headlens::cli {

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "headlens-states-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw ResourceError(name + " cannot be made; say with --out where states may lie");
  }
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace headlens::cli
