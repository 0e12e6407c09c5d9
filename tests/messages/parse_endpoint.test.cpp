// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/parse_endpoint.hpp"

#include <doctest/doctest.h>

using namespace troupe;

TEST_CASE("an endpoint is a protocol, an IP address and a port") {
  struct row {
    const char* text;
    const char* protocol;
    const char* ip;
    uint16_t port;
  };
  for (const auto& x : {
           row{"mconn://127.0.0.1:26656", "mconn", "127.0.0.1", 26656},
           row{"tcp://0.0.0.0:0", "tcp", "0.0.0.0", 0},
           row{"127.0.0.1:1", "mconn", "127.0.0.1", 1},
           row{"[::1]:65535", "mconn", "::1", 65535},
           row{"tcp://[fd80:b10c::2]:26657", "tcp", "fd80:b10c::2", 26657},
           row{"foo://[::]:80", "foo", "::", 80},
       }) {
    CAPTURE(std::string{x.text});
    auto parsed = parse_endpoint(x.text);
    REQUIRE(parsed);
    CHECK(parsed->protocol == x.protocol);
    REQUIRE(parsed->ip);
    CHECK(to_string(*parsed->ip) == x.ip);
    CHECK(parsed->port == x.port);
    CHECK(parsed->path.empty());
  }
}

TEST_CASE("the error names the part that is wrong") {
  struct row {
    const char* text;
    const char* named;
  };
  for (const auto& x : {
           row{"", "port is missing"},
           row{"127.0.0.1", "port is missing"},
           row{"mconn://", "port is missing"},
           row{"://127.0.0.1:1", "protocol is empty"},
           row{"localhost:1", R"("localhost")"},
           row{"mconn://:26656", "not an IP address"},
           row{"[]:1", "not an IP address"},
           row{"1.2.3:1", R"("1.2.3")"},
           row{"1.2.3.4.5:1", R"("1.2.3.4.5")"},
           row{"::1:26656", "brackets"},
           row{"[::1]", "brackets"},
           row{"127.0.0.1:", "port"},
           row{"127.0.0.1:65536", R"("65536")"},
           row{"127.0.0.1:-1", R"("-1")"},
           row{"127.0.0.1:+1", R"("+1")"},
           row{"127.0.0.1: 1", R"(" 1")"},
           row{"127.0.0.1:1/path", R"("1/path")"},
           row{"id@127.0.0.1:1", R"("id@127.0.0.1")"},
       }) {
    CAPTURE(std::string{x.text});
    auto parsed = parse_endpoint(x.text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.code() == errc::invalid_endpoint);
    CAPTURE(parsed.error().context);
    CHECK(parsed.error().context.find(x.named) != std::string::npos);
  }
}
