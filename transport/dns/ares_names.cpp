// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/dns/ares_names.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include <ares.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "troupe/transport/tcp/unique_socket.hpp"

namespace troupe {

namespace {

using clock = std::chrono::steady_clock;

/// Once in the life of the process, as it is not safe to do in threads.
bool init_library() {
  static const auto status = ares_library_init(ARES_LIB_INIT_ALL);
  return status == ARES_SUCCESS;
}

std::optional<ip_address> from_native(const sockaddr* native) {
  if (native->sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, native, sizeof(v4));
    return ip_address::from_bytes(std::as_bytes(std::span{&v4.sin_addr, 1}));
  }
  if (native->sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, native, sizeof(v6));
    return ip_address::from_bytes(std::as_bytes(std::span{&v6.sin6_addr, 1}));
  }
  return std::nullopt;
}

name_service::answer from_native(const std::string& host,
                                 const ares_addrinfo* found) {
  std::vector<ip_address> result;
  for (auto i = found->nodes; i != nullptr && result.size() < addresses_max;
       i = i->ai_next)
    if (auto ip = from_native(i->ai_addr);
        ip && std::find(result.begin(), result.end(), *ip) == result.end())
      result.push_back(*ip);
  if (result.empty())
    return failure{errc::unknown_host,
                   fmt::format("host '{}' has no IP address", host)};
  return result;
}

/// One lookup. It has a channel of c-ares for itself, since a channel gives up
/// all of its lookups or none.
class lookup {
public:
  lookup(uint64_t number, std::string host,
         std::function<void(name_service::answer)> done)
    : number_(number),
      host_(std::move(host)),
      done_(std::move(done)) {}

  lookup(const lookup&) = delete;

  lookup& operator=(const lookup&) = delete;

  ~lookup() {
    // Makes c-ares call back for the last time.
    cancelled_ = true;
    if (channel_ != nullptr)
      ares_destroy(channel_);
  }

  [[nodiscard]] uint64_t number() const {
    return number_;
  }

  /// Whether `done` was called.
  [[nodiscard]] bool over() const {
    return over_;
  }

  [[nodiscard]] clock::time_point deadline() const {
    return deadline_;
  }

  void begin(const ares_options& options) {
    deadline_ = clock::now()
                + std::chrono::duration_cast<clock::duration>(options.give_up);
    if (auto status = open(options); status != ARES_SUCCESS) {
      fail(ares_strerror(status));
      return;
    }
    ares_addrinfo_hints hints = {};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    ares_getaddrinfo(
        channel_, host_.c_str(), nullptr, &hints,
        [](void* self, int status, int, ares_addrinfo* found) {
          static_cast<lookup*>(self)->answered(status, found);
        },
        this);
  }

  void give_up() {
    fail("no answer in time");
  }

  /// Adds what to wait for.
  void watch(std::vector<pollfd>& sockets) const {
    sockets.insert(sockets.end(), open_.begin(), open_.end());
  }

  /// How long c-ares wants to wait at most.
  [[nodiscard]] std::chrono::milliseconds patience() const {
    timeval longest = {1, 0};
    timeval buffer = {};
    auto next = ares_timeout(channel_, &longest, &buffer);
    return std::chrono::seconds{next->tv_sec}
           + std::chrono::milliseconds{next->tv_usec / 1000 + 1};
  }

  /// Goes on with a socket that is ready.
  void process(const pollfd& socket) {
    const auto broken = POLLERR | POLLHUP | POLLNVAL;
    const auto readable = (socket.revents & (POLLIN | broken)) != 0;
    const auto writable = (socket.revents & (POLLOUT | broken)) != 0;
    ares_process_fd(channel_, readable ? socket.fd : ARES_SOCKET_BAD,
                    writable ? socket.fd : ARES_SOCKET_BAD);
  }

  /// Asks again, or elsewhere, if it is time to.
  void tick() {
    ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  }

private:
  int open(const ares_options& options) {
    if (!init_library())
      return ARES_ENOTINITIALIZED;
    ::ares_options native = {};
    native.timeout = static_cast<int>(options.timeout.count());
    native.tries = options.tries;
    native.sock_state_cb = [](void* self, ares_socket_t socket, int readable,
                              int writable) {
      static_cast<lookup*>(self)->changed(socket, readable != 0, writable != 0);
    };
    native.sock_state_cb_data = this;
    auto status = ares_init_options(&channel_, &native,
                                    ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES
                                        | ARES_OPT_SOCK_STATE_CB);
    if (status == ARES_SUCCESS && !options.servers.empty())
      status = ares_set_servers_ports_csv(channel_, options.servers.c_str());
    return status;
  }

  /// A socket that c-ares waits for nothing from is one that it has closed.
  void changed(ares_socket_t socket, bool readable, bool writable) {
    std::erase_if(open_, [=](const pollfd& x) { return x.fd == socket; });
    const auto events = (readable ? POLLIN : 0) | (writable ? POLLOUT : 0);
    if (events != 0)
      open_.push_back({socket, static_cast<short>(events), 0});
  }

