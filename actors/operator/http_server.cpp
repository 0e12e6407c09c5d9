// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/http_server.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <iterator>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <microhttpd.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "troupe/actors/operator/http_acceptor.hpp"
#include "troupe/actors/operator/http_answers.hpp"
#include "troupe/actors/operator/http_clients.hpp"
#include "troupe/actors/operator/http_mail.hpp"
#include "troupe/transport/tcp/unique_socket.hpp"

namespace troupe {

namespace {

using namespace std::chrono_literals;

/// How long streams may take to end with the server.
constexpr auto end_time = 1s;

/// How many connections are accepted in a row.
constexpr int accepts_in_a_row = 16;

time_point now() {
  return std::chrono::steady_clock::now();
}

} // namespace

/// The thread and its loop.
class http_server::impl {
public:
  impl(int listener, const http_limits& limits, unique_socket wakeup,
       line_stream::notice lost)
    : limits_(limits),
      wakeup_(std::move(wakeup)),
      mail_(std::make_shared<http_mail>(wakeup_.get(), limits.stream_size_max,
                                        std::move(lost))),
      clients_(limits),
      acceptor_(listener, limits, now()),
      answers_(limits, clients_, mail_, &now) {}

  ~impl() {
    if (thread_.joinable()) {
      stopping_ = true;
      wake();
      thread_.join();
    }
    mail_->retire();
    if (daemon_ != nullptr)
      MHD_stop_daemon(daemon_);
  }

  failure open() {
    // It accepts nobody itself: at the limit of descriptors it would spin.
    daemon_ = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET, 0,
        nullptr, nullptr, &impl::on_access, this,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits_.header_size_max,
        MHD_OPTION_CONNECTION_LIMIT,
        static_cast<unsigned>(limits_.max_connections + 1),
        MHD_OPTION_NOTIFY_CONNECTION, &impl::on_connection, this,
        MHD_OPTION_URI_LOG_CALLBACK, &impl::on_target, this,
        MHD_OPTION_NOTIFY_COMPLETED, &impl::on_completed, this, MHD_OPTION_END);
    if (daemon_ == nullptr)
      return {errc::cannot_listen, "no HTTP server: out of descriptors"};
    const auto* info = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == nullptr)
      return {errc::cannot_listen, "no HTTP server: no epoll"};
    epoll_ = info->epoll_fd;
    return {};
  }

  std::shared_ptr<http_desk> desk() const {
    return mail_;
  }

  void start(handler on_request) {
    answers_.handle_with(std::move(on_request));
    thread_ = std::thread{[this] { run(); }};
  }

