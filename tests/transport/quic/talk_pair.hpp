// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "quic_pair.hpp"
#include "troupe/transport/quic/quic_talk.hpp"
#include "troupe/transport/read_window.hpp"

namespace troupe::test {

/// What the two ends of a `talk_pair` are like.
struct talk_setup {
  quic_talk::session_maker near;
  quic_talk::session_maker far;
  std::string protocol = "troupe/1";
  quic_options near_limits = {};
  quic_options far_limits = {};
};

/// Two ends of a connection, and a network between their lines in which time is
/// ours. One of them sends to the other.
struct talk_pair {
  explicit talk_pair(talk_setup how, flow_meter sends = flow_meter{},
                     flow_meter receives = flow_meter{})
    : setup(std::move(how)),
      near(near_line, std::move(sends)),
      far(far_line, flow_meter{}, std::move(receives)) {
    REQUIRE(near.open(setup.near_limits, tls_of(1, direction::outbound), {},
                      random, now)
                .code
            == errc::none);
    near.begin(setup.near, quic_pair::anybody(), now);
  }

  std::unique_ptr<quic_tls> tls_of(int number, direction who) const {
    auto made = gnutls_identity::open(quic_identity(number, {setup.protocol}),
                                      who, quic_day);
    REQUIRE(made);
    return std::move(*made);
  }

  void greet() {
    REQUIRE(run(20s, [this] { return greeted(near) && greeted(far); }));
  }

  void start(const std::vector<channel_descriptor>& channels) {
    greet();
    near.start(channels);
    far.start(channels);
  }

  static bool greeted(quic_talk& of) {
    return of.session() != nullptr && of.session()->greeted();
  }

  /// What one has left on its line is there for the other one a moment later.
  void carry(quic_line& from, bool to_far) {
    for (auto& batch : from.take().batches) {
      batch.each([&](byte_view data) {
        flights.push_back({now + 10ms, to_far, {data.begin(), data.end()}});
      });
      static_cast<void>(from.written(batch.data.size()));
    }
  }

  void deliver() {
    for (auto& what : std::exchange(flights, {}))
      if (what.arrives > now)
        flights.push_back(std::move(what));
      else if (what.to_server)
        arrived(what.data);
      else
        static_cast<void>(near_line->deliver(what.data));
  }

  void arrived(const bytes& data) {
    if (!far.is_open()) {
      auto first = read_initial(data);
      REQUIRE(first);
      REQUIRE(far.open(setup.far_limits, tls_of(2, direction::inbound),
                       quic_arrival{*first, reset_secret{}}, random, now)
                  .code
              == errc::none);
      far.begin(setup.far, quic_pair::anybody(), now);
    }
    static_cast<void>(far_line->deliver(data));
  }

  /// Lets both do what they can. @returns when they want their turn again.
  time_point turn() {
    near.receive(now);
    static_cast<void>(near.pump(now));
    carry(*near_line, true);
    auto next = near.next_wakeup(now);
    if (far.is_open()) {
      far.receive(now);
      if (greeted(far))
        take();
      static_cast<void>(far.pump(now));
      carry(*far_line, false);
      next = std::min(next, far.next_wakeup(now));
    }
    for (const auto& what : flights)
      next = std::min(next, what.arrives);
    return next;
  }

  /// What one of the two reads, it has given back.
  void take() {
    for (auto& message : far.take_messages()) {
      received += message.body.size();
      const auto cost = read_cost(message.body.size());
      if (message.channel != unread)
        far.give_back(std::vector<channel_credit>{{message.channel, cost}},
                      cost);
      messages[message.channel].push_back(std::move(message.body));
    }
  }

  bool run(duration time, const std::function<bool()>& done) {
    const auto end = now + time;
    while (now < end) {
      const auto next = turn();
      if (done())
        return true;
      now = std::clamp(next, now, end);
      deliver();
    }
    return false;
  }

  /// One end queues a message.
  void post(channel_id channel, bytes body) {
    REQUIRE(near.session()->send({channel, shared_bytes{body}}) == errc::none);
  }

  talk_setup setup;
  testing::sim_random random{5};
  time_point now{1h};
  std::vector<quic_pair::flight> flights;
  std::shared_ptr<quic_line> near_line = std::make_shared<quic_line>();
  std::shared_ptr<quic_line> far_line = std::make_shared<quic_line>();
  quic_talk near;
  quic_talk far;

  /// What the other one has, in bytes and by channel, and of which channel it
  /// gives nothing back.
  size_t received = 0;
  std::map<channel_id, std::vector<growing_bytes>> messages;
  std::optional<channel_id> unread;
};

} // namespace troupe::test
