// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <map>

#include <fmt/format.h>

#include "cometbft_world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

struct load {
  size_t size;
  size_t count;
};

constexpr std::array<load, 5> loads
    = {{{1, 1}, {1024, 3}, {64 * 1024, 3}, {1024 * 1024, 3}, {100, 1000}}};

/// The channels in the order in which they got their last message, "72 70 71".
std::string order_of_ends(const std::deque<arrival>& arrivals) {
  std::map<channel_id, size_t> last;
  for (size_t i = 0; i < arrivals.size(); ++i)
    last[arrivals[i].channel] = i;
  std::map<size_t, channel_id> ends;
  for (const auto& [channel, index] : last)
    ends[index] = channel;
  std::string result;
  for (const auto& [index, channel] : ends)
    result += fmt::format("{}{:x}", result.empty() ? "" : " ", channel);
  return result;
}

/// Bytes a second: little enough that every channel always has more to send
/// than a tenth of a second lets through.
constexpr uint64_t slow = 1'000'000;

/// What a turn of ours sends at this rate are all the bursts it may have in
/// flight, which the channel of the highest priority must not run out of.
constexpr uint64_t our_slow = 2'000'000;

node_options slow_options() {
  auto result = test_options();
  result.stream.send_rate = our_slow;
  return result;
}

} // namespace

TEST_CASE("CometBFT returns what we send, of any size and in order") {
  cometbft_world w;
  w.connect();
  size_t pings = 0;
  size_t bytes = 0;
  for (auto [size, count] : loads) {
    CAPTURE(size);
    w.node.ping(w.peer.id(), 0x70, size, count);
    pings += count;
    bytes += size * count;
  }
  const auto seen = w.peer.ask("stats", "stats").at("channels").at("70");
  CHECK(seen.at("pings") == pings);
  CHECK(seen.at("bytes") == bytes);
  CHECK(seen.at("verified") == pings);
  CHECK(seen.at("disordered") == 0);
}

TEST_CASE("we return what CometBFT sends, of any size and in order") {
  cometbft_world w;
  w.connect();
  size_t pongs = 0;
  for (auto [size, count] : loads) {
    CAPTURE(size);
    w.peer.ping(w.node.id(), "70", size, count);
    pongs += count;
  }
  const auto seen = w.peer.ask("stats", "stats").at("channels").at("70");
  CHECK(seen.at("pongs") == pongs);
  CHECK(seen.at("unsolicited") == 0);
}

TEST_CASE("both echo on several channels at once") {
  cometbft_world w;
  w.connect();
  std::map<channel_id, std::vector<std::string>> sent;
  for (const auto* channel : {"71", "70", "72"})
    w.peer.start_ping(w.node.id(), channel, 20'000, 50);
  for (channel_id channel : {0x71, 0x70, 0x72})
    sent[channel] = w.node.send_pings(w.peer.id(), channel, 20'000, 50);
  for (const auto& [channel, contents] : sent)
    w.node.wait_pongs(w.peer.id(), channel, contents);
  for (const auto* channel : {"70", "71", "72"})
    w.peer.wait_pings_done(channel);
  w.check_alive();
}

TEST_CASE("on a slow connection we serve channels by their priority") {
  cometbft_world w{{}, slow_options()};
  w.connect();
  for (channel_id channel : {0x71, 0x70, 0x72})
    w.node.send_pings(w.peer.id(), channel, 10'000, 50);
  // CometBFT answers as they come: it has no limit.
  CHECK(order_of_ends(w.node.wait_arrivals(150)) == "72 70 71");
  w.check_alive();
}

TEST_CASE("on a slow connection CometBFT serves channels by their priority") {
  cometbft_world w{{"-send-rate", std::to_string(slow)}};
  w.connect();
  for (const auto* channel : {"71", "70", "72"})
    w.peer.start_ping(w.node.id(), channel, 10'000, 50);
  for (const auto* channel : {"70", "71", "72"})
    w.peer.wait_pings_done(channel);
  CHECK(order_of_ends(w.node.wait_arrivals(150)) == "72 70 71");
}
