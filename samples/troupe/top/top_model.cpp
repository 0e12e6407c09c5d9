// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/top/top_model.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace troupe::command {

namespace {

using nlohmann::json;

constexpr size_t text_max = 512;

top_peer read_peer(const json& from) {
  return {.id = from.at("peer").get<std::string>(),
          .state = from.value("state", ""),
          .explanation = from.value("explanation", ""),
          .figures = read_figures(from)};
}

/// Bytes a second; a counter that begins anew has none.
double rate_of(uint64_t before, uint64_t now, double seconds) {
  return seconds > 0 && now >= before
             ? static_cast<double>(now - before) / seconds
             : 0;
}

/// Peers with more of it come first.
double weight_of(const top_peer& peer, top_order order) {
  const auto& x = peer.figures;
  switch (order) {
    case top_order::traffic:
      return peer.receive_rate + peer.send_rate;
    case top_order::rtt:
      return x.rtt.value_or(-1);
    case top_order::drops:
      return static_cast<double>(x.dropped);
    case top_order::score:
      return x.points;
    default:
      return x.connected() ? 1 : 0;
  }
}

} // namespace

std::string_view to_string(top_order x) {
  switch (x) {
    case top_order::traffic:
      return "traffic";
    case top_order::rtt:
      return "rtt";
    case top_order::drops:
      return "drops";
    case top_order::score:
      return "score";
    default:
      return "state";
  }
}

failure top_model::take_peers(std::string_view text, time_point now) {
  std::vector<top_peer> found;
  try {
    const auto answer = json::parse(text);
    for (const auto& entry : answer.at("peers"))
      found.push_back(read_peer(entry));
  } catch (const json::exception&) {
    return {errc::malformed_message, "the answer is none of a node"};
  }
  const auto seconds = std::chrono::duration<double>{now - sampled_}.count();
  std::map<std::string, sample> samples;
  for (auto& peer : found) {
    const auto& x = peer.figures;
    samples[peer.id] = {x.received, x.sent};
    if (const auto i = before_.find(peer.id); i != before_.end()) {
      peer.receive_rate = rate_of(i->second.received, x.received, seconds);
      peer.send_rate = rate_of(i->second.sent, x.sent, seconds);
    }
  }
  before_ = std::move(samples);
  sampled_ = now;
  peers_ = std::move(found);
  sort();
  return {};
}

void top_model::take_event(std::string_view line) {
  const auto event = json::parse(line, nullptr, false);
  if (!event.is_object())
    return;
  const auto text_of = [](const json& x) {
    return x.is_string() ? x.get<std::string>() : x.dump();
  };
  std::string text;
  for (std::string_view key : {"time", "event"})
    if (const auto i = event.find(key); i != event.end())
      text += (text.empty() ? "" : " ") + text_of(*i);
  for (const auto& [key, value] : event.items())
    if (key != "time" && key != "event")
      text += fmt::format(" {}={}", key, text_of(value));
  events_.push_back(for_terminal(text, text_max));
  if (events_.size() > events_max)
    events_.pop_front();
}

void top_model::move(int rows) {
  if (peers_.empty())
    return;
  const auto* now = selected();
  const auto last = static_cast<int64_t>(peers_.size()) - 1;
  const auto at = now != nullptr ? now - peers_.data() + rows : 0;
  selected_ = peers_[static_cast<size_t>(std::clamp<int64_t>(at, 0, last))].id;
}

void top_model::order_next() {
  order_ = order_ == top_order::score
               ? top_order::state
               : static_cast<top_order>(static_cast<uint8_t>(order_) + 1);
  sort();
}

const top_peer* top_model::selected() const {
  const auto found = std::ranges::find(peers_, selected_, &top_peer::id);
  return found != peers_.end() ? &*found : nullptr;
}

void top_model::sort() {
  std::ranges::stable_sort(peers_, [this](const auto& a, const auto& b) {
    return weight_of(a, order_) > weight_of(b, order_);
  });
}

} // namespace troupe::command
