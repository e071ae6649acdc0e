#include "headlens/reports/encode.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace headlens {
namespace {

std::string gunzip(const std::string& zipped, std::size_t size) {
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  std::string bytes(size + 16, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zipped.data()));
  stream.avail_in = static_cast<uInt>(zipped.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  const int status = inflate(&stream, Z_FINISH);
  bytes.resize(stream.total_out);
  inflateEnd(&stream);
  return status == Z_STREAM_END ? bytes : "broken";
}

TEST(Encode, GzipRoundTrips) {
  for (const std::size_t size : {0U, 1U, 1000U, 300000U}) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * i % 251);
    EXPECT_EQ(gunzip(gzip(bytes), size), bytes);
  }
  EXPECT_EQ(gzip("same"), gzip("same"));
}

// The vectors of RFC 4648, section 10.
TEST(Encode, Base64) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xFF\xFE"), "//4=");
}

TEST(Encode, HtmlEscapes) {
  EXPECT_EQ(html_escaped("<a href=\"x\">&</a>"), "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;");
  EXPECT_EQ(html_escaped("\xFF"), "\uFFFD");
}

}  // namespace
}  // namespace headlens
