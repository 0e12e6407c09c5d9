// SPDX-License-Identifier: Apache-2.0
#include "local_node.hpp"

#include <map>

#include <doctest/doctest.h>

#include <caf/event_based_actor.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "payload_pattern.hpp"
#include "troupe/actors/pex/pex.hpp"
#include "troupe/proto/echo.pb.h"

namespace troupe::test {

namespace {

using namespace std::chrono_literals;

using channel_map = std::map<channel_id, any_channel>;

node_id parse_id(const std::string& text) {
  auto id = node_id::parse(text);
  REQUIRE(id);
  return *id;
}

/// Answers pings and keeps the journal. A channel, an ID and a content ask it
/// to send a ping.
caf::behavior echo_reactor(caf::event_based_actor* self, const node& owner,
                           const std::vector<channel_descriptor>& descriptors,
                           const std::shared_ptr<journal>& book) {
  channel_map channels;
  for (const auto& descriptor : descriptors)
    channels[descriptor.id]
        = owner.open_channel<echo::EchoMessage>(self, descriptor);
  owner.subscribe(self);
  owner.observe(self);
  auto send = [self, book, channels](channel_id id, const node_id& to,
                                     const google::protobuf::Message& message) {
    const auto& way = channels.at(id);
    way.send(self, to, message)
        .then([] {}, [book](const caf::error& e) { book->refused.push(e); });
  };
  return {
      [=](const inbound_envelope& in) {
        auto note = [&](bool pong, const std::string& content) {
          if (pong)
            book->steps.push({.what = step::kind::pong,
                              .peer = in.from,
                              .begin = content.substr(0, 8)});
          book->arrivals.push({in.from, in.channel, pong, content});
        };
        return in.match(
            [&](const echo::PingMessage& ping) {
              note(false, ping.content());
              echo::PongMessage pong;
              pong.set_content(ping.content());
              send(in.channel, in.from, pong);
            },
            [&](const echo::PongMessage& pong) { note(true, pong.content()); });
      },
      [=](channel_id id, const node_id& to, const std::string& content) {
        echo::PingMessage ping;
        ping.set_content(content);
        send(id, to, ping);
      },
      [=](const peer_update& update) {
        const auto up = update.status == peer_status::up;
        book->steps.push({.what = up ? step::kind::up : step::kind::down,
                          .peer = update.peer});
        book->updates.push(update);
      },
      [=](const node_event& event) { book->events.push(event); },
  };
}

} // namespace

node_options test_options() {
  system_entropy random;
  node_options result = {.key = node_key::generate(random),
                         .network = "troupe-interop",
                         .listen = {"mconn://127.0.0.1:0"}};
  result.stream.send_rate.reset();
  result.stream.recv_rate.reset();
  result.retry = {.min_retry_time = 50ms,
                  .max_retry_time = 200ms,
                  .max_retry_time_persistent = 200ms,
                  .retry_time_jitter = 0ms};
  result.disconnect_cooldown = 50ms;
  return result;
}

std::vector<channel_descriptor> test_channels() {
  std::vector<channel_descriptor> result = {{.id = 0x70, .priority = 5},
                                            {.id = 0x71, .priority = 1},
                                            {.id = 0x72, .priority = 10}};
  for (auto& channel : result) {
    channel.send_queue_messages = 4096;
    channel.send_queue_bytes = 64 * 1024 * 1024;
  }
  return result;
}

caf::actor_system_config&
local_node::configure(caf::actor_system_config& config) {
  static const auto once = [] {
    caf::init_global_meta_objects<caf::id_block::troupe>();
    caf::io::middleman::init_global_meta_objects();
    caf::core::init_global_meta_objects();
    return true;
  }();
  static_cast<void>(once);
  config.load<caf::io::middleman>();
  return config;
}

local_node::local_node(const node_options& options,
                       std::vector<channel_descriptor> channels,
                       std::optional<pex_options> exchange)
  : system_(configure(config_)) {
  auto own = options;
  own.channels_expected = channels.size() + (exchange ? 1 : 0);
  node_ = spawn_node(system_, std::move(own));
  if (exchange) {
    exchange->on_list
        = [book = journal_](const pex_news& news) { book->lists.push(news); };
    spawn_pex(system_, node_, std::move(*exchange));
  }
  reactor_ = system_.spawn(echo_reactor, node_, std::move(channels), journal_);
  const auto where = wait_event(node_event::kind::listening).where;
  endpoint_ = to_string(*where.ip) + ":" + std::to_string(where.port);
}

local_node::~local_node() {
  caf::scoped_actor self{system_};
  node_.stop();
  self->wait_for(node_.router());
}

void local_node::dial(const std::string& address) {
  auto parsed = node_address::parse(address);
  REQUIRE(parsed);
  node_.add_peer(*parsed);
}

peer_update local_node::wait_up(const std::string& peer) {
  auto found = journal_->updates.take([id = parse_id(peer)](const auto& x) {
    return x.peer == id && x.status == peer_status::up;
  });
  REQUIRE_MESSAGE(found.has_value(), "we never saw " << peer << " up");
  return *found;
}

peer_update local_node::wait_down(const std::string& peer) {
  auto found = journal_->updates.take([id = parse_id(peer)](const auto& x) {
    return x.peer == id && x.status == peer_status::down;
  });
  REQUIRE_MESSAGE(found.has_value(), "we never saw " << peer << " down");
  return *found;
}

pex_news local_node::wait_list(const std::string& peer) {
  auto found = journal_->lists.take(
      [id = parse_id(peer)](const auto& x) { return x.from == id; });
  REQUIRE_MESSAGE(found.has_value(), peer << " tells us no addresses");
  return *found;
}

bool local_node::has_lost(const std::string& peer) {
  return journal_->updates.contains([id = parse_id(peer)](const auto& x) {
    return x.peer == id && x.status == peer_status::down;
  });
}

node_event local_node::wait_event(node_event::kind kind) {
  auto found
      = journal_->events.take([kind](const auto& x) { return x.what == kind; });
  REQUIRE_MESSAGE(found.has_value(), "no event of kind " << int(kind));
  return *found;
}

bool local_node::has_seen(node_event::kind kind) {
  return journal_->events.contains(
      [kind](const auto& x) { return x.what == kind; });
}

step local_node::wait_step(const std::string& peer) {
  auto found = journal_->steps.take(
      [id = parse_id(peer)](const auto& x) { return x.peer == id; });
  REQUIRE_MESSAGE(found.has_value(), "nothing happens with " << peer);
  return *found;
}

std::vector<std::string> local_node::send_pings(const std::string& peer,
                                                channel_id channel, size_t size,
                                                size_t count) {
  std::vector<std::string> result;
  for (size_t i = 0; i < count; ++i) {
    result.push_back(pattern(next_sequence_++, size));
    caf::anon_send(reactor_, channel, parse_id(peer), result.back());
  }
  return result;
}

void local_node::ping(const std::string& peer, channel_id channel, size_t size,
                      size_t count) {
  wait_pongs(peer, channel, send_pings(peer, channel, size, count));
}

void local_node::wait_pongs(const std::string& peer, channel_id channel,
                            const std::vector<std::string>& sent) {
  const auto id = parse_id(peer);
  for (size_t i = 0; i < sent.size(); ++i) {
    CAPTURE(i);
    auto pong = journal_->arrivals.take([&](const auto& x) {
      return x.pong && x.from == id && x.channel == channel;
    });
    auto refused = journal_->refused.take_all();
    REQUIRE_MESSAGE(refused.empty(), "our node refused a message: "
                                         << to_string(refused.front()));
    REQUIRE_MESSAGE(pong.has_value(),
                    "pong " << i << " of " << sent.size() << " never came");
    const auto unchanged = pong->content == sent[i];
    REQUIRE_MESSAGE(unchanged, "pong " << i << " is not what was sent");
  }
}

std::deque<arrival> local_node::wait_arrivals(size_t count) {
  auto result = journal_->arrivals.take_first(count);
  REQUIRE(result.size() == count);
  return result;
}

} // namespace troupe::test
