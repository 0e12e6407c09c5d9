// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <caf/timespan.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/type_ids.hpp"

namespace troupe {

/// Talks to the gateway to the internet. Protocols have the names that
/// `mapping_protocol` gives them.
using gateway_actor = caf::typed_actor<
    // Asks for a TCP port that leads to that port of ours, or renews it; the
    // same one at the gateway if that is free. Answers with where the world
    // finds it, and for how long. Fails with `timeout` if no gateway answers,
    // `connection_refused` if it does not want to, `unsupported_protocol`.
    caf::result<endpoint, caf::timespan>(caf::publish_atom, std::string,
                                         uint16_t, caf::timespan),
    // Gives back what was answered for that port of ours.
    caf::result<void>(caf::unpublish_atom, std::string, uint16_t)>;

} // namespace troupe
