#include "headlens/hub/model_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

bool is_name_part(std::string_view part) {
  constexpr std::size_t kLongest = 96;
  const auto allowed = [](unsigned char c) {
    return c < 128 && (std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-');
  };
  const auto is_edge = [](char c) { return c == '.' || c == '-'; };
  return !part.empty() && part.size() <= kLongest &&
         std::all_of(part.begin(), part.end(), allowed) && !is_edge(part.front()) &&
         !is_edge(part.back()) && part.find("--") == std::string_view::npos &&
         part.find("..") == std::string_view::npos;
}

/// Cuts `text` at the first `mark` and returns what followed it.
std::string cut_after(std::string_view& text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return {};
  std::string rest(text.substr(at + 1));
  text = text.substr(0, at);
  return rest;
}

}  // namespace

bool is_repository_id(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return is_name_part(text);
  return is_name_part(text.substr(0, slash)) && is_name_part(text.substr(slash + 1));
}

bool is_safe_relative_path(std::string_view path) {
  constexpr std::size_t kLongest = 1024;
  constexpr std::size_t kLongestPart = 255;
  if (path.empty() || path.size() > kLongest) return false;
  for (const unsigned char c : path) {
    if (c < 0x20 || c == 0x7f || c == '\\') return false;
  }
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == ".." || part.size() > kLongestPart) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

std::vector<std::string> ModelName::cached_repositories() const {
  constexpr std::array<std::string_view, 4> kOnceWithoutOwner{"openai-community", "google-bert",
                                                              "FacebookAI", "distilbert"};
  std::vector<std::string> result{repository};
  const std::size_t slash = repository.find('/');
  if (known != nullptr && slash != std::string::npos &&
      std::count(kOnceWithoutOwner.begin(), kOnceWithoutOwner.end(),
                 std::string_view(repository).substr(0, slash)) > 0) {
    result.push_back(repository.substr(slash + 1));
  }
  return result;
}

ModelName parse_model_name(std::string_view text) {
  ModelName name;
  name.text = text;
  std::string_view rest = text;
  name.file = cut_after(rest, ':');
  name.revision = cut_after(rest, '@');
  if (!is_repository_id(rest) || (!name.file.empty() && !is_safe_relative_path(name.file)) ||
      (!name.revision.empty() && !is_safe_relative_path(name.revision))) {
    throw UsageError(fmt::format(
        "'{}' is no model's name: give a path, a known name (see `headlens models`), or "
        "owner/name[@revision][:file.gguf]",
        text.substr(0, 200)));
  }
  name.known = find_known_model(rest);
  name.repository = name.known != nullptr ? std::string(name.known->repository) : std::string(rest);
  name.is_short = name.known != nullptr && rest.find('/') == std::string_view::npos;
  return name;
}

}  // namespace headlens
