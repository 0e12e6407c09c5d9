// SPDX-License-Identifier: Apache-2.0
#include "attacker.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>
#include <utility>

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "troupe/messages/entropy.hpp"
#include "troupe/messages/node_key.hpp"
#include "troupe/transport/mconn/mconn_handshake.hpp"

namespace troupe::bench {

namespace {

using namespace std::chrono_literals;

/// The attacker looks after its connections this often.
constexpr auto step = 10ms;

sockaddr_in loopback(uint8_t subnet, uint8_t host, uint16_t port) {
  auto result = sockaddr_in{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  result.sin_addr.s_addr = htonl(INADDR_LOOPBACK & 0xff000000)
                           | htonl(uint32_t{subnet} << 8) | htonl(host);
  return result;
}

} // namespace

attacker::attacker(const options& what) : options_(what) {
  system_entropy random;
  std::array<std::byte, 32> secret{};
  random.fill(secret);
  auto key = node_key::generate(random);
  opening_ = mconn_handshake{key, secret, {}, {}}.start();
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void attacker::run(std::chrono::seconds span) {
  const auto start = clock::now();
  size_t begun = 0;
  while (clock::now() - start < span) {
    const auto now = clock::now();
    const auto due = static_cast<size_t>(
        std::chrono::duration<double>{now - start}.count()
        * static_cast<double>(options_.connects_per_second));
    for (; begun < due; ++begun)
      connect();
    open_max_ = std::max(open_max_, open_.size());
    look_after(now);
    std::this_thread::sleep_until(now + step);
  }
}

void attacker::connect() {
  auto socket = unique_socket{
      ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  const auto host
      = static_cast<uint8_t>(1 + attempts_ / 2 % options_.addresses);
  auto from = loopback(1, host, 0);
  auto to = loopback(0, 1, options_.port);
  ++attempts_;
  // Many sockets of one address: the port is chosen when it connects.
  const int on = 1;
  setsockopt(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
             sizeof(on));
  if (!socket
      || bind(socket.get(), reinterpret_cast<sockaddr*>(&from), sizeof(from))
             != 0
      || (::connect(socket.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to))
              != 0
          && errno != EINPROGRESS)) {
    ++thrown_out_;
    return;
  }
  const auto silent = attempts_ % 2 == 0;
  if (!silent)
    static_cast<void>(::send(socket.get(), opening_.data(), opening_.size(),
                             MSG_NOSIGNAL | MSG_DONTWAIT));
  open_.push_back({std::move(socket), clock::now(), silent});
}

void attacker::look_after(clock::time_point now) {
  std::erase_if(open_, [this, now](const connection& x) {
    std::array<char, 4096> buffer{};
    auto count
        = recv(x.socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    const auto over
        = count == 0 || (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
    if (over)
      ++thrown_out_;
    return over || now - x.since > options_.patience;
  });
}

} // namespace troupe::bench
