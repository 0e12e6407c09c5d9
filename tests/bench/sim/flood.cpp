// SPDX-License-Identifier: Apache-2.0
#include "flood.hpp"

#include <string>
#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include "troupe/proto/echo.pb.h"

namespace troupe::bench {

namespace {

struct flood_state {
  static inline const char* name = "flood";

  flood_state(caf::event_based_actor* self, const node& home,
              std::shared_ptr<flood_record> where)
    : record(std::move(where)),
      wire(home.open_channel<echo::EchoMessage>(
          self, {.id = flood_channel, .name = "flood"})) {}

  caf::behavior make_behavior() {
    return {
        [this](caf::tick_atom) { pass_on("flood"); },
        [this](const inbound_envelope& in) {
          ++record->arrivals;
          if (auto what = in.message.as<echo::PingMessage>())
            pass_on(what->content());
        },
    };
  }

  void pass_on(const std::string& content) {
    if (std::exchange(wet, true))
      return;
    ++record->reached;
    echo::PingMessage message;
    message.set_content(content);
    wire.broadcast(message);
  }

  std::shared_ptr<flood_record> record;
  channel<echo::EchoMessage> wire;
  bool wet = false;
};

} // namespace

flood::flood(testing::network& net) {
  net.add_reactor([record = record_, reactors = reactors_](
                      caf::actor_system& sys, const node& home, size_t number) {
    auto who = sys.spawn<caf::stateful_actor<flood_state>>(home, record);
    if (reactors->size() <= number)
      reactors->resize(number + 1);
    reactors->at(number) = who.address();
  });
}

void flood::begin(size_t number) {
  if (auto who = caf::actor_cast<caf::actor>(reactors_->at(number)))
    caf::anon_send(who, caf::tick_atom_v);
}

} // namespace troupe::bench
