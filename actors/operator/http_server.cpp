// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/http_server.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <microhttpd.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "troupe/actors/operator/http_connections.hpp"
#include "troupe/actors/operator/operator_request.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

namespace troupe {

namespace {

using namespace std::chrono_literals;

/// How long nobody is accepted once the process is out of descriptors.
constexpr auto exhausted_pause = 250ms;

/// How long streams may take to end with the server.
constexpr auto end_time = 1s;

/// How many connections are accepted in a row.
constexpr int accepts_in_a_row = 16;

constexpr const char* stream_type = "application/x-ndjson";

// -- where threads meet -------------------------------------------------------

/// What other threads leave for the server's.
class desk_state final : public http_desk {
public:
  struct news {
    std::vector<std::pair<uint64_t, http_response>> answers;
    /// Requests that became streams.
    std::vector<uint64_t> streams;
    /// Streams that wait for something to read, and now have it.
    std::vector<uint64_t> readable;
    bool closed = false;
  };

  desk_state(int wakeup, const http_limits& limits, line_buffer::notice lost)
    : wakeup_(wakeup),
      size_max_(limits.stream_size_max),
      lost_(std::move(lost)) {}

  ~desk_state() override = default;

  void answer(uint64_t request, http_response what) override {
    change([&] {
      if (known_.count(request) > 0)
        news_.answers.emplace_back(request, std::move(what));
    });
  }

  bool stream(uint64_t request) override {
    auto taken = false;
    change([&] {
      taken = known_.count(request) > 0;
      if (!taken)
        return;
      streams_.try_emplace(request, line_buffer{size_max_, lost_});
      news_.streams.push_back(request);
    });
    return taken;
  }

  bool push(uint64_t request, std::string line) override {
    auto taken = false;
    change([&] {
      auto i = streams_.find(request);
      taken = i != streams_.end() && !i->second.ended;
      if (!taken)
        return;
      i->second.lines.push(std::move(line));
      rouse(request, i->second);
    });
    return taken;
  }

  void end(uint64_t request) override {
    change([&] {
      if (auto i = streams_.find(request); i != streams_.end()) {
        i->second.ended = true;
        rouse(request, i->second);
      }
    });
  }

  void close() override {
    change([&] { news_.closed = true; });
  }

  // -- for the server's thread --

  void expect(uint64_t request) {
    std::lock_guard guard{mutex_};
    known_.insert(request);
  }

  void forget(uint64_t request) {
    std::lock_guard guard{mutex_};
    known_.erase(request);
    streams_.erase(request);
  }

  news take() {
    std::lock_guard guard{mutex_};
    auto closed = news_.closed;
    auto result = std::exchange(news_, {});
    news_.closed = closed;
    return result;
  }

  /// Reads from a stream. If there is nothing yet, `readable` will tell.
  /// @returns nothing if it is over.
  std::optional<size_t> read(uint64_t request, std::span<char> out) {
    std::lock_guard guard{mutex_};
    auto i = streams_.find(request);
    if (i == streams_.end())
      return std::nullopt;
    auto& [lines, ended, waits] = i->second;
    auto count = lines.read(out);
    if (count == 0 && ended)
      return std::nullopt;
    waits = count == 0;
    return count;
  }

  /// Ends all streams behind what they hold.
  void end_all() {
    change([&] {
      for (auto& [request, x] : streams_) {
        x.ended = true;
        rouse(request, x);
      }
    });
  }

  /// From now on nobody is woken: the descriptor goes.
  void retire() {
    std::lock_guard guard{mutex_};
    wakeup_ = -1;
    known_.clear();
    streams_.clear();
  }

private:
  struct open_stream {
    explicit open_stream(line_buffer buffer) : lines(std::move(buffer)) {}

    line_buffer lines;
    bool ended = false;
    /// Whether the server waits for something to read.
    bool waits = false;
  };

  void rouse(uint64_t request, open_stream& x) {
    if (std::exchange(x.waits, false))
      news_.readable.push_back(request);
  }

  template <class F>
  void change(F what) {
    std::lock_guard guard{mutex_};
    what();
    uint64_t one = 1;
    if (wakeup_ >= 0 && ::write(wakeup_, &one, sizeof(one)) < 0) {
      // The counter is at its limit, so that the server is awake anyway.
    }
  }

