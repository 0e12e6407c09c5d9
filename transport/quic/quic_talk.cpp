// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/quic_talk.hpp"

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

failure quic_talk::open(const quic_options& limits,
                        std::unique_ptr<quic_tls> tls,
                        const std::optional<quic_arrival>& arrival,
                        entropy& random, time_point now) {
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

void quic_talk::begin(session_maker make, quic_tls::judge decides,
                      time_point now) {
  make_ = std::move(make);
  set_time(now);
  connection_->proceed(std::move(decides), now);
}

void quic_talk::part(errc code, time_point now) {
  if (std::exchange(parted_, true) || !connection_ || connection_->ended())
    return;
  // Before there is a session, the remote does not see the code anyway.
  connection_->close(session_ ? session_->close_code(code) : 0,
                     to_string(code));
  while (auto batch = connection_->produce(now)) {
    // That was the last one.
    if (connection_->ended())
      line_->set_farewell({batch->data.begin(), batch->data.end()});
    static_cast<void>(line_->send(std::move(*batch)));
  }
}

// -- datagrams ----------------------------------------------------------------

bool quic_talk::receive(time_point now) {
  set_time(now);
  const auto came = line_->take_received();
  came.each([&](byte_view data) {
    receives_.count(data.size(), now);
    connection_->receive(data, now);
  });
  connection_->hold_window(receives_.allowance(now) == 0);
  connection_->tick(now);
  if (session_)
    session_->advance();
  return !came.empty();
}

bool quic_talk::pump(time_point now) {
  set_time(now);
  auto wake = tell_port();
  for (;;) {
    full_ = !line_->has_room();
    if (full_)
      break;
    if (session_)
      session_->advance();
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

void quic_talk::set_time(time_point now) {
  now_ = now;
  if (session_)
    session_->set_time(now);
}

bool quic_talk::tell_port() {
  auto ids = connection_->take_ids();
  const auto shown
      = connection_->established() && !std::exchange(told_place_, true);
  if (ids.added.empty() && ids.retired.empty() && !shown)
    return false;
  return line_->tell(std::move(ids), shown);
}

time_point quic_talk::next_wakeup(time_point now) {
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

void quic_talk::start(std::span<const channel_descriptor> channels) {
  for (const auto& channel : channels)
    channels_.push_back(channel.id);
  session_->start(channels);
}

inbound_batch quic_talk::take_messages() {
  auto result = session_->take_inbound();
  for (const auto& message : result)
    unreturned_ += read_cost(message.body.size());
  return result;
}

inbound_batch quic_talk::take_rest() {
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

void quic_talk::give_back(std::span<const channel_credit> windows,
                          size_t memory) {
  unreturned_ -= std::min(memory, unreturned_);
  for (const auto& [channel, cost] : windows)
    session_->give_back(channel, cost);
}

void quic_talk::charge(std::span<const channel_credit> more) {
  for (const auto& [channel, cost] : more) {
    session_->charge(channel, cost);
    unreturned_ += cost;
  }
}

size_t quic_talk::held_bytes() const {
  return line_->unread() + (session_ ? session_->held_bytes() : 0)
         + unreturned_;
}

// -- parts --------------------------------------------------------------------

node_id quic_talk::proven() const {
  const auto& found = connection_->tls().remote();
  return connection_->established() && found ? found->id : node_id{};
}

// -- what happens to the connection -------------------------------------------

void quic_talk::on_established() {
  session_ = std::exchange(make_, {})(connection_->tls().protocol());
  session_->attach(*connection_);
  session_->set_time(now_);
  session_->on_established();
}

void quic_talk::on_data(stream_id stream, byte_view data, bool fin) {
  if (session_)
    session_->on_data(stream, data, fin);
}

void quic_talk::on_reset(stream_id stream, uint64_t code) {
  if (session_)
    session_->on_reset(stream, code);
}

void quic_talk::on_stopped(stream_id stream) {
  if (session_)
    session_->on_stopped(stream);
}

void quic_talk::on_sent(stream_id stream, uint64_t total) {
  if (session_)
    session_->on_sent(stream, total);
}

void quic_talk::on_closed(stream_id stream, std::optional<uint64_t> code) {
  if (session_)
    session_->on_closed(stream, code);
}

} // namespace troupe
