// SPDX-License-Identifier: Apache-2.0

// The HTTP server with real sockets: what clients do that mean no good.

#include "troupe/actors/operator/operator_server.hpp"

#include <array>
#include <cstring>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <caf/actor_system_config.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>

#include "troupe/actors/operator/unix_socket.hpp"
#include "troupe/transport/tcp/tcp_socket.hpp"

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// No test waits that long unless it is about to fail.
constexpr int patience_ms = 30'000;

/// A client that says what it likes.
class raw_client {
public:
  explicit raw_client(uint16_t port)
    : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(fd_.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to))
            == 0);
  }

  raw_client& say(std::string_view text) {
    while (!text.empty()) {
      auto count = send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (count <= 0)
        break; // The server has had enough, which `rest` sees.
      text.remove_prefix(static_cast<size_t>(count));
    }
    return *this;
  }

  /// Waits for something to come. @returns `false` at the end.
  bool read_some() {
    pollfd wanted{fd_.get(), POLLIN, 0};
    REQUIRE(poll(&wanted, 1, patience_ms) == 1);
    std::array<char, 4096> buffer;
    auto count = recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (count <= 0)
      return false;
    got.append(buffer.data(), static_cast<size_t>(count));
    return true;
  }

  /// Everything until the server closes the connection.
  std::string rest() {
    while (read_some()) {
    }
    return std::exchange(got, {});
  }

  /// Everything until `text` was there.
  std::string until(std::string_view text) {
    while (got.find(text) == std::string::npos)
      REQUIRE_MESSAGE(read_some(), got);
    return std::exchange(got, {});
  }

  std::string got;

private:
  unique_socket fd_;
};

struct config : caf::actor_system_config {
  config() {
    caf::init_global_meta_objects<caf::id_block::troupe>();
    caf::io::middleman::init_global_meta_objects();
    caf::core::init_global_meta_objects();
    load<caf::io::middleman>();
    set("caf.scheduler.max-threads", 2);
  }
};

struct operator_server_fixture {
  operator_server_fixture() {
    limits.idle_time = 300ms;
    limits.request_time = 5s;
  }

  ~operator_server_fixture() {
    server.reset();
    where.stop();
    caf::scoped_actor self{sys};
    self->wait_for(where.router());
  }

  void open() {
    // It is healthy once it listens.
    caf::scoped_actor self{sys};
    self->request(where.router(), 30s, caf::get_atom_v)
        .receive([](const std::vector<endpoint>&) {},
                 [](const caf::error& reason) { FAIL(to_string(reason)); });
    auto made = operator_server::at_port(
        sys, where, {"tcp", ip_address::v4(127, 0, 0, 1), 0},
        {.limits = limits});
    REQUIRE_MESSAGE(made, to_string(made.error()));
    server.emplace(std::move(*made));
  }

  [[nodiscard]] raw_client client() const {
    return raw_client{server->port()};
  }

  /// That everybody else is still served.
  void check_alive() const {
    auto answer = client()
                      .say("GET /health HTTP/1.1\r\nHost: x\r\nConnection: "
                           "close\r\n\r\n")
                      .rest();
    CHECK_MESSAGE(answer.starts_with("HTTP/1.1 200 OK\r\n"), answer);
    CHECK(answer.find("\"status\":\"ok\"") != std::string::npos);
  }

  http_limits limits;
  config cfg;
  caf::actor_system sys{cfg};
  system_entropy random;
  node where = spawn_node(sys, {.key = node_key::generate(random),
                                .network = "test",
                                .moniker = "test",
                                .listen = {"mconn://127.0.0.1:0"},
                                .channels_expected = 0});
  std::optional<operator_server> server;
};

constexpr std::string_view get_health
    = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";

} // namespace

TEST_CASE_FIXTURE(operator_server_fixture,
                  "GET and HEAD are answered, one after the other, "
                  "with and without a query") {
  open();
  auto one = client();
  one.say("GET /metrics?a=b HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(one.until("caf_system").find("text/plain") != std::string::npos);
  auto two = client();
  two.say("HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n");
  auto head = two.until("\r\n\r\n");
  CHECK(head.starts_with("HTTP/1.1 200 OK"));
  CHECK(head.find("Content-Length: ") != std::string::npos);
  CHECK(head.ends_with("\r\n\r\n"));
  two.say("GET /health?x HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(two.until("}\n").find("\"ok\"") != std::string::npos);
  // Two in one piece.
  two.say(std::string{get_health} + std::string{get_health});
  two.until("}\n");
  two.say("GET /health HTTP/1.0\r\n\r\n");
  CHECK(two.rest().find("\"ok\"") != std::string::npos);
  auto three = client();
  three.say("POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
  CHECK(three.until("}\n").find("Allow: GET, HEAD") != std::string::npos);
}

