#include "headlens/hub/blob_checksum.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <string>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/base/mapped_file.h"
#include "headlens/hub/hub_layout.h"

namespace headlens {
namespace {

constexpr std::size_t kSha256Digits = 64;
constexpr std::size_t kSha1Digits = 40;

using Digest = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Digest start_digest(const EVP_MD* algorithm) {
  Digest digest(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  if (!digest || EVP_DigestInit_ex(digest.get(), algorithm, nullptr) != 1) {
    throw ResourceError("SHA-1 and SHA-256 are not available from OpenSSL");
  }
  return digest;
}

std::string hex_digest(EVP_MD_CTX* digest) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned length = 0;
  EVP_DigestFinal_ex(digest, bytes.data(), &length);
  std::string hex;
  for (const unsigned char byte : std::span(bytes).first(length))
    hex += fmt::format("{:02x}", byte);
  return hex;
}

}  // namespace

bool is_checksum(std::string_view etag) {
  return is_hex(etag, kSha256Digits) || is_hex(etag, kSha1Digits);
}

bool blob_matches(const std::filesystem::path& file, std::string_view etag) {
  constexpr std::size_t kChunk = std::size_t{32} << 20;
  const MappedFile mapped(file);
  auto rest = mapped.bytes();
  const bool is_git_blob = is_hex(etag, kSha1Digits);
  const Digest digest = start_digest(is_git_blob ? EVP_sha1() : EVP_sha256());
  if (is_git_blob) {
    const std::string header = fmt::format("blob {}", rest.size());
    EVP_DigestUpdate(digest.get(), header.c_str(), header.size() + 1);
  }
  while (!rest.empty()) {
    check_cancellation();
    const auto chunk = rest.first(std::min(kChunk, rest.size()));
    EVP_DigestUpdate(digest.get(), chunk.data(), chunk.size());
    mapped.release_pages();
    rest = rest.subspan(chunk.size());
  }
  return hex_digest(digest.get()) == etag;
}

}  // namespace headlens
