// SPDX-License-Identifier: Apache-2.0

// The metrics that README.md tells of are those that there are, and no other
// than operators know from Tendermint and CometBFT, as far as they know them.

#include <fstream>

#include "counting_network.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

const std::string prefix = "cometbft_p2p_";

/// What the nodes of Tendermint 0.35 and 0.36, Sei and CometBFT 0.38 to 1.0
/// have behind `<namespace>_p2p_`.
const std::set<std::string> known_names{
    // Tendermint's new stack.
    "peers", "peers_connected", "peers_stored", "peers_inactivated",
    "peers_connected_success", "peers_connected_failure",
    "peers_connected_incoming", "peers_connected_outgoing", "peers_evicted",
    "peer_receive_bytes_total", "peer_send_bytes_total",
    "peer_pending_send_bytes", "router_peer_queue_recv",
    "router_peer_queue_send", "router_channel_queue_send",
    "router_channel_queue_dropped_msgs", "router_channel_queue_msg_size",
    "peer_queue_msg_size", "peer_score", "new_connections",
    "queue_dropped_msgs",
    // CometBFT's.
    "peer_send_queue_size", "num_txs", "message_receive_bytes_total",
    "message_send_bytes_total", "messages_received",
    "messages_reactor_in_flight", "messages_reactor_pending_duration",
    "message_reactor_receive_duration", "message_reactor_queue_concurrency",
    "recv_rate_limiter_delay", "send_rate_limiter_delay"};

struct metric_row {
  std::string type;
  std::set<std::string> labels;
  std::string origin;
};

/// The words of a text in Markdown, without its marks.
std::vector<std::string> words_in(const std::string& text) {
  std::vector<std::string> result{{}};
  for (auto c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '_')
      result.back() += c;
    else if (!result.back().empty())
      result.emplace_back();
  if (result.back().empty())
    result.pop_back();
  return result;
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> result;
  std::istringstream rest{line.substr(1)};
  for (std::string cell; std::getline(rest, cell, '|');)
    result.push_back(cell);
  return result;
}

/// The tables of the section about metrics.
struct readme {
  readme() {
    std::ifstream file{TROUPE_OPERATOR_README};
    auto in_section = false;
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("## "))
        in_section = line == "## Metrics";
      if (!in_section || !line.starts_with("| `"))
        continue;
      auto cells = cells_of(line);
      auto names = words_in(cells.at(0));
      if (cells.size() == 2) {
        absent.insert(names.begin(), names.end());
        continue;
      }
      REQUIRE(cells.size() == 5);
      REQUIRE(names.size() == 1);
      auto labels = words_in(cells[2]);
      present[names[0]] = {words_in(cells[1]).at(0),
                           {labels.begin(), labels.end()},
                           words_in(cells[4]).at(0)};
    }
  }

  std::map<std::string, metric_row> present;
  std::set<std::string> absent;
};

/// A name as those know it who do not end a counter's with `_total`.
std::string old_name(const std::string& name) {
  const auto end = name.rfind("_total");
  return known_names.contains(name) || end == std::string::npos
             ? name
             : name.substr(0, end);
}

} // namespace

TEST_CASE("there is every metric that README.md lists, with its type and "
          "labels, and no other") {
  counting_network net;
  net.serve();
  net.let_everything_happen();
  const auto all = net.scrape();
  const readme listed;
  REQUIRE(listed.present.size() > 10);
  for (const auto& [name, row] : listed.present) {
    CAPTURE(name);
    REQUIRE(all.count(prefix + name) == 1);
    const auto& family = all.at(prefix + name);
    CHECK(family.type == row.type);
    CHECK(name.ends_with("_total") == (row.type == "counter"));
    CHECK_FALSE(family.help.empty());
    REQUIRE_FALSE(family.samples.empty());
    for (const auto& sample : family.samples) {
      std::set<std::string> labels;
      for (const auto& [label, value] : sample.labels)
        labels.insert(label);
      CHECK(labels == row.labels);
    }
  }
  for (const auto& [name, family] : all)
    if (name.starts_with(prefix)) {
      CAPTURE(name);
      CHECK(listed.present.count(name.substr(prefix.size())) == 1);
    }
  net.finish();
}

TEST_CASE("everything that is listed is counted somewhere") {
  counting_network net;
  net.serve();
  net.let_everything_happen();
  const auto all = net.scrape();
  for (const auto& [name, row] : readme{}.present) {
    CAPTURE(name);
    // A score may well be 0, or below.
    if (name != "peer_score")
      CHECK(all.at(prefix + name).sum() > 0);
  }
  net.finish();
}

TEST_CASE("CAF's registry has no labels of which there may be ever more") {
  counting_network net;
  net.serve({.peers_max = 0});
  net.let_everything_happen();
  const std::set<std::string> allowed{"node", "channel", "direction", "reason"};
  for (const auto& [name, family] : net.scrape())
    if (name.starts_with(prefix))
      for (const auto& sample : family.samples)
        for (const auto& [label, value] : sample.labels) {
          CAPTURE(name);
          CHECK(allowed.count(label) == 1);
        }
  net.finish();
}

TEST_CASE("each name that operators know is there, or README.md says why it is "
          "not") {
  const readme listed;
  std::set<std::string> here;
  for (const auto& [name, row] : listed.present) {
    CAPTURE(name);
    const auto known = known_names.contains(old_name(name));
    CHECK(known == (row.origin != "Troupe"));
    here.insert(old_name(name));
  }
  for (const auto& name : known_names) {
    CAPTURE(name);
    CHECK(here.count(name) + listed.absent.count(name) == 1);
  }
  for (const auto& name : listed.absent) {
    CAPTURE(name);
    CHECK(known_names.contains(name));
  }
}
