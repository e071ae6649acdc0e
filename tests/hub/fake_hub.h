#pragma once

#include <httplib.h>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace headlens {

/// A request that reached the fake hub or its store of large files.
struct SeenRequest {
  bool at_store = false;
  std::string method;
  std::string path;
  std::string range;
  std::string authorization;
};

/// One repository of a Hugging Face hub on 127.0.0.1: its description, its files, and for large
/// files a redirect to a second server, as to the hub's content network.
class FakeHub {
 public:
  struct File {
    std::string content;
    bool large = false;  ///< kept in the store, named by SHA-256 instead of git's SHA-1
    std::string etag;    ///< what the hub says; right unless a test changes it
    std::string size;    ///< likewise
  };
  /// Sees every request first; true if it answered.
  using Intercept =
      std::function<bool(const SeenRequest&, const httplib::Request&, httplib::Response&)>;

  explicit FakeHub(std::string repository);
  ~FakeHub();

  void add_small(const std::string& name, const std::string& content);
  void add_large(const std::string& name, const std::string& content);
  void set_intercept(Intercept intercept);

  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(hub_port_); }
  std::vector<SeenRequest> seen() const;
  /// Requests for the bytes (not the headers) of a file at the server that has them.
  std::vector<SeenRequest> downloads_of(const std::string& name) const;

  std::string commit = "0123456789abcdef0123456789abcdef01234567";
  std::string required_token;  ///< if set, requests without it get a 401
  std::string description;     ///< if set, the description's text instead
  std::map<std::string, File> files;

 private:
  bool note(bool at_store, const httplib::Request& request, httplib::Response& response);
  void describe(const httplib::Request& request, httplib::Response& response);
  void answer_resolve(const httplib::Request& request, httplib::Response& response);
  void answer_store(const httplib::Request& request, httplib::Response& response);

  std::string repository_;
  httplib::Server hub_;
  httplib::Server store_;
  int hub_port_ = 0;
  int store_port_ = 0;
  std::jthread hub_thread_;
  std::jthread store_thread_;
  mutable std::mutex mutex_;
  std::vector<SeenRequest> seen_;
  Intercept intercept_;
};

/// Sends the first `count` bytes of what was asked for, then breaks the connection.
void send_part_of(const std::string& content, std::size_t count, httplib::Response& response);

}  // namespace headlens
