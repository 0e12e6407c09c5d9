// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include <doctest/doctest.h>

#include "nodes.hpp"

using namespace troupe::test;

namespace {

struct fixture {
  scratch_folder folder;
  std::string home = folder / "home";
  std::string key_file = home + "/config/node_key.json";
  std::string config_file = home + "/config/troupe.conf";
};

} // namespace

TEST_CASE_FIXTURE(fixture, "  Scenario: "
                           "init makes a home with a key and a configuration") {
  auto id = make_home(home);
  CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
  auto key = nlohmann::json::parse(read_file(key_file));
  CHECK(key.at("priv_key").at("type") == "tendermint/PrivKeyEd25519");
  using std::filesystem::perms;
  CHECK(std::filesystem::status(key_file).permissions()
        == (perms::owner_read | perms::owner_write));
  auto config = read_file(config_file);
  CHECK(config.find("network = \"test-net\"") != std::string::npos);
  CHECK(config.find("moniker = \"the \\\\node\"") != std::string::npos);
}

TEST_CASE_FIXTURE(fixture, "  Scenario: "
                           "init never overwrites a key") {
  auto id = make_home(home);
  auto key = read_file(key_file);
  GIVEN("a home that is complete") {
    auto again = finished{{"init", "--home", home}};
    CHECK(again.status == 0);
    CHECK(again.output.find(id) != std::string::npos);
    CHECK(read_file(key_file) == key);
  }
  GIVEN("a home without configuration, as CometBFT makes one") {
    std::filesystem::remove(config_file);
    auto again = finished{{"init", "--home", home}};
    CHECK(again.status == 0);
    CHECK(read_file(key_file) == key);
    CHECK(std::filesystem::exists(config_file));
  }
  GIVEN("names for a configuration that exists") {
    auto again = finished{{"init", "--home", home, "--network", "other"}};
    CHECK(again.status == 2);
    CHECK(again.errors.find(config_file) != std::string::npos);
    CHECK(read_file(key_file) == key);
  }
  GIVEN("a key file that is none") {
    write_file(key_file, "{}");
    auto again = finished{{"init", "--home", home}};
    CHECK(again.status == 2);
    CHECK(again.errors.find(key_file) != std::string::npos);
    CHECK(read_file(key_file) == "{}");
  }
}

