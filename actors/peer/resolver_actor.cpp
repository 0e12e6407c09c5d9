// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/peer/resolver_actor.hpp"

#include <algorithm>
#include <cstring>
#include <deque>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <caf/event_based_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "troupe/transport/actor_state.hpp"

namespace troupe {

namespace {

using addresses = std::vector<ip_address>;

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

/// Blocks until the system's resolver has an answer.
caf::result<addresses> look_up(const std::string& host) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (auto code = getaddrinfo(host.c_str(), nullptr, &hints, &found); code != 0)
    return caf::make_error(
        errc::unknown_host,
        fmt::format("host '{}': {}", host, gai_strerror(code)));
  auto guard
      = std::unique_ptr<addrinfo, void (*)(addrinfo*)>{found, freeaddrinfo};
  addresses result;
  for (auto i = found; i != nullptr && result.size() < addresses_max;
       i = i->ai_next)
    if (auto ip = from_native(i->ai_addr);
        ip && std::find(result.begin(), result.end(), *ip) == result.end())
      result.push_back(*ip);
  if (result.empty())
    return caf::make_error(errc::unknown_host,
                           fmt::format("host '{}' has no IP address", host));
  return result;
}

/// Answers one request, in its own thread, and is gone.
caf::behavior lookup(caf::event_based_actor* self) {
  return {
      [self](caf::resolve_atom, const std::string& host) {
        self->quit();
        return look_up(host);
      },
  };
}

struct resolver_state {
  static inline const char* name = "troupe.resolver";

  struct query {
    std::string host;
    caf::typed_response_promise<addresses> promise;
  };

  explicit resolver_state(resolver_actor::pointer ptr) : self(ptr) {}

  resolver_actor::behavior_type make_behavior() {
    return {
        [this](caf::resolve_atom, std::string& host) {
          auto promise = self->make_response_promise<addresses>();
          waiting.push_back({std::move(host), promise});
          serve();
          return promise;
        },
    };
  }

  void serve() {
    while (!waiting.empty() && running < lookups_max) {
      ++running;
      auto next = std::move(waiting.front());
      waiting.pop_front();
      auto worker = self->spawn<caf::detached>(lookup);
      self->request(worker, caf::infinite, caf::resolve_atom_v, next.host)
          .then(
              [this, promise = next.promise](addresses& found) mutable {
                promise.deliver(std::move(found));
                finish();
              },
              [this, promise = next.promise](caf::error& reason) mutable {
                promise.deliver(std::move(reason));
                finish();
              });
    }
  }

  void finish() {
    --running;
    serve();
  }

  resolver_actor::pointer self;
  std::deque<query> waiting;
  size_t running = 0;
};

} // namespace

resolver_actor spawn_resolver(caf::actor_system& sys) {
  return spawn_state<resolver_state, resolver_actor>(sys);
}

} // namespace troupe
