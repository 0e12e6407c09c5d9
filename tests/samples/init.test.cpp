// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <filesystem>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nodes.hpp"

using namespace troupe::test;

namespace {

struct init_fixture {
  scratch_folder folder;
  std::string home = folder / "home";
  std::string key_file = home + "/config/node_key.json";
  std::string config_file = home + "/config/troupe.conf";
};

} // namespace

TEST_CASE_FIXTURE(init_fixture,
                  "  Scenario: "
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

TEST_CASE_FIXTURE(init_fixture, "  Scenario: "
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

TEST_CASE_FIXTURE(
    init_fixture,
    "  Scenario: "
    "a key that cannot be read is not called one that is missing") {
  std::filesystem::create_directories(home);
  std::filesystem::create_symlink("config", home + "/config");
  for (const auto* command : {"start", "show-node-id"}) {
    auto run = finished{{command, "--home", home}};
    CHECK(run.status == 2);
    CHECK(run.errors.find(home + "/config/") != std::string::npos);
    CHECK(run.errors.find("symbolic links") != std::string::npos);
    CHECK(run.errors.find("troupe init") == std::string::npos);
  }
}

TEST_CASE_FIXTURE(
    init_fixture,
    "  Scenario: "
    "init warns of a home whose owner cannot read what it makes") {
  std::filesystem::create_directories(home);
  if (::chown(home.c_str(), 1, 1) != 0) {
    MESSAGE("only root can give a folder away");
    return;
  }
  auto run = finished{{"init", "--home", home}};
  CHECK(run.status == 0);
  CHECK(run.errors.find("chown -R") != std::string::npos);
  // Once both are there, somebody else may have made them.
  CHECK(finished{{"init", "--home", home}}.errors == "");
}

SCENARIO("a configuration file that is none ends in words, with its line") {
  scratch_folder folder;
  const auto home = folder / "home";
  make_home(home);
  const auto file = home + "/config/troupe.conf";
  const auto refusal = [&] {
    auto run = finished{{"start", "--home", home, "--echo"}};
    CHECK(run.status == 2);
    CHECK(run.output == "");
    CHECK(run.errors.find('\n') == run.errors.size() - 1);
    CHECK(run.errors.find(file) != std::string::npos);
    return run.errors;
  };
  const auto says = [&](const std::string& text) {
    const auto said = refusal();
    CHECK_MESSAGE(said.find(text) != std::string::npos, said);
  };
  std::filesystem::remove(file);
  SUBCASE("a folder") {
    std::filesystem::create_directory(file);
    says("is a directory");
  }
  SUBCASE("a link to nowhere") {
    std::filesystem::create_symlink("nowhere", file);
    says("No such file");
    // Nor does `init` write through it.
    auto again = finished{{"init", "--home", home}};
    CHECK(again.status == 2);
    CHECK(again.errors.find("link to nowhere") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(home + "/config/nowhere"));
  }
  SUBCASE("a pipe") {
    REQUIRE(mkfifo(file.c_str(), 0600) == 0);
    says("not a regular file");
  }
  SUBCASE("too much of it") {
    write_file(file,
               "troupe.network = \"net\"\n" + std::string(2'000'000, '#'));
    says("larger than");
  }
  struct row {
    std::string content;
    std::string said;
  };
  const row rows[] = {
      {"", "sets nothing"},
      {"# Options of 'troupe start'.\n", "sets nothing"},
      {std::string(100, '\0'), "line 1: byte 0x00 is no text"},
      {"troupe {\n  moniker = \"x\"\n}\n", "troupe.network is missing"},
      {"troupe {\n  network = \"net\n", "line 2: a closing quote is missing"},
      {"troupe {\n  network = \"net\"\n  ping-interval = 2m\n}\n",
       "line 3: key troupe.ping-interval: \"2m\" is not a time like 500ms"},
      {"troupe {\n  network = \"net\"\n  max-peers = \"many\"\n}\n",
       "line 3: key troupe.max-peers: \"many\" is not a number"},
      {"troupe {\n  network = \"net\"\n  max-peers = []\n}\n",
       "line 3: key troupe.max-peers: \"[]\" is not a number"},
      {"troupe {\n  network = \"net\"\n  json = 1\n}\n",
       "line 3: key troupe.json: \"1\" is not true or false"},
      {"troupe = 5\n", "line 1: unknown key \"troupe\""},
      {"troupe.network = \"net\"\ncaf.scheduler.max-threads = 0\n",
       "line 2: key caf.scheduler.max-threads: \"0\" is not"},
      {"troupe.network = \"net\"\ncaf.scheduler.policy = testing\n",
       "line 2: key caf.scheduler.policy"},
      {"troupe.network = \"net\"\nconfig-file = \"x\"\n",
       "line 2: unknown key \"config-file\""},
      {"troupe.network = \"net\"\ncaf.middleman.attach-utility-actors = true\n",
       "line 2: key caf.middleman.attach-utility-actors: an option of CAF "
       "that"},
  };
  SUBCASE("something else in it") {
    for (const auto& row : rows) {
      write_file(file, row.content);
      says(row.said);
    }
  }
  SUBCASE("but ends of lines and a mark of UTF-8 are nothing to complain of") {
    write_file(file,
               "\xef\xbb\xbftroupe {\r\n  network = \"net\"\r\n  moniker = "
               "\"x\"\r\n}\r\n");
    node_process node{home};
    auto probed = finished{{"probe", node.address, "--json"}};
    auto found = nlohmann::json::parse(probed.output);
    CHECK(found.at("network") == "net");
    CHECK(found.at("moniker") == "x");
    node.stop();
  }
  SUBCASE("and so are dots instead of braces") {
    write_file(file, "troupe.network = \"net\"");
    node_process node{home};
    node.stop();
  }
}

TEST_CASE_FIXTURE(init_fixture,
                  "  Scenario: what a home holds is for its owner "
                  "alone") {
  const auto umask = ::umask(0);
  make_home(home);
  node_process node{home};
  ::umask(umask);
  using std::filesystem::perms;
  const auto mode_of = [this](const std::string& name) {
    return std::filesystem::status(home + name).permissions();
  };
  for (auto name : {"", "/config", "/data"})
    CHECK(mode_of(name) == perms::owner_all);
  constexpr auto owner_only = perms::owner_read | perms::owner_write;
  for (auto name : {"/config/node_key.json", "/config/troupe.conf"})
    CHECK(mode_of(name) == owner_only);
  size_t count = 0;
  for (const auto& each : std::filesystem::directory_iterator{home + "/data"}) {
    CHECK_MESSAGE(each.status().permissions() == owner_only, each.path());
    ++count;
  }
  // At least the store, its log and its lock.
  CHECK(count >= 3);
  node.stop();
  GIVEN("a key that others can read") {
    std::filesystem::permissions(key_file, perms::group_read,
                                 std::filesystem::perm_options::add);
    child again{node_process::command(home, {}, "0")};
    const auto warning = again.error_line();
    CHECK(warning.find(key_file) != std::string::npos);
    CHECK(warning.find("0640") != std::string::npos);
    again.event("listening");
    again.signal(SIGTERM);
    CHECK(again.wait() == 0);
  }
}

TEST_CASE_FIXTURE(init_fixture,
                  "  Scenario: init leaves no half of a file, and what "
                  "is there alone") {
  std::filesystem::create_directories(home + "/config");
  // Drafts need room that a file of size 0 does not have.
  child full{{"sh", "-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh",
              TROUPE_COMMAND, "init", "--home", home}};
  CHECK(full.wait() != 0);
  CHECK(full.errors().find("File too large") != std::string::npos);
  CHECK(std::filesystem::is_empty(home + "/config"));
}

TEST_CASE_FIXTURE(init_fixture,
                  "  Scenario: ~ is the folder of whoever runs the "
                  "command") {
  const auto run = [&](const words& arguments) {
    words all{"env", "HOME=" + (folder / "me")};
    for (const auto& word : troupe_command(arguments))
      all.push_back(word);
    child process{all};
    CHECK(process.wait() == 0);
    CHECK(process.errors() == "");
  };
  run({"init", "--home=~/a"});
  CHECK(std::filesystem::exists(folder / "me/a/config/node_key.json"));
  run({"show-node-id", "--home=~/a"});
  run({"init", "--home=~"});
  CHECK(std::filesystem::exists(folder / "me/config/node_key.json"));
  for (auto command : {"init", "start", "show-node-id", "peers"}) {
    auto other = finished{{command, "--home=~me/a"}};
    CHECK(other.status == 2);
    CHECK(other.errors.find("~me/a") != std::string::npos);
  }
}

SCENARIO("every bad use is one line that names the input, and exit status 2") {
  scratch_folder folder;
  const auto home = folder / "home";
  const auto id = make_home(home);
  silent_port taken;
  const auto taken_port = std::to_string(taken.number());
  write_file(folder / "broken/config/node_key.json", "not a key");
  std::filesystem::create_directories(folder / "empty/config");
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
      {{"start", "--home", home, "word"}, {"word"}},
      {{"start", "--home", home, "--echo=yes"}, {"--echo", "yes"}},
      {{"start", "--home", home, "--listen"}, {"--listen"}},
      {{"start", "--home", home, "--listen", "mconn://127.0.0.1:99999"},
       {"--listen", "99999"}},
      {{"start", "--home", home, "--listen", "mconn://no.such.host:1"},
       {"--listen", "no.such.host"}},
      {{"start", "--home", home, "--listen",
        "mconn://127.0.0.1:0,mconn://no.such.host:1"},
       {"--listen", "\"mconn://no.such.host:1\""}},
      {{"start", "--home", home, "--echo", "--listen",
        "mconn://127.0.0.1:" + taken_port},
       {"--listen", taken_port}},
      {{"start", "--home", home, "--echo", "--listen",
        "mconn://127.0.0.1:" + taken_port + ",mconn://[::1]:0"},
       {"--listen", "cannot listen at mconn://127.0.0.1:" + taken_port}},
      {{"start", "--home", home, "--persistent-peers", "xyz@127.0.0.1:1"},
       {"--persistent-peers", "xyz"}},
      {{"start", "--home", home, "--bootstrap-peers", id + "@127.0.0.1:port"},
       {"--bootstrap-peers", "port"}},
      {{"start", "--home", home, "--pex=false"},
       {"no channel", "--pex", "--echo", "--sink"}},
      {{"start", "--home", home, "--pex", "maybe"}, {"--pex", "maybe"}},
      {{"start", "--home", home, "--sink", "0x00"},
       {"--sink", "0x00", "--pex"}},
      {{"start", "--home", home, "--seed-mode", "--pex", "false"},
       {"--seed-mode", "--pex"}},
      {{"start", "--home", home, "--sink", "256"}, {"--sink", "256"}},
      {{"start", "--home", home, "--sink", "0x20,comet"}, {"--sink", "comet"}},
      {{"start", "--home", home, "--sink", ","}, {"--sink", "not a list"}},
      {{"start", "--home", home, "--sink", "cometbft,0x61"},
       {"--sink", "0x61", "twice"}},
      {{"start", "--home", home, "--sink", "0x70", "--echo"},
       {"--sink", "0x70", "--echo"}},
      {{"start", "--home", home, "--metrics", "here"}, {"--metrics", "here"}},
      {{"start", "--home", home, "--echo", "--metrics",
        "127.0.0.1:" + taken_port},
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
      {{"probe", id + "@127.0.0.1:1", "--timeout=9000000000s"},
       {"--timeout", "9000000000s"}},
      {{"demo", "--nodes", "1"}, {"--nodes", "1"}},
      {{"demo", "--nodes", "201"}, {"--nodes", "201", "200"}},
      {{"demo", "--nodes", "many"}, {"--nodes", "many"}},
      {{"demo", "--caf.scheduler.max-threads=0"},
       {"--caf.scheduler.max-threads", "0"}},
      {{"start", "--home", home, "--caf.middleman.attach-utility-actors=true"},
       {"--caf.middleman.attach-utility-actors"}},
      {{"demo", "--seconds", "0"}, {"--seconds"}},
      {{"demo", "--transport", "tcp6"}, {"--transport", "tcp6", "quic"}},
      {{"demo", "--transport="}, {"--transport", "mconn"}},
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
  CHECK(finished{{"demo", "--help"}}.output.find("--transport")
        != std::string::npos);
}
