// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/top/event_follower.hpp"

#include <string>
#include <utility>

#include <curl/curl.h>

#include "troupe/actors/operator/unix_socket.hpp"

namespace troupe::command {

class event_follower::impl {
public:
  impl(const std::filesystem::path& socket,
       std::function<void(std::string_view)> on_line)
    : on_line_(std::move(on_line)),
      many_(curl_multi_init()),
      one_(curl_easy_init()) {
    auto where = unix_socket_path::open(socket);
    if (!where || many_ == nullptr || one_ == nullptr)
      return;
    path_.emplace(std::move(*where));
    const auto path = path_->short_path();
    curl_easy_setopt(one_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(one_, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(one_, CURLOPT_UNIX_SOCKET_PATH, path.c_str());
    curl_easy_setopt(one_, CURLOPT_URL, "http://node/events");
    curl_easy_setopt(one_, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(one_, CURLOPT_WRITEFUNCTION, &impl::collect);
    curl_easy_setopt(one_, CURLOPT_WRITEDATA, this);
    curl_multi_add_handle(many_, one_);
    runs_ = true;
  }

  impl(const impl&) = delete;

  impl& operator=(const impl&) = delete;

  ~impl() {
    if (runs_)
      curl_multi_remove_handle(many_, one_);
    curl_easy_cleanup(one_);
    curl_multi_cleanup(many_);
  }

  failure wait(int descriptor, std::chrono::milliseconds patience) {
    int running = 0;
    if (runs_)
      curl_multi_perform(many_, &running);
    curl_waitfd key{descriptor, CURL_WAIT_POLLIN, 0};
    // Without a stream, it waits for keys alone.
    curl_multi_poll(many_, &key, 1, static_cast<int>(patience.count()),
                    nullptr);
    if (runs_)
      curl_multi_perform(many_, &running);
    if (running == 0)
      return {errc::connection_closed, "the node has ended, or nobody listens "
                                       "at its socket"};
    return {};
  }

private:
  /// No event is longer; whoever sends more is no node.
  static constexpr size_t line_max = 64 * 1024;

  static size_t collect(char* data, size_t, size_t size, void* to) {
    auto& self = *static_cast<impl*>(to);
    self.waiting_.append(data, size);
    for (size_t end = 0;
         (end = self.waiting_.find('\n')) != std::string::npos;) {
      self.on_line_(std::string_view{self.waiting_}.substr(0, end));
      self.waiting_.erase(0, end + 1);
    }
    return self.waiting_.size() <= line_max ? size : 0;
  }

  std::function<void(std::string_view)> on_line_;
  CURLM* many_;
  CURL* one_;
  std::optional<unix_socket_path> path_;
  std::string waiting_;
  bool runs_ = false;
};

event_follower::event_follower(const std::filesystem::path& socket,
                               std::function<void(std::string_view)> on_line)
  : impl_(std::make_unique<impl>(socket, std::move(on_line))) {}

event_follower::~event_follower() = default;

failure event_follower::wait(int descriptor,
                             std::chrono::milliseconds patience) {
  return impl_->wait(descriptor, patience);
}

} // namespace troupe::command
