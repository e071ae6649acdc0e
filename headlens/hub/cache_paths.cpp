#include "headlens/hub/cache_paths.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <string_view>

namespace headlens {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

fs::path home_folder() {
  if (const auto home = environment("HOME")) return *home;
  const passwd* user = ::getpwuid(::getuid());
  return user != nullptr && user->pw_dir != nullptr ? user->pw_dir : "/";
}

fs::path expand_home(const std::string& path) {
  if (path == "~") return home_folder();
  return path.starts_with("~/") ? home_folder() / path.substr(2) : fs::path(path);
}

fs::path user_cache_folder() {
  if (const auto folder = environment("XDG_CACHE_HOME")) return expand_home(*folder);
  return home_folder() / ".cache";
}

fs::path hugging_face_home() {
  if (const auto folder = environment("HF_HOME")) return expand_home(*folder);
  return user_cache_folder() / "huggingface";
}

std::string trimmed(std::string_view text) {
  const auto is_space = [](unsigned char c) { return std::isspace(c) != 0; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return std::string(text);
}

bool says_true(const char* variable) {
  std::string value = environment(variable).value_or("");
  std::transform(value.begin(), value.end(), value.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  constexpr std::array<std::string_view, 4> kTrue{"1", "ON", "YES", "TRUE"};
  return std::find(kTrue.begin(), kTrue.end(), value) != kTrue.end();
}

}  // namespace

fs::path headlens_cache_folder() {
  if (const auto folder = environment("HEADLENS_CACHE")) return expand_home(*folder);
  return user_cache_folder() / "headlens";
}

fs::path packaged_model_folder(const std::string& name) {
  return headlens_cache_folder() / "models" / name;
}

fs::path hub_cache_folder() {
  for (const char* variable : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (const auto folder = environment(variable)) return expand_home(*folder);
  }
  return hugging_face_home() / "hub";
}

std::string hub_endpoint() {
  std::string endpoint = environment("HF_ENDPOINT").value_or("https://huggingface.co");
  while (endpoint.ends_with('/')) endpoint.pop_back();
  return endpoint;
}

std::optional<std::string> hub_token() {
  if (const auto token = environment("HF_TOKEN")) return trimmed(*token);
  const auto named = environment("HF_TOKEN_PATH");
  std::ifstream file(named ? expand_home(*named) : hugging_face_home() / "token");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  line = trimmed(line);
  if (line.empty()) return std::nullopt;
  return line;
}

bool hub_offline() {
  return says_true(environment("HF_HUB_OFFLINE") ? "HF_HUB_OFFLINE" : "TRANSFORMERS_OFFLINE");
}

}  // namespace headlens