private:
  void wake() const {
    uint64_t one = 1;
    if (::write(wakeup_.get(), &one, sizeof(one)) < 0) {
      // The counter is at its limit, so that the server is awake anyway.
    }
  }

  // -- the loop ---------------------------------------------------------------

  void run() {
    while (!stopping_) {
      wait(next_wakeup());
      turn();
      accept();
    }
    finish();
  }

  /// What is on its way still gets there, if it does not take long.
  void finish() {
    mail_->end_all();
    clients_.for_each([](http_client& who) {
      if (!who.streaming)
        http_clients::expire(who);
    });
    const auto limit = now() + end_time;
    while (!clients_.empty() && now() < limit) {
      turn();
      // A stream that has ended leaves its connection behind.
      clients_.for_each([](http_client& who) {
        if (who.number == 0)
          http_clients::expire(who);
      });
      if (!clients_.empty())
        wait(std::min<time_point>(limit, now() + 10ms));
    }
    clients_.for_each([](http_client& who) { http_clients::expire(who); });
    MHD_run(daemon_);
  }

  void turn() {
    answers_.take_news();
    MHD_run(daemon_);
    clients_.expire_due(now());
  }

  time_point next_wakeup() {
    auto result = now() + 1h;
    if (auto next = clients_.book().next_deadline())
      result = std::min(result, *next);
    if (acceptor_.pauses(now()))
      result = std::min(result, acceptor_.resumes_at());
    MHD_UNSIGNED_LONG_LONG milliseconds = 0;
    if (MHD_get_timeout(daemon_, &milliseconds) == MHD_YES)
      result = std::min<time_point>(
          result, now() + std::chrono::milliseconds{milliseconds});
    return result;
  }

  void wait(time_point until) {
    const auto accepts = !acceptor_.pauses(now()) && !stopping_;
    pollfd fds[] = {{wakeup_.get(), POLLIN, 0},
                    {epoll_, POLLIN, 0},
                    {accepts ? acceptor_.listener() : -1, POLLIN, 0}};
    auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now());
    poll(fds, std::size(fds),
         static_cast<int>(std::clamp<int64_t>(left.count(), 0, 3'600'000)));
    uint64_t ignored = 0;
    if (fds[0].revents != 0
        && ::read(wakeup_.get(), &ignored, sizeof(ignored)) < 0) {
      // Somebody else's wakeup was this one.
    }
  }

  void accept() {
    for (int i = 0; i < accepts_in_a_row; ++i) {
      auto socket = acceptor_.next(now());
      if (!socket)
        return;
      take_in(std::move(*socket));
    }
  }

  void take_in(unique_socket socket) {
    if (!clients_.has_room()) {
      clients_.make_room();
      MHD_run(daemon_);
    }
    if (!clients_.has_room())
      return; // Closed right away.
    sockaddr_storage from = {};
    socklen_t size = sizeof(from);
    if (getpeername(socket.get(), reinterpret_cast<sockaddr*>(&from), &size)
        != 0)
      return;
    // It closes what it does not want, too.
    MHD_add_connection(daemon_, socket.release(),
                       reinterpret_cast<sockaddr*>(&from), size);
    // Its later versions only look at it in the next turn, and until then
    // nobody counts it.
    MHD_run(daemon_);
  }

  // -- what the library calls -------------------------------------------------

  static void on_connection(void* self, MHD_Connection* connection,
                            void** context,
                            MHD_ConnectionNotificationCode what) {
    auto& server = *static_cast<impl*>(self);
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
      *context = &server.clients_.add(connection, now());
    } else if (*context != nullptr) {
      auto& who = *static_cast<http_client*>(*context);
      *context = nullptr;
      server.answers_.forget(who);
      server.clients_.remove(who);
    }
  }

  static void* on_target(void* self, const char* target,
                         MHD_Connection* connection) {
    auto& who = http_clients::of(connection);
    static_cast<impl*>(self)->answers_.target(who, target);
    return &who;
  }

  static void on_completed(void* self, MHD_Connection* connection, void**,
                           MHD_RequestTerminationCode) {
    static_cast<impl*>(self)->answers_.completed(http_clients::of(connection));
  }

  static MHD_Result on_access(void* self, MHD_Connection* connection,
                              const char*, const char* method, const char*,
                              const char* data, size_t* size, void**) {
    return static_cast<impl*>(self)->answers_.proceed(
        http_clients::of(connection), method, data, *size);
  }

  http_limits limits_;
  unique_socket wakeup_;
  std::shared_ptr<http_mail> mail_;
  http_clients clients_;
  http_acceptor acceptor_;
  http_answers answers_;

  MHD_Daemon* daemon_ = nullptr;
  int epoll_ = -1;

  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

http_server::http_server(std::unique_ptr<impl> inside)
  : impl_(std::move(inside)) {}

http_server::~http_server() = default;

result<std::unique_ptr<http_server>>
http_server::make(int listener, const http_limits& limits,
                  line_stream::notice lost) {
  auto wakeup = unique_socket{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  if (!wakeup)
    return {errc::cannot_listen,
            fmt::format("no HTTP server: {}", std::strerror(errno))};
  auto inside = std::make_unique<impl>(listener, limits, std::move(wakeup),
                                       std::move(lost));
  if (auto bad = inside->open(); bad.code != errc::none)
    return bad;
  return std::unique_ptr<http_server>{new http_server{std::move(inside)}};
}

std::shared_ptr<http_desk> http_server::desk() const {
  return impl_->desk();
}

void http_server::start(handler on_request) {
  impl_->start(std::move(on_request));
}

} // namespace troupe
