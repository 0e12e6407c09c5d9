// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include <doctest/doctest.h>

#include "nodes.hpp"

using namespace troupe::test;

namespace {

const std::string some_id(40, 'a');

std::string at(const std::string& id, uint16_t port) {
  return id + "@127.0.0.1:" + std::to_string(port);
}

/// A probe that fails says why in one line.
std::string failing_probe(const words& arguments) {
  words all{"probe"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  auto result = finished{all};
  CAPTURE(arguments);
  CHECK(result.status == 1);
  CHECK(result.output == "");
  CHECK(result.errors.find('\n') == result.errors.size() - 1);
  return result.errors;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

SCENARIO("a probe tells who a node is, whatever its network") {
  scratch_folder folder;
  const auto id = make_home(folder / "home", "a \"network\"");
  node_process node{folder / "home", {"--echo"}};
  GIVEN("that a program reads the answer") {
    auto result = finished{{"probe", "mconn://" + node.address, "--json"}};
    REQUIRE_MESSAGE(result.status == 0, result.errors);
    auto found = nlohmann::json::parse(result.output);
    CHECK(found.at("node_id") == id);
    CHECK(found.at("moniker") == "the \\node");
    CHECK(found.at("network") == "a \"network\"");
    CHECK(found.at("channels") == nlohmann::json{"0x00", "0x70"});
    CHECK(found.at("protocol").at("block") == 11);
    CHECK(found.at("listen_addr").get<std::string>().find(node.port())
          != std::string::npos);
    CHECK(found.at("connect_us") > 0);
    CHECK(found.at("handshake_us") > 0);
    CHECK(found.at("total_us") >= found.at("handshake_us"));
  }
  GIVEN("a name that has to be looked up") {
    auto result = finished{{"probe", id + "@localhost:" + node.port()}};
    CHECK_MESSAGE(result.status == 0, result.errors);
    CHECK(contains(result.output, id));
    CHECK(contains(result.output, "channels   0x00 0x70"));
  }
  GIVEN("that another node was expected") {
    auto errors = failing_probe({some_id + "@" + node.host_and_port});
    CHECK(contains(errors, id));
    CHECK(contains(errors, some_id));
  }
  node.stop();
}

SCENARIO("a probe of something else says what is wrong, in time") {
  GIVEN("a closed port") {
    uint16_t closed = silent_port{}.number();
    auto errors = failing_probe({at(some_id, closed)});
    CHECK(contains(errors, "Connection refused"));
  }
  GIVEN("no port, where nobody listens") {
    auto errors = failing_probe({some_id + "@127.66.77.88"});
    CHECK(contains(errors, "127.66.77.88:26656: Connection refused"));
  }
  GIVEN("a port that accepts and never talks") {
    silent_port port;
    auto errors
        = failing_probe({at(some_id, port.number()), "--timeout=300ms"});
    CHECK(contains(errors, "handshake"));
  }
  GIVEN("a web server") {
    silent_port port;
    std::thread server{[&port] {
      port.serve("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n"
                 "Connection: close\r\n\r\n400 Bad Request");
    }};
    auto errors = failing_probe({at(some_id, port.number())});
    server.join();
    CHECK(contains(errors, "does not speak"));
  }
  GIVEN("a host that does not exist") {
    auto errors = failing_probe({some_id + "@no-such-host.invalid:1"});
    CHECK(contains(errors, "no-such-host.invalid"));
  }
}
