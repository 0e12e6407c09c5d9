// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/http_acceptor.hpp"

#include <vector>

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "troupe/transport/tcp/tcp_socket.hpp"

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// A listening socket, and clients that have connected to it.
struct http_acceptor_fixture {
  http_acceptor_fixture() {
    auto opened = listen_tcp(
        {.protocol = "tcp", .ip = ip_address::parse("127.0.0.1"), .port = 0});
    REQUIRE(opened);
    listener = std::move(*opened);
  }

  void connect_one() {
    sockaddr_storage where = {};
    socklen_t size = sizeof(where);
    auto* address = reinterpret_cast<sockaddr*>(&where);
    REQUIRE(getsockname(listener.get(), address, &size) == 0);
    clients.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(connect(clients.back().get(), address, size) == 0);
  }

  unique_socket listener;
  std::vector<unique_socket> clients;
  time_point now = time_point{} + 1h;
};

/// Leaves the process the descriptors that it has, and no more.
class no_more_descriptors {
public:
  no_more_descriptors() {
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before_) == 0);
    auto none = before_;
    none.rlim_cur = static_cast<rlim_t>(unique_socket{dup(0)}.get());
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  }

  ~no_more_descriptors() {
    setrlimit(RLIMIT_NOFILE, &before_);
  }

private:
  rlimit before_ = {};
};

} // namespace

TEST_CASE_FIXTURE(http_acceptor_fixture,
                  "without descriptors nobody is accepted for a while, "
                  "rather than tried again and again") {
  http_acceptor uut{listener.get(), {}, now};
  connect_one();
  {
    no_more_descriptors here;
    CHECK_FALSE(uut.next(now));
    CHECK(uut.pauses(now));
    CHECK(uut.pauses(now + 249ms));
    CHECK(uut.resumes_at() == now + 250ms);
  }
  // There are some again, but that is not looked for before.
  CHECK_FALSE(uut.next(now + 249ms));
  CHECK(uut.next(now + 250ms));
  CHECK_FALSE(uut.pauses(now + 250ms));
}

TEST_CASE_FIXTURE(http_acceptor_fixture,
                  "no more connections are taken than the rate allows") {
  http_acceptor uut{listener.get(), {.accept_rate = {10, 2}}, now};
  for (int i = 0; i < 4; ++i)
    connect_one();
  CHECK(uut.next(now));
  CHECK(uut.next(now));
  CHECK_FALSE(uut.next(now));
  CHECK(uut.resumes_at() == now + 100ms);
  CHECK(uut.next(now + 100ms));
  CHECK_FALSE(uut.next(now + 100ms));
}

TEST_CASE_FIXTURE(http_acceptor_fixture,
                  "while nobody waits there is no pause") {
  http_acceptor uut{listener.get(), {}, now};
  CHECK_FALSE(uut.next(now));
  CHECK_FALSE(uut.pauses(now));
}
