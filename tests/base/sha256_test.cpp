#include "headlens/base/sha256.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace headlens {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// Test vectors of FIPS 180-4's examples.
TEST(Sha256, KnownDigests) {
  EXPECT_EQ(sha256_hex({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex(bytes_of("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(bytes_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, AMillionLettersInUnevenPieces) {
  const std::string text(1000000, 'a');
  Sha256 hash;
  std::size_t piece = 1;
  for (std::size_t at = 0; at < text.size(); at += piece, piece = piece * 3 + 1) {
    hash.update(bytes_of(std::string_view(text).substr(at, piece)));
  }
  EXPECT_EQ(hash.hex_digest(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, GoesOnAfterAMove) {
  Sha256 first;
  first.update(bytes_of("a"));
  Sha256 second = std::move(first);
  second.update(bytes_of("bc"));
  EXPECT_EQ(second.hex_digest(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace headlens
