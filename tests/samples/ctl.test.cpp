// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "local_socket.hpp"
#include "nodes.hpp"

using namespace troupe::test;

namespace {

/// A node that can be steered, and another one that waits to be dialed.
struct steered {
  finished ctl(const words& more) const {
    words all{"ctl", "--home", one};
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
  // Without peer exchange, it hears of nobody whom it could dial.
  node_process other{two, {"--echo", "--pex=false"}};
  // It dials nobody again of itself before somebody orders it to.
  child node{troupe_command({"start", "--home", one, "--json", "--echo",
                             "--listen=mconn://127.0.0.1:0",
                             "--disconnect-cooldown=1h"})};
  std::string where = one + "/ctl.sock";
  nlohmann::json listening = node.event("listening");
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
  auto connected = ctl({"forget", two_id});
  CHECK(connected.status == 1);
  CHECK(connected.errors.find("forget") != std::string::npos);
  order({"disconnect", two_id});
  CHECK(node.event("peer_down").at("peer") == two_id);
  order({"forget", two_id});
  CHECK(order({"list"}) == "");
  CHECK(ctl({"dial", two_id}).status == 1);

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
  CHECK(order({"limits", "subnet-limits=all"}).find("subnet-limits=all\n")
        != std::string::npos);
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
           {"forget", "somebody"},
           {"forget", two_id, "more"},
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
  struct row {
    words typed;
    std::string_view said;
  };
  for (const auto& [typed, said] : std::vector<row>{
           {{"ban", two_id}, "expected ban ID TIME [REASON]"},
           {{"lst"}, "did you mean list?"},
           {{"net_info"}, "'list' shows the peers"},
           {{"unsafe_dial_peers"}, "it is 'dial ID@HOST:PORT'"},
           {{"ban", two_id.substr(0, 8), "1h"}, "40 hexadecimal digits"},
       })
    CHECK_MESSAGE(ctl(typed).errors.find(said) != std::string::npos,
                  ctl(typed).errors);
  const auto unbanned = ctl({"unban", two_id});
  CHECK(unbanned.status == 1);
  CHECK(unbanned.errors.find("it is not banned") != std::string::npos);
  CHECK(finished{{"ctl", "list"}}.status == 2);
  CHECK(finished{{"ctl", "--home", one}}.status == 2);
  CHECK(finished{{"ctl", "--home", one, "list", "--timeout=0s"}}.status == 2);
}

TEST_CASE_FIXTURE(steered,
                  "  Scenario: the socket is for the node's owner, and "
                  "speaks HTTP") {
  struct stat found = {};
  REQUIRE(stat(where.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
  auto exchange = [this](const std::string& request) {
    local_client client{where};
    client.say(request);
    return client.rest();
  };
  auto answer = exchange("GET /node HTTP/1.0\r\n\r\n");
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(answer.find(one_id) != std::string::npos);
  answer = exchange("HEAD /peers?limit=1 HTTP/1.0\r\n\r\n");
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(answer.ends_with("\r\n\r\n"));
  // Has until its time is over, or the node's.
  local_client stranger{where};
  stranger.say(std::string(32, '\0'));
  CHECK(exchange("GET /node HTTP/1.0\r\n\r\n").find(one_id)
        != std::string::npos);
  // Somebody follows what happens.
  local_client follower{where};
  follower.say("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  follower.until("\"listening\"");
  order({"dial", other.address});
  auto up = follower.until("peer_up");
  up += follower.until("moniker");
  CHECK(up.find(two_id) != std::string::npos);
  CHECK(up.find("\"direction\"") != std::string::npos);
  node.signal(SIGTERM);
  node.event("stopped");
  // The stream has an end, not a break.
  CHECK(follower.rest().ends_with("0\r\n\r\n"));
  CHECK(stranger.rest().find("200") == std::string::npos);
  CHECK(node.wait() == 0);
  CHECK_FALSE(std::filesystem::exists(where));
}

TEST_CASE("  Scenario: a node that was killed starts again, and a home has one "
          "node") {
  scratch_folder folder;
  const auto home = folder / "one";
  make_home(home);
  const words list{"ctl", "--home", home, "list"};
  CHECK(finished{list}.errors.find("nobody listens") != std::string::npos);
  {
    node_process first{home, {"--metrics=127.0.0.1:0"}};
    CHECK(finished{list}.status == 0);
    auto second = finished{
        {"start", "--home", home, "--echo", "--listen=mconn://127.0.0.1:0"}};
    CHECK(second.status == 2);
    CHECK(finished{list}.status == 0);
    first.process.signal(SIGKILL);
    first.process.wait();
  }
  CHECK(std::filesystem::exists(home + "/ctl.sock"));
  CHECK(finished{list}.errors.find("nobody listens") != std::string::npos);
  node_process again{home};
  CHECK(finished{list}.status == 0);
  again.stop();
}

TEST_CASE("  Scenario: the socket can be elsewhere, and its path as long as "
          "paths may be") {
  scratch_folder folder;
  const auto home
      = folder / (std::string(100, 'h') + "/" + std::string(100, 'h'));
  std::filesystem::create_directories(home);
  make_home(home);
  {
    node_process node{home};
    CHECK(finished{{"ctl", "--home", home, "list"}}.status == 0);
    node.stop();
  }
  const auto elsewhere = folder / "elsewhere";
  child node{node_process::command(home, {"--ctl-socket", elsewhere}, "0")};
  CHECK(node.event("ctl").at("socket") == elsewhere);
  CHECK(finished{{"ctl", "--ctl-socket", elsewhere, "list"}}.status == 0);
  CHECK(finished{{"ctl", "--home", home, "list"}}.status == 1);
  node.signal(SIGTERM);
  node.event("stopped");
  CHECK(node.wait() == 0);
  auto refused
      = finished{{"start", "--home", home, "--echo", "--ctl-socket",
                  folder / "missing/sock", "--listen=mconn://127.0.0.1:0"}};
  CHECK(refused.status == 2);
  CHECK(refused.errors.find("--ctl-socket") != std::string::npos);
}

TEST_CASE("  Scenario: who is no node is told apart from nobody") {
  scratch_folder folder;
  const auto where = folder / "sock";
  auto errors_of = [&](const words& more) {
    words all{"ctl", "--ctl-socket", where, "list"};
    all.insert(all.end(), more.begin(), more.end());
    auto run = finished{all};
    CHECK(run.status == 1);
    CHECK(run.errors.find('\n') == run.errors.size() - 1);
    return run.errors;
  };
  CHECK(errors_of({}).find("nobody listens") != std::string::npos);
  local_server other{where};
  CHECK(errors_of({"--timeout=200ms"}).find("no answer in time")
        != std::string::npos);
  for (const std::string text :
       {"220 mail.example.org\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n[]"}) {
    CAPTURE(text);
    std::thread server{[&] { other.serve(text); }};
    CHECK(errors_of({}).find("no node") != std::string::npos);
    server.join();
  }
  std::thread server{[&] {
    other.serve("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\":\"b\"}");
  }};
  CHECK(errors_of({}).find("none of a node") != std::string::npos);
  server.join();
}

TEST_CASE("  Scenario: metrics can be had at a port, and nothing else") {
  scratch_folder folder;
  const auto home = folder / "one";
  make_home(home);
  child node{troupe_command({"start", "--home", home, "--json", "--echo",
                             "--listen=mconn://127.0.0.1:0",
                             "--metrics=127.0.0.1:0"})};
  const std::string url = node.event("metrics").at("url");
  CHECK(url.ends_with("/metrics"));
  node.event("listening");
  const auto port
      = static_cast<uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  auto get = [&](const std::string& path) {
    port_client client{port};
    client.say("GET " + path + " HTTP/1.0\r\n\r\n");
    return client.rest();
  };
  CHECK(get("/metrics").find("caf_system") != std::string::npos);
  CHECK(get("/health").find("\"ok\"") != std::string::npos);
  CHECK(get("/peers").starts_with("HTTP/1.1 404"));
  // What killed a node that listened with CAF's own protocol.
  port_client stranger{port};
  stranger.say(std::string(32, '\0'));
  CHECK(get("/health").find("\"ok\"") != std::string::npos);
  node.signal(SIGTERM);
  node.event("stopped");
  CHECK(stranger.rest().find("200") == std::string::npos);
  CHECK(node.wait() == 0);
}
