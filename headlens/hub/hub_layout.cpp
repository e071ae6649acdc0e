#include "headlens/hub/hub_layout.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <system_error>

#include "headlens/base/atomic_file.h"
#include "headlens/base/errors.h"
#include "headlens/hub/model_name.h"

namespace headlens {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFolderPrefix = "models--";
constexpr std::size_t kCommitDigits = 40;

std::string folder_name(std::string_view repository) {
  std::string name(kFolderPrefix);
  for (const char c : repository) {
    if (c == '/') {
      name += "--";
    } else {
      name += c;
    }
  }
  return name;
}

}  // namespace

bool is_hex(std::string_view text, std::size_t length) {
  return text.size() == length && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

HubRepository::HubRepository(fs::path cache, std::string_view repository)
    : cache_(std::move(cache)), folder_(cache_ / folder_name(repository)) {}

fs::path HubRepository::blob_lock(std::string_view etag) const {
  return cache_ / ".locks" / folder_.filename() / (std::string(etag) + ".lock");
}

std::optional<std::string> HubRepository::commit_of(std::string_view revision) const {
  std::string commit(revision);
  std::ifstream ref(folder_ / "refs" / revision);
  if (ref) std::getline(ref, commit);
  std::error_code error;
  if (!is_hex(commit, kCommitDigits) || !fs::is_directory(snapshot(commit), error)) {
    return std::nullopt;
  }
  return commit;
}

void HubRepository::link_blob(std::string_view commit, std::string_view file,
                              std::string_view etag) const {
  const fs::path link = snapshot(commit) / file;
  const fs::path target = blob(etag).lexically_relative(link.parent_path());
  make_writable_folder(link.parent_path());
  std::error_code error;
  if (fs::read_symlink(link, error) == target && !error) return;
  const fs::path temporary = link.string() + ".partial-" + std::to_string(::getpid());
  fs::remove(temporary, error);
  fs::create_symlink(target, temporary, error);
  if (!error) fs::rename(temporary, link, error);
  if (error) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw ResourceError(link.string() + ": cannot be linked: " + error.message());
  }
}

void HubRepository::write_ref(std::string_view revision, std::string_view commit) const {
  if (revision == commit) return;
  const fs::path ref = folder_ / "refs" / revision;
  make_writable_folder(ref.parent_path());
  write_file(ref, commit);
}

std::vector<std::string> cached_repositories(const fs::path& cache) {
  std::vector<std::string> repositories;
  std::error_code error;
  for (fs::directory_iterator entry(cache, error), end; !error && entry != end;
       entry.increment(error)) {
    std::string name = entry->path().filename();
    if (!name.starts_with(kFolderPrefix)) continue;
    name.erase(0, kFolderPrefix.size());
    if (const std::size_t at = name.find("--"); at != std::string::npos) name.replace(at, 2, "/");
    if (is_repository_id(name)) repositories.push_back(name);
  }
  std::sort(repositories.begin(), repositories.end());
  return repositories;
}

}  // namespace headlens
