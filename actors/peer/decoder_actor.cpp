// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/peer/decoder_actor.hpp"

#include <utility>

#include <caf/typed_event_based_actor.hpp>

#include "troupe/messages/wrapper.hpp"
#include "troupe/transport/actor_state.hpp"

namespace troupe {

namespace {

struct decoder_state {
  static inline const char* name = "troupe.decoder";

  explicit decoder_state(decoder_actor::pointer ptr) : self(ptr) {}

  decoder_actor::behavior_type make_behavior() {
    return {
        [](const decode_job& job) { return decode(job); },
    };
  }

  static caf::result<payload, uint64_t> decode(const decode_job& job) {
    auto size = job.codec->weigh(job.body);
    if (!size)
      return to_error(size.error());
    auto message = job.codec->decode(job.body);
    if (!message)
      return to_error(message.error());
    return {std::move(*message), uint64_t{*size}};
  }

  decoder_actor::pointer self;
};

} // namespace

decoder_actor spawn_decoder(caf::actor_system& sys) {
  return spawn_state<decoder_state, decoder_actor>(sys);
}

} // namespace troupe
