// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include <doctest/doctest.h>

#include "nodes.hpp"

using namespace troupe::test;

namespace {

words monitor_words(const std::string& seeds, const words& more = {}) {
  words result{"monitor", "--network", "test-net", "--seeds", seeds};
  result.insert(result.end(), more.begin(), more.end());
  return result;
}

const std::string nobody = std::string(40, 'a') + "@127.0.0.1:1";

} // namespace

SCENARIO("a monitor connects to a node and ends when it is told to") {
  scratch_folder folder;
  const auto id = make_home(folder / "home");
  node_process node{folder / "home", {"--sink=0x20,0x30"}};
  GIVEN("a signal") {
    child monitor{troupe_command(monitor_words(node.address, {"--json"}))};
    CHECK(monitor.event("peer_up").at("peer") == id);
    // What it listens to, and peer exchange.
    CHECK(node.process.event("peer_up").at("moniker") == "troupe-monitor");
    monitor.signal(SIGINT);
    CHECK(monitor.wait() == 0);
    CHECK(monitor.errors() == "");
  }
  GIVEN("a time") {
    auto result = finished{monitor_words(
        node.address, {"--for=1s", "--channels=0x30", "--pex=false"})};
    CHECK(result.status == 0);
    CHECK(result.errors == "");
  }
  node.stop();
}

SCENARIO("a monitor that makes no sense is refused in one line") {
  const auto refused = [](const words& arguments) {
    auto result = finished{arguments};
    CAPTURE(arguments);
    CHECK(result.status == 2);
    CHECK(result.output == "");
    CHECK(result.errors.find('\n') == result.errors.size() - 1);
    return result.errors;
  };
  const auto has = [](const std::string& text, const std::string& part) {
    CAPTURE(text);
    CHECK(text.find(part) != std::string::npos);
  };
  has(refused({"monitor", "--seeds", nobody}), "--network");
  has(refused({"monitor", "--network", "x"}), "--seeds");
  has(refused(monitor_words("127.0.0.1:1")), "127.0.0.1:1");
  has(refused(monitor_words(nobody, {"--interval=1ms"})), "--interval");
  has(refused(monitor_words(nobody, {"--peers=0"})), "--peers");
  has(refused(monitor_words(nobody, {"--channels=cometbft,0x20"})),
      "--channels");
  has(refused(monitor_words(nobody, {"--for=-1s"})), "--for");
  // Peer exchange has that one.
  has(refused(monitor_words(nobody, {"--channels=0x00"})), "0x00");
}
