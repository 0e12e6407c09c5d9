// SPDX-License-Identifier: Apache-2.0
//
// perf_tcp is one end of the comparison without any protocol: what loopback TCP
// does when each message is one write, which no program over TCP passes. It has
// the command line of perf_troupe, level `conn` only, and of the commands
// `tput` and `echo`.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clocks.hpp"

namespace troupe::versus {

namespace {

/// What comes before a round: how many bytes it has, and whether they are to
/// come back.
struct header {
  uint64_t size = 0;
  uint64_t echo = 0;
};

constexpr size_t echo_size = 64;
constexpr size_t read_size = 256 * 1024;

[[noreturn]] void refuse(std::string_view what) {
  fmt::print(stderr, "perf_tcp: {}\n", what);
  std::exit(1);
}

/// A connected socket. Its other end has gone once something fails.
class stream {
public:
  explicit stream(int fd) : fd_(fd) {
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }

  void write(const void* from, size_t size) const {
    const auto* p = static_cast<const char*>(from);
    while (size > 0) {
      const auto count = send(fd_, p, size, MSG_NOSIGNAL);
      if (count <= 0)
        std::exit(0);
      p += count;
      size -= static_cast<size_t>(count);
    }
  }

  size_t read_some(void* to, size_t size) const {
    const auto count = recv(fd_, to, size, 0);
    if (count <= 0)
      std::exit(0);
    return static_cast<size_t>(count);
  }

  void read(void* to, size_t size) const {
    for (size_t done = 0; done < size;)
      done += read_some(static_cast<char*>(to) + done, size - done);
  }

private:
  int fd_;
};

sockaddr_in loopback(uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  result.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return result;
}

int new_socket() {
  const int result = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (result < 0)
    refuse("no socket");
  return result;
}

stream accept_one() {
  const int listener = new_socket();
  auto address = loopback(0);
  socklen_t size = sizeof(address);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, any, size) != 0 || listen(listener, 1) != 0
      || getsockname(listener, any, &size) != 0)
    refuse("cannot listen");
  fmt::print("{} -\n", ntohs(address.sin_port));
  std::fflush(stdout);
  const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0)
    refuse("cannot accept");
  return stream{fd};
}

stream connect_to(uint16_t port) {
  const int fd = new_socket();
  const auto address = loopback(port);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address))
      != 0)
    refuse("cannot connect");
  return stream{fd};
}

/// Ends with the other end.
[[noreturn]] void serve() {
  const auto peer = accept_one();
  std::vector<char> buffer(read_size);
  for (;;) {
    header head;
    peer.read(&head, sizeof(head));
    if (head.echo != 0) {
      const auto size = std::min<uint64_t>(head.size, buffer.size());
      peer.read(buffer.data(), size);
      peer.write(buffer.data(), size);
      continue;
    }
    round_clock round;
    while (round.bytes() < head.size)
      round.arrived(peer.read_some(buffer.data(), buffer.size()));
    const auto end = round.finish();
    peer.write(end.data(), 16);
  }
}

std::string throughput(const stream& peer, pid_t other, size_t size,
                       uint64_t bytes) {
  const both_cpu before{other};
  const std::vector<char> body(std::max<size_t>(size, 1));
  const auto count = bytes / body.size();
  const header head{.size = count * body.size()};
  peer.write(&head, sizeof(head));
  for (uint64_t i = 0; i < count; ++i)
    peer.write(body.data(), body.size());
  std::array<uint64_t, 2> end{};
  peer.read(end.data(), sizeof(end));
  return round_line(before, both_cpu{other}, end[1], end[0]);
}

std::string round_trips(const stream& peer, double milliseconds) {
  // One write for both, as a message is one.
  struct {
    header head{.size = echo_size, .echo = 1};
    std::array<char, echo_size> body = {};
  } ping;
  std::vector<double> times;
  for (const auto until = now() + milliseconds / 1000; now() < until;) {
    const auto start = now();
    peer.write(&ping, sizeof(ping));
    peer.read(ping.body.data(), ping.body.size());
    times.push_back(now() - start);
  }
  return summary(std::move(times));
}

void load(uint16_t port, pid_t other) {
  const auto peer = connect_to(port);
  fmt::print("ready\n");
  std::fflush(stdout);
  for (std::string text; std::getline(std::cin, text);) {
    std::istringstream in{text};
    std::string verb;
    double first = 0;
    double second = 0;
    in >> verb >> first >> second;
    if (verb == "tput")
      fmt::print("{}\n", throughput(peer, other, static_cast<size_t>(first),
                                    static_cast<uint64_t>(second)));
    else if (verb == "echo")
      fmt::print("{}\n", round_trips(peer, first));
    else
      fmt::print("no such command: {}\n", text);
    std::fflush(stdout);
  }
}

} // namespace

} // namespace troupe::versus

int main(int argc, char** argv) {
  using namespace troupe::versus;
  const std::vector<std::string> args{argv + 1, argv + argc};
  if (args.size() > 1 && args[0] == "serve")
    serve();
  if (args.size() < 5 || args[0] != "load")
    refuse("usage: perf_tcp serve conn | load conn PORT ID PID");
  load(static_cast<uint16_t>(std::stoul(args[2])), std::stoi(args[4]));
}
