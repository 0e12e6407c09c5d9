// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <caf/timespan.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/messages/endpoint.hpp"
#include "troupe/messages/type_ids.hpp"

namespace troupe {

/// Talks to the gateway to the internet. Protocols have the names that
/// `mapping_protocol` gives them.
using gateway_actor = caf::typed_actor<
    // Asks for a port that leads to the port of that endpoint of ours, of UDP
    // if its protocol is `quic` and else of TCP, or renews it; the same one at
    // the gateway if that is free. Answers with where the world finds it, which
    // has that protocol, and for how long. Fails with `timeout` if no gateway
    // answers, `connection_refused` if it does not want to,
    // `unsupported_protocol`.
    caf::result<endpoint, caf::timespan>(caf::publish_atom, std::string,
                                         endpoint, caf::timespan),
    // Gives back what was answered for that endpoint of ours.
    caf::result<void>(caf::unpublish_atom, std::string, endpoint)>;

} // namespace troupe