  std::mutex mutex_;
  int wakeup_;
  size_t size_max_;
  line_buffer::notice lost_;
  /// Requests that may be answered.
  std::set<uint64_t> known_;
  std::map<uint64_t, open_stream> streams_;
  news news_;
};

// -- a connection -------------------------------------------------------------

struct client {
  http_connections::key key = 0;
  MHD_Connection* connection = nullptr;
  int fd = -1;

  /// Of the present request; 0 if there is none.
  uint64_t number = 0;
  http_request request = {};
  bool begun = false;
  bool asked = false;
  bool streaming = false;
  std::optional<http_response> response = {};

  bool suspended = false;
  /// Its time is over.
  bool ending = false;
};

std::optional<size_t> announced_size(MHD_Connection* connection) {
  const auto* text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                                 "Content-Length");
  if (text == nullptr)
    return std::nullopt;
  size_t result = 0;
  auto end = text + std::strlen(text);
  auto [last, code] = std::from_chars(text, end, result);
  // The library has refused what is no number.
  return code == std::errc{} && last == end ? result : SIZE_MAX;
}

} // namespace

// -- the server ---------------------------------------------------------------

class http_server::impl {
public:
  impl(int listener, const http_limits& limits, unique_socket wakeup,
       line_buffer::notice lost)
    : limits_(limits),
      listener_(listener),
      wakeup_(std::move(wakeup)),
      shared_(
          std::make_shared<desk_state>(wakeup_.get(), limits, std::move(lost))),
      book_(limits),
      accepts_(limits.accept_rate.burst, now()),
      requests_(limits.request_rate.burst, now()) {}

  ~impl() {
    if (thread_.joinable()) {
      stopping_ = true;
      wake();
      thread_.join();
    }
    shared_->retire();
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
    return shared_;
  }

