// SPDX-License-Identifier: Apache-2.0
#include "handshakes.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>

#include "clocks.hpp"
#include "dialing.hpp"

namespace troupe::versus {

namespace {

using namespace std::chrono_literals;

/// Makes connections, eight at a time, and ends them.
class handshaker {
public:
  handshaker(caf::event_based_actor* self, const level& how, uint16_t port,
             size_t count, caf::actor done)
    : self_(self),
      place_(loopback(how, port)),
      left_(count),
      open_(count),
      done_(std::move(done)),
      options_(make_options(how)),
      transport_(transport_of(self->system(), how, options_)) {}

  caf::behavior behavior() {
    self_->send(self_, caf::ok_atom_v);
    return {[this](caf::ok_atom) {
      for (int i = 0; i < 8; ++i)
        next();
    }};
  }

private:
  void next() {
    if (left_ == 0)
      return;
    --left_;
    self_
        ->request(transport_, caf::infinite, caf::connect_atom_v, place_,
                  caf::timespan{10s})
        .then([this](const caf::actor& made) { shake(made); }, fail);
  }

  void shake(const caf::actor& made) {
    auto which = caf::actor_cast<connection_actor>(made);
    self_
        ->request(which, caf::infinite, handshake_atom_v,
                  info_of(*options_, {data_channel, echo_channel}), node_id{},
                  caf::timespan{10s})
        .then([this, which](const handshake_result&) { over(which); }, fail);
  }

  void over(const connection_actor& which) {
    self_->send_exit(which, caf::exit_reason::user_shutdown);
    if (--open_ > 0) {
      next();
      return;
    }
    self_->send_exit(transport_, caf::exit_reason::user_shutdown);
    self_->send(done_, std::string{});
    self_->quit();
  }

  caf::event_based_actor* self_;
  endpoint place_;
  size_t left_;
  size_t open_;
  caf::actor done_;
  options_ptr options_;
  transport_actor transport_;
};

caf::behavior shaking(caf::event_based_actor* self, const level& how,
                      uint16_t port, size_t count, const caf::actor& done) {
  auto state = std::make_shared<handshaker>(self, how, port, count, done);
  self->attach_functor([state](const caf::error&) {});
  return state->behavior();
}

} // namespace

void spawn_handshakes(caf::actor_system& sys, const level& how, uint16_t port,
                      size_t count, const caf::actor& done) {
  sys.spawn(shaking, how, port, count, done);
}

} // namespace troupe::versus
