// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/probe.hpp"

#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "troupe/messages/as_result.hpp"
#include "troupe/proto/echo.pb.h"

namespace troupe::testing {

namespace {

using party = delivery_ledger::party;

/// What a reactor may report a peer for; nothing else comes with that code.
constexpr auto report_code = blame::unexpected_message;

/// `NUMBER LIFE PADDING`.
echo::PingMessage write(uint64_t number, uint64_t life, size_t padding) {
  echo::PingMessage result;
  result.set_content(
      fmt::format("{} {} {}", number, life, std::string(padding, 'x')));
  return result;
}

std::optional<std::pair<uint64_t, uint64_t>> read(const std::string& text) {
  uint64_t number = 0;
  uint64_t life = 0;
  auto end = text.data() + text.size();
  auto [middle, bad] = std::from_chars(text.data(), end, number);
  if (bad != std::errc{} || middle == end)
    return std::nullopt;
  if (std::from_chars(middle + 1, end, life).ec != std::errc{})
    return std::nullopt;
  return std::pair{number, life};
}

} // namespace

struct probe::shared {
  network& net;
  probe_options options;
  sim_random random;
  delivery_ledger ledger = {};
  bool resting = false;
  uint64_t reports = 0;

  /// Greetings that were refused, by who sent them, to whom, and for which
  /// connection. None may be left when all is quiet.
  std::set<std::pair<std::pair<party, node_id>, uint64_t>> refused = {};

  void fail(std::string what) const {
    net.system().report("probe: " + std::move(what));
  }

  void fail_if(std::optional<std::string> wrong) const {
    if (wrong)
      fail(std::move(*wrong));
  }
};

struct probe::reactor {
  static inline const char* name = "troupe.testing.probe";

  reactor(caf::event_based_actor* ptr, std::shared_ptr<shared> all,
          const node& where, size_t which)
    : self(ptr),
      common(std::move(all)),
      own{which, common->net.life(which)},
      wire(where.open_channel<echo::EchoMessage>(
          self, {.id = common->options.channel,
                 .send_queue_messages = common->options.queue_messages,
                 .name = "probe"})) {
    where.subscribe(self);
  }

  caf::behavior make_behavior() {
    rest_a_while();
    return {
        [this](caf::tick_atom) {
          chat();
          rest_a_while();
        },
        [this](const peer_update& update) { note(update); },
        [this](const inbound_envelope& in) { return receive(in); },
        [this](caf::tick_atom, uint64_t which) { report(which); },
    };
  }

  void rest_a_while() {
    self->delayed_send(self,
                       common->random.between({}, 2 * common->options.send_gap),
                       caf::tick_atom_v);
  }

  // -- sending ----------------------------------------------------------------

  void chat() {
    if (common->resting)
      return;
    if (common->random.chance(common->options.broadcast_per_mille))
      wire.broadcast(echo::PongMessage{});
    if (view.up().empty())
      return;
    auto i = view.up().begin();
    std::advance(i, common->random.below(view.up().size()));
    const auto& options = common->options;
    if (common->random.chance(options.burst_per_mille)) {
      const auto to = i->first;
      for (size_t n = 0; n < options.burst; ++n)
        say(to, common->random.below(options.burst_size_max));
      return;
    }
    auto large = common->random.chance(options.large_per_mille);
    say(i->first, large ? common->random.below(options.large_max)
                        : common->random.below(64));
  }

  void say(const node_id& to, size_t padding) {
    if (!wire.actor())
      return;
    // The life of the receiver that its ledger line is about is the present
    // one: a connection to an earlier one can deliver nothing any more.
    auto other = common->net.number_of(to);
    auto there = party{other, common->net.life(other)};
    auto generation = view.generation(to);
    auto number = common->ledger.send(own, there);
    wire.send(self, to, write(number, own.second, padding))
        .then(
            [this, to, there, number, generation] {
              if (view.generation(to) == generation)
                common->ledger.taken(own, there, number, generation);
            },
            [this, to, generation](const caf::error& reason) {
              refused(to, generation, reason);
            });
  }

  void refused(const node_id& to, uint64_t generation,
               const caf::error& reason) {
    auto code = code_of(reason, errc::none);
    if ((code == errc::not_connected || code == errc::peer_lacks_channel)
        && view.generation(to) == generation)
      common->refused.insert({{own, to}, generation});
  }

  // -- what comes -------------------------------------------------------------

  void note(const peer_update& update) {
    common->fail_if(view.apply(update));
    if (update.status == peer_status::up) {
      say(update.peer, 0);
      return;
    }
    common->refused.erase({{own, update.peer}, update.generation});
    if (update.reason == to_errc(report_code)
        && reported.count({update.peer, update.generation}) == 0)
      common->fail(fmt::format("node-{} evicted connection {} of {}, which "
                               "nobody had reported",
                               own.first, update.generation,
                               to_string(update.peer)));
  }

  caf::result<void> receive(const inbound_envelope& in) {
    if (in.message.as<echo::PongMessage>())
      return caf::unit;
    auto ping = in.message.as<echo::PingMessage>();
    auto content = ping ? read(ping->content()) : std::nullopt;
    if (!content) {
      common->fail(fmt::format("node-{} got what no probe sends", own.first));
      return caf::unit;
    }
    auto [number, life] = *content;
    auto from = party{common->net.number_of(in.from), life};
    common->fail_if(common->ledger.arrived(from, own, number, in.generation));
    if (common->resting
        || !common->random.chance(common->options.report_per_mille))
      return caf::unit;
    ++common->reports;
    reported.insert({in.from, in.generation});
    auto wait = common->random.between({}, common->options.report_wait_max);
    auto promise = self->make_response_promise<void>();
    promises.emplace(++last_report, promise);
    self->delayed_send(self, wait, caf::tick_atom_v, last_report);
    return promise;
  }

  void report(uint64_t which) {
    auto i = promises.find(which);
    i->second.deliver(caf::make_error(report_code, "drawn by lot"));
    promises.erase(i);
  }

  caf::event_based_actor* self;
  std::shared_ptr<shared> common;
  party own;
  channel<echo::EchoMessage> wire;
  peer_view view;
  std::set<std::pair<node_id, uint64_t>> reported;
  /// Reports that are still to be made.
  std::map<uint64_t, caf::typed_response_promise<void>> promises;
  uint64_t last_report = 0;
};

probe::probe(network& net, const probe_options& options)
  : shared_(std::make_shared<shared>(
      shared{net, options, net.system().random().split()})) {
  net.add_reactor([all = shared_](caf::actor_system& sys, const node& where,
                                  size_t number) {
    sys.spawn<caf::stateful_actor<reactor>>(all, where, number);
  });
}

void probe::rest() {
  shared_->resting = true;
}

void probe::audit() {
  auto& net = shared_->net;
  for (const auto& [who, generation] : shared_->refused)
    shared_->fail(fmt::format("node-{} had {} up as connection {} and could "
                              "not send to it",
                              who.first.first, to_string(who.second),
                              generation));
  for (size_t i = 0; i < net.size(); ++i)
    if (net.is_running(i))
      for (const auto& [peer, update] : net.peers(i).up()) {
        auto other = net.number_of(peer);
        shared_->fail_if(shared_->ledger.missing(
            {i, net.life(i)}, {other, net.life(other)}, update.generation));
      }
  net.system().throw_if_failed();
}

const delivery_ledger& probe::ledger() const {
  return shared_->ledger;
}

uint64_t probe::reports() const {
  return shared_->reports;
}

} // namespace troupe::testing
