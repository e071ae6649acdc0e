#include "tests/hub/hub_environment.h"

#include <openssl/sha.h>
#include <stdlib.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>

#include "headlens/base/cancellation.h"

namespace headlens {
namespace {

namespace fs = std::filesystem;

}  // namespace

HubEnvironment::HubEnvironment() {
  std::string pattern = (fs::temp_directory_path() / "headlens-hub-XXXXXX").string();
  home_ = ::mkdtemp(pattern.data());
  for (const char* variable :
       {"HF_ENDPOINT", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE",
        "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "XDG_CACHE_HOME", "http_proxy", "HTTP_PROXY",
        "all_proxy", "ALL_PROXY"}) {
    set(variable, std::nullopt);
  }
  set("HOME", home_.string());
  set("HF_HOME", (home_ / "huggingface").string());
  set("HEADLENS_CACHE", (home_ / "headlens").string());
}

HubEnvironment::~HubEnvironment() {
  for (const auto& [variable, value] : saved_) {
    if (value) {
      ::setenv(variable.c_str(), value->c_str(), 1);
    } else {
      ::unsetenv(variable.c_str());
    }
  }
  clear_cancellation();
  std::error_code ignored;
  fs::remove_all(home_, ignored);
}

void HubEnvironment::set(const std::string& variable, const std::optional<std::string>& value) {
  const char* old = ::getenv(variable.c_str());
  saved_.try_emplace(variable, old == nullptr ? std::nullopt : std::optional<std::string>(old));
  if (value) {
    ::setenv(variable.c_str(), value->c_str(), 1);
  } else {
    ::unsetenv(variable.c_str());
  }
}

fs::path HubEnvironment::put(const fs::path& path, std::string_view content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string git_blob_sha1(std::string_view content) {
  std::string bytes = "blob " + std::to_string(content.size());
  bytes += '\0';
  bytes += content;
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  std::string hex;
  for (const unsigned char byte : digest) {
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x", byte);
    hex += digits.data();
  }
  return hex;
}

std::string noise(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

}  // namespace headlens
