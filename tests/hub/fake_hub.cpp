#include "tests/hub/fake_hub.h"

#include <nlohmann/json.hpp>
#include <span>

#include "headlens/base/sha256.h"
#include "tests/hub/hub_environment.h"

namespace headlens {

FakeHub::FakeHub(std::string repository) : repository_(std::move(repository)) {
  hub_.Get(R"(/api/models/.*)", [this](const auto& request, auto& response) {
    if (!note(false, request, response)) describe(request, response);
  });
  hub_.Get(R"(/.*/resolve/.*)", [this](const auto& request, auto& response) {
    if (!note(false, request, response)) answer_resolve(request, response);
  });
  store_.Get(R"(/.*)", [this](const auto& request, auto& response) {
    if (!note(true, request, response)) answer_store(request, response);
  });
  hub_port_ = hub_.bind_to_any_port("127.0.0.1");
  store_port_ = store_.bind_to_any_port("127.0.0.1");
  hub_thread_ = std::jthread([this] { hub_.listen_after_bind(); });
  store_thread_ = std::jthread([this] { store_.listen_after_bind(); });
  while (!hub_.is_running() || !store_.is_running()) std::this_thread::yield();
}

FakeHub::~FakeHub() {
  hub_.stop();
  store_.stop();
}

void FakeHub::add_small(const std::string& name, const std::string& content) {
  files[name] = {content, false, git_blob_sha1(content), std::to_string(content.size())};
}

void FakeHub::add_large(const std::string& name, const std::string& content) {
  const auto sha256 = sha256_hex(std::as_bytes(std::span(content)));
  files[name] = {content, true, sha256, std::to_string(content.size())};
}

void FakeHub::set_intercept(Intercept intercept) {
  const std::lock_guard lock(mutex_);
  intercept_ = std::move(intercept);
}

std::vector<SeenRequest> FakeHub::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

std::vector<SeenRequest> FakeHub::downloads_of(const std::string& name) const {
  const bool large = files.at(name).large;
  std::vector<SeenRequest> found;
  for (const SeenRequest& request : seen()) {
    if (request.at_store == large && request.method == "GET" && request.path.ends_with(name)) {
      found.push_back(request);
    }
  }
  return found;
}

bool FakeHub::note(bool at_store, const httplib::Request& request, httplib::Response& response) {
  const SeenRequest seen{at_store, request.method, request.path, request.get_header_value("Range"),
                         request.get_header_value("Authorization")};
  Intercept intercept;
  {
    const std::lock_guard lock(mutex_);
    seen_.push_back(seen);
    intercept = intercept_;
  }
  if (intercept && intercept(seen, request, response)) return true;
  if (!at_store && !required_token.empty() && seen.authorization != "Bearer " + required_token) {
    response.status = 401;
    return true;
  }
  return false;
}

void FakeHub::describe(const httplib::Request& request, httplib::Response& response) {
  const std::string prefix = "/api/models/" + repository_ + "/revision/";
  if (!request.path.starts_with(prefix)) {
    response.status = 404;
    response.set_header("X-Error-Code", "RepoNotFound");
    return;
  }
  const std::string revision = request.path.substr(prefix.size());
  if (revision != "main" && revision != "v1" && revision != commit) {
    response.status = 404;
    response.set_header("X-Error-Code", "RevisionNotFound");
    return;
  }
  nlohmann::json siblings = nlohmann::json::array();
  for (const auto& [name, file] : files) siblings.push_back({{"rfilename", name}});
  const nlohmann::json json{{"id", repository_}, {"sha", commit}, {"siblings", siblings}};
  response.set_content(description.empty() ? json.dump() : description, "application/json");
}

void FakeHub::answer_resolve(const httplib::Request& request, httplib::Response& response) {
  const std::string prefix = "/" + repository_ + "/resolve/" + commit + "/";
  const auto found = request.path.starts_with(prefix)
                         ? files.find(request.path.substr(prefix.size()))
                         : files.end();
  if (found == files.end()) {
    response.status = 404;
    response.set_header("X-Error-Code", "EntryNotFound");
    return;
  }
  const auto& [name, file] = *found;
  response.set_header("X-Repo-Commit", commit);
  if (!file.large) {
    response.set_header("ETag", "\"" + file.etag + "\"");
    response.set_content(file.content, "text/plain");
    return;
  }
  response.set_header("X-Linked-Etag", "\"" + file.etag + "\"");
  response.set_header("X-Linked-Size", file.size);
  response.set_redirect("http://127.0.0.1:" + std::to_string(store_port_) + "/signed/" + name, 302);
}

void FakeHub::answer_store(const httplib::Request& request, httplib::Response& response) {
  const std::string name = request.path.substr(std::string("/signed/").size());
  response.set_content(files.at(name).content, "application/octet-stream");
}

void send_part_of(const std::string& content, std::size_t count, httplib::Response& response) {
  response.set_content_provider(
      content.size(), "application/octet-stream",
      [content, count](std::size_t offset, std::size_t, httplib::DataSink& sink) {
        sink.write(content.data() + offset, count);
        return false;
      });
}

}  // namespace headlens
