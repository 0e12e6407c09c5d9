// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <fstream>

#include <doctest/doctest.h>

#include "nodes.hpp"

using namespace troupe::test;

namespace {

struct two_homes {
  scratch_folder folder;
  std::string one = folder / "one";
  std::string two = folder / "two";
  std::string one_id = make_home(one);
  std::string two_id = make_home(two);
};

} // namespace

TEST_CASE_FIXTURE(two_homes, "  Scenario: two nodes that are each other's "
                             "persistent peers find each other again") {
  // Both ports have to be known before both can name each other.
  auto first = std::make_unique<node_process>(one);
  const auto port = first->port();
  const auto one_address = first->address;
  node_process other{two, {"--persistent-peers", one_address}};
  CHECK(other.process.event("peer_up").at("peer") == one_id);
  CHECK(first->process.event("peer_up").at("peer") == two_id);
  first->stop();
  CHECK(other.process.event("peer_down").at("peer") == one_id);

  const words to_other{"--persistent-peers", other.address};
  first = std::make_unique<node_process>(one, to_other, port);
  CHECK(first->address == one_address);
  CHECK(first->process.event("peer_up").at("peer") == two_id);
  CHECK(other.process.event("peer_up").at("peer") == one_id);

  first->process.signal(SIGKILL);
  CHECK(other.process.event("peer_down").at("peer") == one_id);
  first = std::make_unique<node_process>(one, to_other, port);
  auto up = other.process.event("peer_up");
  CHECK(up.at("peer") == one_id);
  CHECK(up.at("moniker") == "the \\node");
  CHECK(up.at("address").get<std::string>().find(one_id + "@127.0.0.1:")
        != std::string::npos);
  CHECK(up.at("time").get<std::string>().size()
        == std::string{"2030-01-02T03:04:05.678Z"}.size());
  CHECK(first->process.event("peer_up").at("peer") == two_id);

  // SIGINT and SIGTERM mean the same.
  other.process.signal(SIGINT);
  other.process.event("stopped");
  CHECK(other.process.wait() == 0);
  CHECK(first->process.event("peer_down").at("peer") == two_id);
  first->stop();
}

TEST_CASE_FIXTURE(two_homes, "  Scenario: a node listens at several places, "
                             "and is found at an IPv6 address") {
  node_process first{one, {"--listen=mconn://127.0.0.1:0,mconn://[::1]:0"}};
  const auto second
      = first.process.event("listening").at("endpoint").get<std::string>();
  REQUIRE(second.starts_with("mconn://[::1]:"));
  const auto port = second.substr(second.rfind(':') + 1);
  node_process other{two, {"--persistent-peers", one_id + "@[::1]:" + port}};
  CHECK(other.process.event("peer_up").at("peer") == one_id);
  const nlohmann::json up = first.process.event("peer_up");
  CHECK(up.at("address").get<std::string>().find("@[::1]:")
        != std::string::npos);
  other.stop();
  first.stop();
}

TEST_CASE_FIXTURE(two_homes, "  Scenario: a node listens where a list in its "
                             "configuration file says") {
  std::ofstream{one + "/config/troupe.conf"} << R"(troupe {
  network = "test-net"
  listen = [
    "mconn://127.0.0.1:0", # here
    "mconn://[::1]:0"
  ]
})";
  child node{troupe_command({"start", "--home", one, "--json", "--echo"})};
  CHECK(node.event("listening")
            .at("endpoint")
            .get<std::string>()
            .starts_with("mconn://127.0.0.1:"));
  CHECK(node.event("listening")
            .at("endpoint")
            .get<std::string>()
            .starts_with("mconn://[::1]:"));
  node.signal(SIGTERM);
  node.event("stopped");
  CHECK(node.wait() == 0);
}

TEST_CASE_FIXTURE(two_homes, "  Scenario: nodes with --echo measure how long "
                             "an answer takes") {
  node_process first{one, {"--echo"}};
  node_process second{two, {"--echo", "--bootstrap-peers=" + first.address}};
  CHECK(first.process.event("pong").at("peer") == two_id);
  auto pong = second.process.event("pong");
  CHECK(pong.at("peer") == one_id);
  CHECK(pong.at("rtt_us") > 0);
  second.stop();
  first.stop();
}

TEST_CASE_FIXTURE(two_homes, "  Scenario: a sink counts bytes of any kind") {
  // What the echo reactor sends is nothing that the sink could parse.
  node_process sink{one, {"--sink", "112"}};
  node_process source{two, {"--echo", "--persistent-peers", sink.address}};
  auto event = sink.process.event("sink");
  CHECK(event.at("channel") == "0x70");
  CHECK(event.at("messages") > 0);
  CHECK(event.at("bytes") > 0);
  sink.process.signal(SIGTERM);
  CHECK(sink.process.event("sink").at("messages") >= event.at("messages"));
  sink.process.event("stopped");
  CHECK(sink.process.wait() == 0);
  source.stop();
}