TEST_CASE_FIXTURE(operator_server_fixture,
                  "garbage, huge headers and huge bodies cost their "
                  "sender the connection, and nobody else anything") {
  open();
  std::string zeros(32, '\0');
  CHECK_FALSE(client().say(zeros).rest().starts_with("HTTP/1.1 2"));
  std::string noise;
  for (int i = 0; i < 4096; ++i)
    noise += static_cast<char>(i * 7919 >> 3);
  CHECK_FALSE(client().say(noise).rest().starts_with("HTTP/1.1 2"));
  CHECK_FALSE(client()
                  .say("GET /" + std::string(1 << 20, 'a') + " HTTP/1.1\r\n")
                  .rest()
                  .starts_with("HTTP/1.1 2"));
  CHECK_FALSE(client()
                  .say("GET /health HTTP/1.1\r\nHost: x\r\nX: "
                       + std::string(1 << 20, 'a') + "\r\n\r\n")
                  .rest()
                  .starts_with("HTTP/1.1 2"));
  auto big = client();
  big.say("POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: "
          "2147483648\r\n\r\n");
  CHECK(big.rest().starts_with("HTTP/1.1 413"));
  CHECK_FALSE(client()
                  .say("POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: "
                       "99999999999999999999\r\n\r\n")
                  .rest()
                  .starts_with("HTTP/1.1 2"));
  auto chunked = client();
  chunked.say("POST /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
              "chunked\r\n\r\n");
  for (int i = 0; i < 100; ++i)
    chunked.say("1000\r\n" + std::string(0x1000, 'x') + "\r\n");
  CHECK_FALSE(chunked.rest().starts_with("HTTP/1.1 2"));
  check_alive();
}

TEST_CASE_FIXTURE(operator_server_fixture,
                  "who sends nothing, or half a request, or nothing "
                  "more, loses the connection") {
  open();
  CHECK(client().rest() == "");
  client().say("GET /health HTTP/1.1\r\nHo").rest();
  auto served = client();
  served.say(get_health);
  served.until("}\n");
  CHECK(served.rest() == "");
  limits.request_time = 300ms;
  limits.idle_time = 1h;
  server.reset();
  open();
  client()
      .say("POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx")
      .rest();
  check_alive();
}

TEST_CASE_FIXTURE(operator_server_fixture,
                  "surplus connections end, and idle ones make way") {
  limits.max_connections = 4;
  limits.idle_time = 1h;
  open();
  std::vector<raw_client> idle;
  for (int i = 0; i < 20; ++i)
    idle.push_back(client());
  // The oldest ones had to go.
  for (int i = 0; i < 16; ++i)
    CHECK(idle[static_cast<size_t>(i)].rest() == "");
  check_alive();
}

TEST_CASE_FIXTURE(operator_server_fixture,
                  "requests and connections have a rate") {
  limits.request_rate = {0.001, 2};
  open();
  auto one = client();
  for (int i = 0; i < 2; ++i) {
    one.say(get_health);
    CHECK(one.until("}\n").starts_with("HTTP/1.1 200"));
  }
  one.say(get_health);
  CHECK(one.until("}\n").starts_with("HTTP/1.1 429"));
}

TEST_CASE_FIXTURE(operator_server_fixture,
                  "a server that was out of descriptors goes on once "
                  "there are some") {
  open();
  check_alive();
  rlimit before = {};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  auto next = unique_socket{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  // All that are open now, and no more.
  auto none = before;
  none.rlim_cur = static_cast<rlim_t>(unique_socket{dup(0)}.get());
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(server->port());
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  auto connected
      = connect(next.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(connected);
  check_alive();
}

TEST_CASE_FIXTURE(operator_server_fixture,
                  "a port can be served again at once, with its old "
                  "connections still around") {
  limits.idle_time = 1h;
  open();
  auto old = client();
  old.say(get_health);
  old.until("}\n");
  const auto port = server->port();
  // The server closes first, which leaves its end in TIME_WAIT.
  server.reset();
  old.rest();
  auto made = operator_server::at_port(
      sys, where, {"tcp", ip_address::v4(127, 0, 0, 1), port});
  REQUIRE_MESSAGE(made, to_string(made.error()));
  server.emplace(std::move(*made));
  check_alive();
}

TEST_CASE_FIXTURE(operator_server_fixture,
                  "an address that cannot be listened at is refused "
                  "in words") {
  open();
  auto taken = operator_server::at_port(
      sys, where, {"tcp", ip_address::v4(127, 0, 0, 1), server->port()});
  REQUIRE_FALSE(taken);
  CHECK(taken.code() == errc::cannot_listen);
}