  void start(handler on_request) {
    handler_ = std::move(on_request);
    thread_ = std::thread{[this] { run(); }};
  }

private:
  static time_point now() {
    return std::chrono::steady_clock::now();
  }

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
    shared_->end_all();
    for (auto& [key, who] : clients_)
      if (!who.streaming)
        expire(who);
    const auto limit = now() + end_time;
    while (!clients_.empty() && now() < limit) {
      turn();
      // A stream that has ended leaves its connection behind.
      for (auto& [key, who] : clients_)
        if (who.number == 0)
          expire(who);
      if (!clients_.empty())
        wait(std::min<time_point>(limit, now() + 10ms));
    }
    for (auto& [key, who] : clients_)
      expire(who);
    MHD_run(daemon_);
  }

  void turn() {
    take_news();
    MHD_run(daemon_);
    for (auto key : book_.expired(now()))
      if (auto i = clients_.find(key); i != clients_.end())
        expire(i->second);
  }

  time_point next_wakeup() {
    auto result = now() + 1h;
    if (auto next = book_.next_deadline())
      result = std::min(result, *next);
    if (!may_accept())
      result = std::min(result, accept_again_);
    MHD_UNSIGNED_LONG_LONG milliseconds = 0;
    if (MHD_get_timeout(daemon_, &milliseconds) == MHD_YES)
      result = std::min<time_point>(
          result, now() + std::chrono::milliseconds{milliseconds});
    return result;
  }

  bool may_accept() {
    return now() >= accept_again_;
  }

  void wait(time_point until) {
    pollfd fds[] = {{wakeup_.get(), POLLIN, 0},
                    {epoll_, POLLIN, 0},
                    {may_accept() && !stopping_ ? listener_ : -1, POLLIN, 0}};
    auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now());
    poll(fds, std::size(fds),
         static_cast<int>(std::clamp<int64_t>(left.count(), 0, 3'600'000)));
    uint64_t ignored = 0;
    if (fds[0].revents != 0
        && ::read(wakeup_.get(), &ignored, sizeof(ignored)) < 0) {
      // Somebody else's wakeup was this one.
    }
  }

  void take_news() {
    auto news = shared_->take();
    closed_ = closed_ || news.closed;
    for (auto& [number, what] : news.answers)
      if (auto* who = find(number); who != nullptr && !who->response) {
        who->response = std::move(what);
        resume(*who);
      }
    for (auto number : news.streams)
      if (auto* who = find(number); who != nullptr && !who->response)
        begin_stream(*who);
    for (auto number : news.readable)
      if (auto* who = find(number))
        resume(*who);
    if (news.closed)
      for (auto& [key, who] : clients_)
        if (who.asked && !who.response && !who.streaming) {
          who.response = refusal();
          resume(who);
        }
  }

  void begin_stream(client& who) {
    who.streaming = book_.streams(who.key, now());
    if (!who.streaming) {
      shared_->forget(who.number);
      who.response
          = error_response(503, "too_many_streams",
                           fmt::format("{} are followed already, the most",
                                       limits_.max_streams));
    }
    resume(who);
  }

  // -- accepting --------------------------------------------------------------

  void accept() {
    for (int i = 0; i < accepts_in_a_row && may_accept(); ++i) {
      if (accepts_.level(limits_.accept_rate, now()) < 1) {
        accept_again_
            = now()
              + std::chrono::ceil<duration>(std::chrono::duration<double>{
                  1 / limits_.accept_rate.per_second});
        return;
      }
      auto [status, socket] = accept_tcp(listener_);
      if (status == accept_status::exhausted || status == accept_status::closed)
        accept_again_ = now() + exhausted_pause;
      if (status == accept_status::drained)
        return;
      if (status != accept_status::accepted)
        continue;
      accepts_.take(limits_.accept_rate, now());
      take_in(std::move(socket));
    }
  }

  void take_in(unique_socket socket) {
    if (!book_.has_room())
      if (auto who = book_.longest_idle())
        if (auto i = clients_.find(*who); i != clients_.end()) {
          expire(i->second);
          MHD_run(daemon_);
        }
    if (!book_.has_room())
      return; // Closed right away.
    sockaddr_storage from = {};
    socklen_t size = sizeof(from);
    if (getpeername(socket.get(), reinterpret_cast<sockaddr*>(&from), &size)
        != 0)
      return;
    // It closes what it does not want, too.
    MHD_add_connection(daemon_, socket.release(),
                       reinterpret_cast<sockaddr*>(&from), size);
  }

  // -- connections ------------------------------------------------------------

  client* find(uint64_t number) {
    auto i = asking_.find(number);
    return i != asking_.end() ? i->second : nullptr;
  }

  static client& client_of(MHD_Connection* connection) {
    const auto* info = MHD_get_connection_info(
        connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return *static_cast<client*>(info->socket_context);
  }

  void suspend(client& who) {
    who.suspended = true;
    MHD_suspend_connection(who.connection);
  }

  void resume(client& who) {
    if (std::exchange(who.suspended, false))
      MHD_resume_connection(who.connection);
  }

  /// Ends a connection from outside; the library sees the end of its input.
  void expire(client& who) {
    who.ending = true;
    shutdown(who.fd, SHUT_RDWR);
    resume(who);
  }

  http_response refusal() const {
    return error_response(503, to_string(errc::shutting_down),
                          "the node has ended");
  }

  void opened(client& who) {
    book_.opened(who.key, now());
  }

  /// The present request is over.
  void forget_request(client& who) {
    if (who.number == 0)
      return;
    asking_.erase(who.number);
    shared_->forget(who.number);
    who.number = 0;
    who.request = {};
    who.begun = who.asked = who.streaming = false;
    who.response.reset();
  }

  // -- what the library calls -------------------------------------------------

  static void on_connection(void* self, MHD_Connection* connection,
                            void** context,
                            MHD_ConnectionNotificationCode what) {
    auto& server = *static_cast<impl*>(self);
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
      const auto key = ++server.last_key_;
      auto& who = server.clients_[key];
      who.key = key;
      who.connection = connection;
      who.fd = MHD_get_connection_info(connection,
                                       MHD_CONNECTION_INFO_CONNECTION_FD)
                   ->connect_fd;
      *context = &who;
      server.opened(who);
    } else if (*context != nullptr) {
      auto& who = *static_cast<client*>(*context);
      *context = nullptr;
      server.forget_request(who);
      server.book_.closed(who.key);
      server.clients_.erase(who.key);
    }
  }

  /// The first line of a request is there.
  static void* on_target(void* self, const char* target,
                         MHD_Connection* connection) {
    auto& server = *static_cast<impl*>(self);
    auto& who = client_of(connection);
    server.forget_request(who);
    who.number = ++server.last_number_;
    who.request.target = target;
    server.asking_[who.number] = &who;
    return &who;
  }

  static void on_completed(void* self, MHD_Connection* connection, void**,
                           MHD_RequestTerminationCode) {
    auto& server = *static_cast<impl*>(self);
    auto& who = client_of(connection);
    server.forget_request(who);
    server.book_.finished(who.key, now());
  }

  static MHD_Result on_access(void* self, MHD_Connection* connection,
                              const char*, const char* method, const char*,
                              const char* data, size_t* size, void**) {
    auto& server = *static_cast<impl*>(self);
    auto& who = client_of(connection);
    if (who.ending)
      return MHD_NO;
    if (!std::exchange(who.begun, true))
      return server.begin(who, method);
    if (*size > 0)
      return server.receive(who, data, *size);
    return server.go_on(who);
  }

  /// The headers of a request are there.
  MHD_Result begin(client& who, const char* method) {
    book_.began(who.key, now());
    who.request.method = method;
    if (requests_.level(limits_.request_rate, now()) < 1)
      return respond(who, error_response(429, to_string(errc::rate_limited),
                                         "too many requests"));
    requests_.take(limits_.request_rate, now());
    if (announced_size(who.connection).value_or(0) > limits_.body_size_max)
      return respond(who,
                     error_response(413, "oversized_body",
                                    fmt::format("a body has at most {} bytes",
                                                limits_.body_size_max)));
    return MHD_YES;
  }

  MHD_Result receive(client& who, const char* data, size_t& size) {
    // Nobody announced it, so nobody can be told.
    if (who.request.body.size() + size > limits_.body_size_max)
      return MHD_NO;
    who.request.body.append(data, std::exchange(size, 0));
    return MHD_YES;
  }

  /// All of a request is there, or an answer to it.
  MHD_Result go_on(client& who) {
    if (who.streaming)
      return respond_with_stream(who);
    if (who.response)
      return respond(who, *who.response);
    if (std::exchange(who.asked, true)) {
      suspend(who);
      return MHD_YES;
    }
    if (closed_)
      return respond(who, refusal());
    shared_->expect(who.number);
    suspend(who);
    handler_(who.number, std::move(who.request));
    return MHD_YES;
  }

  static MHD_Result respond(client& who, const http_response& what) {
    auto* response = MHD_create_response_from_buffer(
        what.body.size(),
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): only read
        const_cast<char*>(what.body.data()), MHD_RESPMEM_MUST_COPY);
    if (response == nullptr)
      return MHD_NO;
    MHD_add_response_header(response, "Content-Type", what.type.c_str());
    MHD_add_response_header(response, "Cache-Control", "no-store");
    if (!what.allow.empty())
      MHD_add_response_header(response, "Allow", what.allow.c_str());
    auto result = MHD_queue_response(who.connection, what.status, response);
    MHD_destroy_response(response);
    return result;
  }

  MHD_Result respond_with_stream(client& who) {
    constexpr size_t block_size = 4096;
    auto* response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, block_size, &impl::on_read,
        new stream_reader{this, who.key}, &impl::on_read_end);
    if (response == nullptr)
      return MHD_NO;
    MHD_add_response_header(response, "Content-Type", stream_type);
    MHD_add_response_header(response, "Cache-Control", "no-store");
    auto result = MHD_queue_response(who.connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
  }

  struct stream_reader {
    impl* server;
    http_connections::key key;
  };

  static ssize_t on_read(void* context, uint64_t, char* out, size_t size) {
    auto [server, key] = *static_cast<stream_reader*>(context);
    auto i = server->clients_.find(key);
    return i != server->clients_.end() ? server->read(i->second, {out, size})
                                       : MHD_CONTENT_READER_END_WITH_ERROR;
  }

  static void on_read_end(void* context) {
    delete static_cast<stream_reader*>(context);
  }

  ssize_t read(client& who, std::span<char> out) {
    if (who.ending)
      return MHD_CONTENT_READER_END_WITH_ERROR;
    auto count = shared_->read(who.number, out);
    if (!count)
      return MHD_CONTENT_READER_END_OF_STREAM;
    if (*count == 0)
      suspend(who);
    else
      book_.progressed(who.key, now());
    return static_cast<ssize_t>(*count);
  }

  http_limits limits_;
  int listener_;
  unique_socket wakeup_;
  std::shared_ptr<desk_state> shared_;
  http_connections book_;
  token_bucket accepts_;
  token_bucket requests_;
  handler handler_;

  MHD_Daemon* daemon_ = nullptr;
  int epoll_ = -1;
  std::map<http_connections::key, client> clients_;
  /// By the number of their request.
  std::map<uint64_t, client*> asking_;
  http_connections::key last_key_ = 0;
  uint64_t last_number_ = 0;
  time_point accept_again_ = {};
  bool closed_ = false;

  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

http_server::http_server(std::unique_ptr<impl> inside)
  : impl_(std::move(inside)) {}

http_server::~http_server() = default;

result<std::unique_ptr<http_server>>
http_server::make(int listener, const http_limits& limits,
                  line_buffer::notice lost) {
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
