// SPDX-License-Identifier: Apache-2.0
//
// troupe crawl, over nodes of ours and of all releases of CometBFT.
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cometbft_world.hpp"
#include "temp_folder.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using json = peer_process::json;

/// Nodes each of which knows only the one before it; the crawl begins at the
/// last.
struct chain {
  void add_theirs(const std::string& release) {
    arguments options = {"-pex"};
    if (!last.empty())
      options.insert(options.end(), {"-persistent", last});
    theirs.push_back(std::make_unique<cometbft_peer>(options, release));
    last = theirs.back()->address();
    ++versions[theirs.back()->version()];
  }

  void add_ours() {
    auto options = test_options();
    options.bootstrap_peers = {last};
    ours.push_back(
        std::make_unique<local_node>(options, test_channels(), pex_options{}));
    last = ours.back()->address();
    ++versions[options.version];
  }

  std::vector<std::unique_ptr<cometbft_peer>> theirs;
  std::vector<std::unique_ptr<local_node>> ours;
  std::string last;
  std::map<std::string, int> versions;
};

} // namespace

TEST_CASE("troupe crawl finds 30 nodes each of which knows only the next") {
  chain network;
  for (int i = 0; i < 6; ++i) {
    for (const auto* release :
         {"cometbft-v0.38", "cometbft-v0.40", "cometbft-v1.0"})
      network.add_theirs(release);
    network.add_ours();
    network.add_ours();
  }

  temp_folder folder;
  const auto file = folder / "net.json";
  peer_process crawl{"/bin/sh",
                     {"-c", R"(exec "$@" > /dev/null)", "sh",
                      environment("TROUPE_COMMAND"), "crawl", "--network",
                      "troupe-interop", "--seeds", network.last, "--out", file,
                      "--timeout", "5s"}};
  CHECK(crawl.wait_for_exit() == 0);
  CHECK(crawl.errors().empty());

  std::ifstream in{file};
  const auto found = json::parse(in);
  CHECK(found.at("complete") == true);
  std::map<std::string, int> versions;
  for (const auto& node : found.at("nodes")) {
    CAPTURE(node.dump());
    CHECK(node.at("state") == "answered");
    ++versions[node.at("version")];
  }
  CHECK(versions == network.versions);
  for (auto& peer : network.theirs)
    CHECK_FALSE(peer->has_seen("banned"));
}