TEST_CASE_FIXTURE(two_homes,
                  "  Scenario: a sink has all channels of a CometBFT "
                  "node but peer exchange, and others, too") {
  node_process sink{one, {"--sink=cometbft, 112", "--pex=false"}};
  auto probed = finished{{"probe", sink.address, "--json"}};
  REQUIRE_MESSAGE(probed.status == 0, probed.errors);
  CHECK(nlohmann::json::parse(probed.output).at("channels")
        == nlohmann::json{"0x20", "0x21", "0x22", "0x23", "0x30", "0x38",
                          "0x40", "0x60", "0x61", "0x70"});
  sink.stop();
}

TEST_CASE_FIXTURE(two_homes, "  Scenario: the configuration file is read, and "
                             "the command line wins") {
  write_file(one + "/config/troupe.conf",
             "troupe {\n  network = \"file-net\"\n  moniker = \"file\"\n"
             "  json = true\n}\n");
  node_process node{one, {"--moniker=line"}};
  auto probed = finished{{"probe", node.address, "--json"}};
  auto found = nlohmann::json::parse(probed.output);
  CHECK(found.at("network") == "file-net");
  CHECK(found.at("moniker") == "line");
  node.stop();
}

TEST_CASE_FIXTURE(two_homes, "  Scenario: what cannot be reached is reported "
                             "with its address") {
  auto closed = [] {
    silent_port port;
    return std::to_string(port.number());
  }();
  const auto address = two_id + "@127.0.0.1:" + closed;
  node_process node{one, {"--persistent-peers", address}};
  auto event = node.process.event("dial_failed");
  CHECK(event.at("address") == "mconn://" + address);
  CHECK(event.at("reason").get<std::string>().find("refused")
        != std::string::npos);
  node.stop();
}

TEST_CASE_FIXTURE(two_homes, "  Scenario: without --json the same events are "
                             "lines to read") {
  child node{troupe_command({"start", "--home", one, "--metrics", "127.0.0.1:0",
                             "--listen", "mconn://127.0.0.1:0", "--echo"})};
  CHECK(node.line().find(" metrics url=http://127.0.0.1:")
        != std::string::npos);
  const auto listening = node.line();
  CHECK(listening.find(" listening node_id=" + std::string{one_id})
        != std::string::npos);
  CHECK(listening.find(" endpoint=mconn://127.0.0.1:") != std::string::npos);
  node.signal(SIGTERM);
  CHECK(node.line().find(" stopped") != std::string::npos);
  CHECK(node.wait() == 0);
}

TEST_CASE_FIXTURE(two_homes, "  Scenario: a node finds those whom its peer "
                             "knows, unless it is told not to") {
  const auto three = folder / "three";
  make_home(three);
  const auto four = folder / "four";
  make_home(four);
  node_process first{one};
  const auto to_first = "--bootstrap-peers=" + first.address;
  node_process second{two, {to_first}};
  CHECK(second.process.event("peer_up").at("peer") == one_id);
  node_process third{three, {to_first}};
  node_process loner{four, {to_first, "--pex", "false"}};
  CHECK(loner.process.event("peer_up").at("peer") == one_id);
  // It hears of the second node from the first, or is heard of.
  std::string other;
  while (other != two_id)
    other = third.process.event("peer_up").at("peer");
  // Who does not take part dials nobody else.
  loner.process.signal(SIGTERM);
  for (auto line = loner.process.line(); !line.empty();
       line = loner.process.line()) {
    auto event = nlohmann::json::parse(line);
    if (event.at("event") == "peer_up")
      CHECK(event.at("direction") == "inbound");
  }
  CHECK(loner.process.wait() == 0);
  third.stop();
  second.stop();
  first.stop();
}

TEST_CASE_FIXTURE(two_homes, "  Scenario: a seed serves a stranger and sends "
                             "it away") {
  node_process seed{one, {"--seed-mode"}};
  node_process stranger{two, {"--bootstrap-peers=" + seed.address}};
  CHECK(stranger.process.event("peer_up").at("peer") == one_id);
  CHECK(stranger.process.event("peer_down").at("peer") == one_id);
  CHECK(seed.process.event("peer_down").at("reason") == "hung_up");
  stranger.stop();
  seed.stop();
}

TEST_CASE_FIXTURE(two_homes, "  Scenario: a bootstrap address that does not "
                             "resolve holds nobody up") {
  node_process first{one};
  node_process second{two,
                      {std::string{"--bootstrap-peers="}.append(40, 'a')
                       + "@no-such-host.invalid:26656," + first.address}};
  CHECK(second.process.event("peer_up").at("peer") == one_id);
  second.stop();
  first.stop();
}

TEST_CASE_FIXTURE(two_homes, "  Scenario: libraries that refuse what "
                             "handshakes need are named before a peer is "
                             "blamed for it") {
  const auto config = folder / "openssl.cnf";
  std::ofstream{config} << "openssl_conf = main\n"
                           "[main]\nalg_section = algorithms\n"
                           "[algorithms]\ndefault_properties = fips=yes\n";
  words command{"env", "OPENSSL_CONF=" + config};
  for (const auto& word : troupe_command({"start", "--home", one, "--json"}))
    command.push_back(word);
  child node{command};
  CHECK(node.wait() == 1);
  CHECK(node.errors().find("libcrypto: X25519 is not available")
        != std::string::npos);
}