SCENARIO("every bad use is one line that names the input, and exit status 2") {
  scratch_folder folder;
  const auto home = folder / "home";
  const auto id = make_home(home);
  silent_port taken;
  const auto taken_port = std::to_string(taken.number());
  write_file(folder / "broken/config/node_key.json", "not a key");
  write_file(folder / "empty/config/troupe.conf", "");
  for (auto name : {"unknown-key", "wrong-type", "no-syntax", "no-end"})
    std::filesystem::copy(home, folder / name,
                          std::filesystem::copy_options::recursive);
  write_file(folder / "unknown-key/config/troupe.conf",
             "troupe {\n  listne = \"x\"\n}\n");
  write_file(folder / "wrong-type/config/troupe.conf",
             "troupe {\n  echo = 5\n}\n");
  write_file(folder / "no-syntax/config/troupe.conf", "troupe {\n  = 5\n}\n");
  write_file(folder / "no-end/config/troupe.conf", "troupe {\n  echo = true\n");
  struct row {
    words arguments;
    words named;
  };
  const row rows[] = {
      {{"fly"}, {"fly"}},
      {{"init"}, {"--home"}},
      {{"init", "--home"}, {"--home"}},
      {{"init", "--home", folder / "new", "--moniker", "tab\tbed"},
       {"--moniker"}},
      {{"init", "--home", "/proc/nowhere"}, {"--home", "/proc/nowhere"}},
      {{"show-node-id", "--home", folder / "nowhere"},
       {"nowhere/config/node_key.json", "troupe init"}},
      {{"show-node-id", "--home", folder / "broken"},
       {"broken/config/node_key.json"}},
      {{"start"}, {"--home"}},
      {{"start", "--home", folder / "empty"},
       {"empty/config/node_key.json", "troupe init"}},
      {{"start", "--home", folder / "broken"}, {"broken/config/node_key.json"}},
      {{"start", "--home", home, "--bogus"}, {"--bogus"}},
      {{"start", "--home", home, "--pex", "true"}, {"--pex"}},
      {{"start", "--home", home, "--seed-mode"}, {"--seed-mode"}},
      {{"start", "--home", home, "word"}, {"word"}},
      {{"start", "--home", home, "--echo=yes"}, {"--echo", "yes"}},
      {{"start", "--home", home, "--listen"}, {"--listen"}},
      {{"start", "--home", home, "--listen", "mconn://127.0.0.1:99999"},
       {"--listen", "99999"}},
      {{"start", "--home", home, "--listen", "mconn://no.such.host:1"},
       {"--listen", "no.such.host"}},
      {{"start", "--home", home, "--listen", "mconn://127.0.0.1:" + taken_port},
       {"--listen", taken_port}},
      {{"start", "--home", home, "--persistent-peers", "xyz@127.0.0.1:1"},
       {"--persistent-peers", "xyz"}},
      {{"start", "--home", home, "--bootstrap-peers", id + "@127.0.0.1:port"},
       {"--bootstrap-peers", "port"}},
      {{"start", "--home", home, "--sink", "256"}, {"--sink", "256"}},
      {{"start", "--home", home, "--sink", "0x70", "--echo"},
       {"--sink", "0x70", "--echo"}},
      {{"start", "--home", home, "--metrics", "here"}, {"--metrics", "here"}},
      {{"start", "--home", home, "--metrics", "127.0.0.1:" + taken_port},
       {"--metrics", taken_port}},
      {{"start", "--home", folder / "unknown-key"},
       {"unknown-key/config/troupe.conf", "listne"}},
      {{"start", "--home", folder / "wrong-type"},
       {"wrong-type/config/troupe.conf", "troupe.echo", "5"}},
      {{"start", "--home", folder / "no-syntax"},
       {"no-syntax/config/troupe.conf", "line 2"}},
      {{"start", "--home", folder / "no-end"},
       {"no-end/config/troupe.conf", "brace"}},
      {{"peers"}, {"--home"}},
      {{"peers", "--home", home, "word"}, {"word"}},
      {{"peers", "--home", home, "--json=yes"}, {"--json", "yes"}},
      {{"peers", "--home", folder / "nowhere"},
       {"nowhere/config/node_key.json", "troupe init"}},
      {{"probe"}, {"ADDRESS"}},
      {{"probe", "127.0.0.1:1"}, {"127.0.0.1:1"}},
      {{"probe", id + "@127.0.0.1:1", "--timeout", "soon"},
       {"--timeout", "soon"}},
      {{"probe", id + "@127.0.0.1:1", "--timeout", "0s"}, {"--timeout"}},
      {{"demo", "--nodes", "1"}, {"--nodes", "1"}},
      {{"demo", "--nodes", "many"}, {"--nodes", "many"}},
      {{"demo", "--seconds", "0"}, {"--seconds"}},
  };
  for (const auto& [arguments, named] : rows) {
    auto result = finished{arguments};
    CAPTURE(arguments);
    CAPTURE(result.errors);
    CHECK(result.status == 2);
    CHECK(result.output == "");
    CHECK(result.errors.find('\n') == result.errors.size() - 1);
    for (const auto& name : named)
      CHECK_MESSAGE(result.errors.find(name) != std::string::npos, name);
  }
  CHECK_FALSE(std::filesystem::exists(folder / "new"));
  CHECK(read_file(folder / "broken/config/node_key.json") == "not a key");
}

SCENARIO("help goes to standard output and tells the options") {
  auto general = finished{{"--help"}};
  CHECK(general.status == 0);
  for (auto name :
       {"init", "show-node-id", "start", "probe", "peers", "demo"}) {
    CHECK(general.output.find(name) != std::string::npos);
    auto special = finished{{name, "--help"}};
    CHECK(special.status == 0);
    CHECK(special.output.find("usage: troupe " + std::string{name}) == 0);
  }
}