  void answered(int status, ares_addrinfo* found) {
    auto guard = std::unique_ptr<ares_addrinfo, void (*)(ares_addrinfo*)>{
        found, ares_freeaddrinfo};
    if (cancelled_ || over_)
      return;
    if (status != ARES_SUCCESS) {
      fail(ares_strerror(status));
      return;
    }
    finish(from_native(host_, found));
  }

  void fail(std::string_view why) {
    finish(
        failure{errc::unknown_host, fmt::format("host '{}': {}", host_, why)});
  }

  void finish(name_service::answer what) {
    if (!std::exchange(over_, true))
      done_(std::move(what));
  }

  uint64_t number_;
  std::string host_;
  std::function<void(name_service::answer)> done_;
  ares_channel channel_ = nullptr;
  std::vector<pollfd> open_;
  clock::time_point deadline_ = {};
  bool over_ = false;
  bool cancelled_ = false;
};

} // namespace

/// What the thread does, and how it is told to.
class ares_names::worker {
public:
  explicit worker(ares_options options)
    : options_(std::move(options)),
      bell_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  // -- called by the owner ----------------------------------------------------

  void start(std::unique_ptr<lookup> what) {
    {
      std::lock_guard guard{mutex_};
      fresh_.push_back(std::move(what));
    }
    ring();
  }

  void cancel(uint64_t number) {
    {
      std::lock_guard guard{mutex_};
      cancelled_.push_back(number);
    }
    ring();
  }

  void stop() {
    {
      std::lock_guard guard{mutex_};
      stopped_ = true;
    }
    ring();
  }

  // -- the thread -------------------------------------------------------------

  void run() {
    while (take_orders()) {
      wait();
      std::erase_if(running_, [](const auto& x) { return x->over(); });
    }
    running_.clear();
  }

private:
  void ring() const {
    const uint64_t one = 1;
    // It can only fail if the bell rings already.
    [[maybe_unused]] auto written = ::write(bell_.get(), &one, sizeof(one));
  }

  /// @returns `false` if it is over.
  bool take_orders() {
    std::list<std::unique_ptr<lookup>> fresh;
    {
      std::lock_guard guard{mutex_};
      if (stopped_)
        return false;
      fresh.swap(fresh_);
      for (auto number : std::exchange(cancelled_, {})) {
        auto is_it = [number](const auto& x) { return x->number() == number; };
        std::erase_if(fresh, is_it);
        std::erase_if(running_, is_it);
      }
    }
    // May answer at once, out of /etc/hosts: not while we hold the lock.
    for (auto& what : fresh) {
      what->begin(options_);
      if (!what->over())
        running_.push_back(std::move(what));
    }
    return true;
  }

  void wait() {
    std::vector<pollfd> sockets{{bell_.get(), POLLIN, 0}};
    std::vector<lookup*> owners{nullptr};
    // Without a bell, as there was no descriptor left, we look by ourselves.
    auto patience = running_.empty() && bell_ ? std::chrono::milliseconds{-1}
                                              : std::chrono::milliseconds{1000};
    for (auto& what : running_) {
      patience = std::min(patience, what->patience());
      what->watch(sockets);
      owners.resize(sockets.size(), what.get());
    }
    ::poll(sockets.data(), sockets.size(), static_cast<int>(patience.count()));
    if (sockets[0].revents != 0) {
      uint64_t rings = 0;
      [[maybe_unused]] auto read = ::read(bell_.get(), &rings, sizeof(rings));
    }
    for (size_t i = 1; i < sockets.size(); ++i)
      if (sockets[i].revents != 0)
        owners[i]->process(sockets[i]);
    for (auto& what : running_)
      if (clock::now() >= what->deadline())
        what->give_up();
      else
        what->tick();
  }

  ares_options options_;
  unique_socket bell_;
  std::list<std::unique_ptr<lookup>> running_;

  std::mutex mutex_;
  std::list<std::unique_ptr<lookup>> fresh_;
  std::vector<uint64_t> cancelled_;
  bool stopped_ = false;
};

ares_names::ares_names(ares_options options) : options_(std::move(options)) {}

ares_names::~ares_names() {
  if (!worker_)
    return;
  worker_->stop();
  // The last one to hold us may be an answer on its way.
  if (thread_.get_id() == std::this_thread::get_id())
    thread_.detach();
  else
    thread_.join();
}

void ares_names::start(uint64_t number, const std::string& host,
                       std::function<void(answer)> done) {
  if (!worker_ && !launch()) {
    done(failure{errc::unknown_host,
                 fmt::format("host '{}': no thread left to look it up", host)});
    return;
  }
  worker_->start(std::make_unique<lookup>(number, host, std::move(done)));
}

bool ares_names::launch() {
  auto fresh = std::make_shared<worker>(options_);
  // Signals are for the threads of the program.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread{[fresh] { fresh->run(); }};
    worker_ = std::move(fresh);
  } catch (const std::system_error&) {
    // The next lookup tries again.
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return worker_ != nullptr;
}

void ares_names::cancel(uint64_t number) {
  if (worker_)
    worker_->cancel(number);
}

} // namespace troupe
