// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/troupe1_talk.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <utility>

#include "troupe/transport/read_window.hpp"

namespace troupe {

namespace {

/// How near the next call may be, and while the port is busy, which is to say
/// when it is not.
constexpr duration rest_min = std::chrono::milliseconds{1};
constexpr duration rest_full = std::chrono::milliseconds{10};

} // namespace

failure troupe1_talk::open(const quic_options& limits,
                           std::unique_ptr<quic_tls> tls,
                           const std::optional<quic_arrival>& arrival,
                           entropy& random, time_point now) {
  who_ = arrival ? direction::inbound : direction::outbound;
  auto made
      = arrival
            ? quic_connection::accept(limits, std::move(tls), *this, random,
                                      arrival->first, arrival->resets, now)
            : quic_connection::dial(limits, std::move(tls), *this, random, now);
  if (!made)
    return made.error();
  connection_ = std::move(*made);
  return {};
}

void troupe1_talk::begin(troupe1_options options, quic_tls::judge decides,
                         time_point now) {
  session_.emplace(std::move(options), who_);
  session_->attach(*connection_);
  connection_->proceed(std::move(decides), now);
}

void troupe1_talk::part(troupe1_code code, std::string reason, time_point now) {
  if (std::exchange(parted_, true) || !connection_ || connection_->ended())
    return;
  connection_->close(static_cast<uint64_t>(code), std::move(reason));
  while (auto batch = connection_->produce(now)) {
    // That was the last one.
    if (connection_->ended())
      line_->set_farewell({batch->data.begin(), batch->data.end()});
    static_cast<void>(line_->send(std::move(*batch)));
  }
}

// -- datagrams ----------------------------------------------------------------

bool troupe1_talk::receive(time_point now) {
  const auto came = line_->take_received();
  came.each([&](byte_view data) {
    receives_.count(data.size(), now);
    connection_->receive(data, now);
  });
  connection_->hold_window(receives_.allowance(now) == 0);
  connection_->tick(now);
  return !came.empty();
}

bool troupe1_talk::pump(time_point now) {
  auto wake = tell_port();
  for (;;) {
    full_ = !line_->has_room();
    if (full_)
      break;
    connection_->allow(sends_.allowance(now));
    auto batch = connection_->produce(now);
    if (!batch)
      break;
    sends_.count(batch->data.size(), now);
    wake = tell_port() || wake;
    wake = line_->send(std::move(*batch)) || wake;
  }
  return wake;
}

bool troupe1_talk::tell_port() {
  auto ids = connection_->take_ids();
  const auto shown
      = connection_->established() && !std::exchange(told_place_, true);
  if (ids.added.empty() && ids.retired.empty() && !shown)
    return false;
  return line_->tell(std::move(ids), shown);
}

time_point troupe1_talk::next_wakeup(time_point now) {
  auto result = std::max(connection_->next_wakeup(),
                         now + (full_ ? rest_full : rest_min));
  for (auto* limit : {&sends_, &receives_})
    if (auto when = limit->next_wakeup(now))
      result = std::min(result, *when);
  if (session_)
    if (auto when = session_->next_wakeup())
      result = std::min(result, *when);
  return result;
}

// -- messages -----------------------------------------------------------------

void troupe1_talk::start(std::span<const channel_descriptor> channels) {
  for (const auto& channel : channels)
    channels_.push_back(channel.id);
  session_->start(channels);
}

inbound_batch troupe1_talk::take_messages() {
  auto result = session_->take_inbound();
  for (const auto& message : result)
    unreturned_ += read_cost(message.body.size());
  return result;
}

inbound_batch troupe1_talk::take_rest() {
  auto result = take_messages();
  // What waits behind a mistake means nothing.
  for (auto more = session_->error().code == errc::none; more;) {
    for (auto channel : channels_)
      session_->give_back(channel, SIZE_MAX);
    auto batch = take_messages();
    more = !batch.empty();
    std::ranges::move(batch, std::back_inserter(result));
  }
  return result;
}

void troupe1_talk::give_back(std::span<const channel_credit> windows,
                             size_t memory) {
  unreturned_ -= std::min(memory, unreturned_);
  for (const auto& [channel, cost] : windows)
    session_->give_back(channel, cost);
}

void troupe1_talk::charge(std::span<const channel_credit> more) {
  for (const auto& [channel, cost] : more) {
    session_->charge(channel, cost);
    unreturned_ += cost;
  }
}

size_t troupe1_talk::held_bytes() const {
  return line_->unread() + (session_ ? session_->held_bytes() : 0)
         + unreturned_;
}

// -- parts --------------------------------------------------------------------

node_id troupe1_talk::proven() const {
  const auto& found = connection_->tls().remote();
  return connection_->established() && found ? found->id : node_id{};
}

// -- what happens to the connection -------------------------------------------

void troupe1_talk::on_established() {
  session_->on_established();
}

void troupe1_talk::on_data(stream_id stream, byte_view data, bool fin) {
  session_->on_data(stream, data, fin);
}

void troupe1_talk::on_reset(stream_id stream, uint64_t code) {
  session_->on_reset(stream, code);
}

void troupe1_talk::on_stopped(stream_id stream) {
  session_->on_stopped(stream);
}

void troupe1_talk::on_sent(stream_id stream, uint64_t total) {
  session_->on_sent(stream, total);
}

void troupe1_talk::on_closed(stream_id stream, std::optional<uint64_t> code) {
  session_->on_closed(stream, code);
}

} // namespace troupe
