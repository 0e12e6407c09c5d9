// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/refused_router.hpp"

#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message.hpp>

#include "troupe/actors/operator/log.hpp"
#include "troupe/transport/mailbox_entry.hpp"

namespace troupe {

namespace {

class refused_router : public caf::event_based_actor {
public:
  using super = caf::event_based_actor;

  refused_router(caf::actor_config& cfg, failure why)
    : super(cfg),
      why_(std::move(why)) {}

  [[nodiscard]] const char* name() const override {
    return "troupe.router";
  }

  caf::behavior make_behavior() override {
    event_log{this}.error("invalid_options", "reason={}",
                          log_text(to_string(why_)));
    this->quit(to_error(why_));
    return {};
  }

  using super::enqueue;

  /// CAF would answer for an actor that has ended that it has ended. This one
  /// never needs to run for an answer, whoever asks from whichever thread.
  bool enqueue(caf::mailbox_element_ptr what, actor_host* host) override {
    if (!what->mid.is_request() || !what->sender)
      return super::enqueue(std::move(what), host);
    return what->sender->enqueue(make_entry(nullptr, what->mid.response_id(),
                                            caf::make_message(to_error(why_))),
                                 host);
  }

private:
  const failure why_;
};

} // namespace

router_actor spawn_refused_router(caf::actor_system& sys, const failure& why) {
  return caf::actor_cast<router_actor>(sys.spawn<refused_router>(why));
}

} // namespace troupe
