// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/http_acceptor.hpp"

#include <chrono>
#include <utility>

#include "troupe/transport/tcp/tcp_socket.hpp"

namespace troupe {

namespace {

using namespace std::chrono_literals;

/// How long nobody is accepted once the process is out of descriptors.
constexpr auto exhausted_pause = 250ms;

/// How many connections may fail in a row before others get a turn.
constexpr int tries_max = 16;

} // namespace

http_acceptor::http_acceptor(int listener, const http_limits& limits,
                             time_point now)
  : listener_(listener),
    rate_(limits.accept_rate),
    bucket_(limits.accept_rate.burst, now) {}

std::optional<unique_socket> http_acceptor::next(time_point now) {
  for (int i = 0; i < tries_max && !pauses(now); ++i) {
    if (bucket_.level(rate_, now) < 1) {
      resumes_at_ = now
                    + std::chrono::ceil<duration>(
                        std::chrono::duration<double>{1 / rate_.per_second});
      break;
    }
    auto [status, socket] = accept_tcp(listener_);
    if (status == accept_status::exhausted || status == accept_status::closed)
      resumes_at_ = now + exhausted_pause;
    if (status == accept_status::drained)
      break;
    if (status != accept_status::accepted)
      continue;
    bucket_.take(rate_, now);
    return std::move(socket);
  }
  return std::nullopt;
}

} // namespace troupe
