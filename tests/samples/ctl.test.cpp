// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "nodes.hpp"

using namespace troupe::test;

namespace {

/// A node that can be steered, and another one that waits to be dialed.
struct steered {
  finished ctl(const words& more) const {
    words all{"ctl", where};
    all.insert(all.end(), more.begin(), more.end());
    return finished{all};
  }

  /// A command that has to work.
  std::string order(const words& more) const {
    auto run = ctl(more);
    CHECK_MESSAGE(run.status == 0, run.errors);
    return run.output;
  }

  scratch_folder folder;
  std::string one = folder / "one";
  std::string two = folder / "two";
  std::string one_id = make_home(one);
  std::string two_id = make_home(two);
  node_process other{two};
  // It dials nobody again of itself before somebody orders it to.
  child node{troupe_command({"start", "--home", one, "--json", "--ctl", "0",
                             "--listen=mconn://127.0.0.1:0",
                             "--disconnect-cooldown=1h"})};
  std::string where = node.event("ctl").at("endpoint");
};

} // namespace

TEST_CASE_FIXTURE(steered, "  Scenario: a running node is steered from another "
                           "process") {
  CHECK(order({"list", "--json"}) == "");
  order({"dial", other.address});
  CHECK(node.event("peer_up").at("peer") == two_id);
  auto listed = nlohmann::json::parse(order({"list", "--json"}));
  CHECK(listed.at("peer") == two_id);
  CHECK(listed.at("state") == "up");
  CHECK(order({"list"}).find(two_id) == 0);

  order({"ban", two_id, "1h", "too", "loud"});
  CHECK(node.event("peer_down").at("reason") == "banned");
  CHECK(order({"list"}).find("too loud") != std::string::npos);
  auto refused = ctl({"dial", two_id});
  CHECK(refused.status == 1);
  CHECK(refused.errors.find("banned") != std::string::npos);

  order({"unban", two_id});
  // Whatever its cooldown.
  order({"dial", two_id});
  CHECK(node.event("peer_up").at("peer") == two_id);
  order({"disconnect", two_id});
  CHECK(node.event("peer_down").at("peer") == two_id);

  auto limits = nlohmann::json::parse(
      order({"limits", "max-connected=7", "max-outgoing=none", "--json"}));
  CHECK(limits.at("max_connected") == 7);
  CHECK(limits.at("max_outgoing").is_null());
  CHECK(order({"limits"}).find("max-connected=7\n") != std::string::npos);
  CHECK(ctl({"limits", "max-connected=0"}).status == 1);

  limits = nlohmann::json::parse(order(
      {"limits", "max-per-ip=3", "ip-rate=0.5", "total-rate=none", "--json"}));
  CHECK(limits.at("max_per_ip") == 3);
  CHECK(limits.at("ip_rate") == 0.5);
  CHECK(limits.at("total_rate").is_null());
  CHECK(limits.at("max_connected") == 7);
  CHECK(order({"limits"}).find("ip-rate=0.5\n") != std::string::npos);
  auto senseless = ctl({"limits", "max-per-ip=0"});
  CHECK(senseless.status == 1);
  CHECK(senseless.errors.find("max_per_ip") != std::string::npos);
  node.signal(SIGTERM);
  node.event("stopped");
  CHECK(node.wait() == 0);
  // Nobody is there any more.
  CHECK(ctl({"list"}).status == 1);
  other.stop();
}

TEST_CASE_FIXTURE(steered, "  Scenario: orders that make no sense are refused "
                           "with what was expected") {
  for (const auto& bad : std::vector<words>{
           {"unknown"},
           {"dial"},
           {"dial", "somebody"},
           {"disconnect", "somebody"},
           {"ban", two_id},
           {"ban", two_id, "long"},
           {"ban", two_id, "0s"},
           {"limits", "max-connected"},
           {"limits", "max-peers=1"},
           {"limits", "max-connected-upgrade=none"},
           {"limits", "max-connected=0.5"},
           {"limits", "max-per-ip=none"},
           {"limits", "ip-rate=0"},
           {"limits", "ip-rate=-1"},
           {"limits", "ip-rate=fast"},
           {"list", "more"},
       }) {
    CAPTURE(bad[0]);
    auto run = ctl(bad);
    CHECK(run.status == 2);
    CHECK(run.output == "");
    CHECK(run.errors.find('\n') == run.errors.size() - 1);
  }
  CHECK(finished{{"ctl", "localhost", "list"}}.status == 2);
  CHECK(finished{{"ctl", where}}.status == 2);
}

TEST_CASE("  Scenario: who is no node is told apart from nobody") {
  auto errors_of = [](uint16_t port, const words& more) {
    words all{"ctl", "127.0.0.1:" + std::to_string(port), "list"};
    all.insert(all.end(), more.begin(), more.end());
    auto run = finished{all};
    CHECK(run.status == 1);
    CHECK(run.errors.find('\n') == run.errors.size() - 1);
    return run.errors;
  };
  uint16_t closed = 0;
  {
    silent_port port;
    closed = port.number();
    CHECK(errors_of(closed, {"--timeout=200ms"}).find("no answer in time")
          != std::string::npos);
  }
  CHECK(errors_of(closed, {}).find("nobody listens") != std::string::npos);
  silent_port web;
  std::thread server{[&web] { web.serve("HTTP/1.1 400 Bad Request\r\n\r\n"); }};
  CHECK(errors_of(web.number(), {}).find("no node") != std::string::npos);
  server.join();
  CHECK(finished{{"ctl", "127.0.0.1:1", "list", "--timeout=0s"}}.status == 2);
}

TEST_CASE("  Scenario: a node is steered from this host only, unless its "
          "operator says otherwise") {
  scratch_folder folder;
  const auto home = folder / "one";
  make_home(home);
  auto start = [&](const words& more) {
    words all{"start", "--home", home, "--listen=mconn://127.0.0.1:0"};
    all.insert(all.end(), more.begin(), more.end());
    return finished{all};
  };
  for (const auto& bad : std::vector<words>{{"--ctl=0.0.0.0:0"},
                                            {"--ctl=[::]:0"},
                                            {"--ctl=here"},
                                            {"--ctl=127.0.0.1"},
                                            {"--ctl-anywhere"}}) {
    CAPTURE(bad[0]);
    auto run = start(bad);
    CHECK(run.status == 2);
    CHECK(run.errors.find("--ctl") != std::string::npos);
  }
  child node{
      troupe_command({"start", "--home", home, "--json", "--ctl=0.0.0.0:0",
                      "--ctl-anywhere", "--listen=mconn://127.0.0.1:0"})};
  const std::string where = node.event("ctl").at("endpoint");
  CHECK(where.find("0.0.0.0:") == 0);
  CHECK(finished{{"ctl", "127.0.0.1" + where.substr(where.rfind(':')), "list"}}
            .status
        == 0);
  node.signal(SIGTERM);
  node.event("stopped");
  CHECK(node.wait() == 0);
}
