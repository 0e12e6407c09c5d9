// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/node_client.hpp"

#include <memory>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "troupe/actors/operator/unix_socket.hpp"
#include "troupe/messages/quoted.hpp"

namespace troupe::command {

namespace {

/// No answer of a node is larger.
constexpr size_t answer_size_max = 64 * 1024 * 1024;

constexpr long status_ok = 200;

struct handle_closer {
  void operator()(CURL* x) const {
    curl_easy_cleanup(x);
  }
};

struct list_closer {
  void operator()(curl_slist* x) const {
    curl_slist_free_all(x);
  }
};

size_t collect(char* data, size_t, size_t size, void* to) {
  auto& body = *static_cast<std::string*>(to);
  if (body.size() + size > answer_size_max)
    return 0; // Which fails the transfer.
  body.append(data, size);
  return size;
}

failure explain(CURLcode code, const std::filesystem::path& socket) {
  auto name = troupe::quoted(socket.native(), 256);
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      return {errc::connection_refused,
              fmt::format("{}: nobody listens there", name)};
    case CURLE_OPERATION_TIMEDOUT:
      return {errc::timeout, fmt::format("{}: no answer in time", name)};
    default:
      return {errc::connection_closed,
              fmt::format("{}: whoever listens there is no node that can be "
                          "steered",
                          name)};
  }
}

std::string text_in(const nlohmann::json& object, const char* name) {
  auto i = object.find(name);
  return i != object.end() && i->is_string() ? i->get<std::string>() : "";
}

/// What a node says when it refuses.
failure refusal(const std::string& body, const std::filesystem::path& socket) {
  auto parsed = nlohmann::json::parse(body, nullptr, false);
  if (!parsed.is_object() || text_in(parsed, "message").empty())
    return explain(CURLE_WEIRD_SERVER_REPLY, socket);
  auto code = errc::none;
  if (!from_string(text_in(parsed, "error"), code) || code == errc::none)
    code = errc::connection_closed;
  return {code, text_in(parsed, "message")};
}

} // namespace

node_client::node_client(std::filesystem::path socket, duration timeout)
  : socket_(std::move(socket)),
    timeout_(timeout) {}

result<std::string> node_client::send(const std::string& method,
                                      const std::string& target,
                                      const std::string& body) const {
  auto where = unix_socket_path::open(socket_);
  if (!where)
    return failure{errc::connection_refused, where.error().context};
  const auto path = where->short_path();
  const auto url = "http://node" + target;
  const auto time
      = std::chrono::ceil<std::chrono::milliseconds>(timeout_).count();
  std::unique_ptr<CURL, handle_closer> curl{curl_easy_init()};
  if (!curl)
    return {errc::connection_refused, "out of memory"};
  std::string answer;
  std::unique_ptr<curl_slist, list_closer> headers;
  auto set = [&curl](CURLoption option, auto value) {
    curl_easy_setopt(curl.get(), option, value);
  };
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_NOPROXY, "*");
  set(CURLOPT_UNIX_SOCKET_PATH, path.c_str());
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_CUSTOMREQUEST, method.c_str());
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(time));
  set(CURLOPT_WRITEFUNCTION, &collect);
  set(CURLOPT_WRITEDATA, &answer);
  if (!body.empty()) {
    headers.reset(curl_slist_append(nullptr, "Content-Type: application/json"));
    set(CURLOPT_HTTPHEADER, headers.get());
    set(CURLOPT_POSTFIELDS, body.c_str());
    set(CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  }
  if (auto code = curl_easy_perform(curl.get()); code != CURLE_OK)
    return explain(code, socket_);
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != status_ok)
    return refusal(answer, socket_);
  return answer;
}

} // namespace troupe::command
