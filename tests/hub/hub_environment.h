#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace headlens {

/// A test with its own empty home folder: caches, tokens and the network are those it sets up.
class HubEnvironment : public testing::Test {
 protected:
  HubEnvironment();
  ~HubEnvironment() override;

  /// Sets an environment variable for the length of the test; nullopt removes it.
  void set(const std::string& variable, const std::optional<std::string>& value);

  const std::filesystem::path& home() const { return home_; }
  std::filesystem::path hub_cache() const { return home_ / "huggingface" / "hub"; }

  /// Writes a file and the folders above it; returns its path.
  static std::filesystem::path put(const std::filesystem::path& path, std::string_view content);

 private:
  std::filesystem::path home_;
  std::map<std::string, std::optional<std::string>> saved_;
};

std::string content_of(const std::filesystem::path& path);

/// Git's name of a file with this content.
std::string git_blob_sha1(std::string_view content);

/// `count` bytes that look random and are the same for the same seed.
std::string noise(std::size_t count, unsigned seed);

}  // namespace headlens
