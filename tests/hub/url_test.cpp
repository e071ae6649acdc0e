#include "headlens/hub/url.h"

#include <gtest/gtest.h>

#include "headlens/base/errors.h"

namespace headlens {
namespace {

TEST(Url, OriginAlwaysHasAPort) {
  EXPECT_EQ(url_origin("https://huggingface.co/gpt2"), "https://huggingface.co:443");
  EXPECT_EQ(url_origin("http://127.0.0.1:8080/a?b=c"), "http://127.0.0.1:8080");
  EXPECT_NE(url_origin("https://hub.co@evil.com/"), url_origin("https://hub.co/"));
  EXPECT_NE(url_origin("http://hub.co/"), url_origin("https://hub.co/"));
  EXPECT_THROW(url_origin("file:///etc/passwd"), ResourceError);
  EXPECT_THROW(url_origin("hub"), ResourceError);
}

TEST(Url, RedirectsAreSeenFromWhereTheyCome) {
  EXPECT_EQ(resolve_url("https://a.co/x/y", "/z"), "https://a.co/z");
  EXPECT_EQ(resolve_url("https://a.co/x/y", "z?q=1"), "https://a.co/x/z?q=1");
  EXPECT_EQ(resolve_url("http://a.co/x", "https://b.co/y"), "https://b.co/y");
  EXPECT_EQ(url_origin(resolve_url("https://a.co/x", "//b.co/y")), "https://b.co:443");
}

TEST(Url, RedirectsNeverLeaveHttpsOrTheWeb) {
  EXPECT_THROW(resolve_url("https://a.co/x", "http://a.co/x"), ResourceError);
  EXPECT_THROW(resolve_url("http://a.co/x", "file:///etc/passwd"), ResourceError);
  EXPECT_THROW(resolve_url("http://a.co/x", "ftp://a.co/x"), ResourceError);
}

TEST(Url, EncodesAllButWhatIsPlain) {
  EXPECT_EQ(url_encode("refs/pr/1", ""), "refs%2Fpr%2F1");
  EXPECT_EQ(url_encode("a b/c?d#\xC3\xA9", "/"), "a%20b/c%3Fd%23%C3%A9");
  EXPECT_EQ(url_encode("Az09-._~", ""), "Az09-._~");
}

}  // namespace
}  // namespace headlens
