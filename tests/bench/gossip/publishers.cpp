// SPDX-License-Identifier: Apache-2.0
#include "publishers.hpp"

#include <cstring>
#include <functional>
#include <set>

#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include "troupe/proto/plumtree.pb.h"
#include "troupe/samples/gossip/gossip.hpp"
#include "troupe/tests/harness/message_faults.hpp"

namespace troupe::bench {

namespace {

using plumtree_wire::Frame;
using plumtree_wire::Payload;

using on_content = std::function<void(const std::string&, time_point)>;

/// The number of a message, which its content begins with.
uint64_t number_of(const std::string& content) {
  uint64_t result = 0;
  std::memcpy(&result, content.data(), sizeof result);
  return result;
}

struct flooder_state {
  static inline const char* name = "flooder";

  flooder_state(caf::event_based_actor* ptr, const node& home, on_content what)
    : self(ptr),
      hear(std::move(what)),
      wire(home.open_channel<Frame>(self, {.id = 0x72, .name = "flood"})) {
    home.subscribe(self);
  }

  caf::behavior make_behavior() {
    return {
        [this](caf::put_atom, const std::string& content) {
          Payload what;
          what.set_topic("news");
          what.set_content(content);
          what.set_origin(1);
          pass_on({}, what);
        },
        [this](const inbound_envelope& in) {
          return in.match([&](const Payload& what) { pass_on(in.from, what); });
        },
        [this](const peer_update& update) {
          if (update.status == peer_status::up)
            peers.insert(update.peer);
          else
            peers.erase(update.peer);
        },
    };
  }

  void pass_on(const node_id& from, const Payload& what) {
    if (!seen.insert(number_of(what.content())).second)
      return;
    hear(what.content(), self->clock().now());
    for (const auto& peer : peers)
      if (peer != from)
        wire.send(peer, what);
  }

  caf::event_based_actor* self;
  on_content hear;
  channel<Frame> wire;
  std::set<node_id> peers;
  std::set<uint64_t> seen;
};

struct gossiper_state {
  static inline const char* name = "gossiper";

  gossiper_state(caf::event_based_actor* ptr, const node& home, on_content what,
                 const gossip_options& options)
    : self(ptr),
      hear(std::move(what)),
      wire(open_gossip(self, home, options)) {}

  caf::behavior make_behavior() {
    return {
        [this](caf::put_atom, const std::string& content) {
          hear(content, self->clock().now());
          wire.publish("news", content);
        },
        [this](const gossip_message& in) {
          hear(in.content, self->clock().now());
          return gossip_verdict::accept;
        },
    };
  }

  caf::event_based_actor* self;
  on_content hear;
  gossip wire;
};

std::string kind_of(const testing::app_message& what) {
  auto frame = what.as<Frame>();
  if (!frame)
    return "unknown";
  switch (frame->sum_case()) {
    case Frame::kPayload:
      return "payload";
    case Frame::kAnnouncement:
      return "announcement";
    case Frame::kGraft:
      return "graft";
    case Frame::kPrune:
      return "prune";
    default:
      return "topics";
  }
}

} // namespace

publishers::publishers(testing::network& net, method how,
                       const gossip_options& options)
  : net_(net),
    messages_(std::make_shared<std::vector<published_message>>()),
    wire_(std::make_shared<std::map<std::string, wire_count>>()),
    reactors_(std::make_shared<std::vector<caf::actor_addr>>()),
    begun_(std::make_shared<uint64_t>(0)) {
  auto hear = [messages = messages_, begun = begun_](const std::string& content,
                                                     time_point now) {
    const auto number = number_of(content);
    if (number < *begun)
      return;
    auto& what = messages->at(number - *begun);
    ++what.reached;
    what.last = now;
  };
  net.add_reactor([hear, how, options, reactors = reactors_](
                      caf::actor_system& sys, const node& home, size_t number) {
    caf::actor who;
    if (how == method::flooding)
      who = sys.spawn<caf::stateful_actor<flooder_state>>(home, hear);
    else
      who = sys.spawn<caf::stateful_actor<gossiper_state>>(home, hear, options);
    if (reactors->size() <= number)
      reactors->resize(number + 1);
    reactors->at(number) = who.address();
  });
  // A fault that chooses nothing sees everything.
  net.apply(testing::drop_messages("nothing", [wire = wire_](const auto& what) {
    auto& count = (*wire)[kind_of(what)];
    ++count.messages;
    count.bytes += what.body.size();
    return false;
  }));
}

void publishers::publish(size_t node, size_t size) {
  const auto number = *begun_ + messages_->size();
  std::string content(size, 'x');
  std::memcpy(content.data(), &number, sizeof number);
  messages_->push_back({net_.now(), 0, net_.now()});
  if (auto who = caf::actor_cast<caf::actor>(reactors_->at(node)))
    caf::anon_send(who, caf::put_atom_v, content);
}

void publishers::begin() {
  *begun_ += messages_->size();
  messages_->clear();
  wire_->clear();
}

} // namespace troupe::bench
