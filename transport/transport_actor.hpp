// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <caf/timespan.hpp>
#include <caf/typed_actor.hpp>

#include "troupe/messages/type_ids.hpp"
#include "troupe/transport/admission/inbound_limits_inspect.hpp"
#include "troupe/transport/connection_actor.hpp"

namespace troupe {

/// Makes connections of one protocol (ADR-062, "Transports").
using transport_actor = caf::typed_actor<
    // Listens, also at that endpoint, and answers with the one it got: port 0
    // is replaced by the real port. Fails with `cannot_listen`,
    // `invalid_endpoint`, `unsupported_protocol`, and with `invalid_state` once
    // the transport is closed, or if it listens at one place only and does.
    caf::result<endpoint>(listen_atom, endpoint),
    // Asks for the next accepted connection, a `connection_actor`, wherever it
    // arrives; answered when there is one, in the order of asking. Fails with
    // `shutting_down` once the transport is closed. Fails with `invalid_state`
    // if it never listened.
    caf::result<caf::actor>(accept_atom),
    // Dials a `connection_actor`. Fails with `invalid_endpoint`,
    // `unsupported_protocol`, `connection_refused`, or with `timeout` after the
    // given time.
    caf::result<caf::actor>(caf::connect_atom, endpoint, caf::timespan),
    // The endpoints it listens at; none when closed.
    caf::result<std::vector<endpoint>>(caf::get_atom),
    // Changes who may connect; connections that are there stay. Transports
    // whose remotes have no IP address ignore it.
    caf::result<void>(limits_atom, inbound_limits),
    // Stops listening and accepting. Connections live on, and dialing still
    // works. Closing again changes nothing.
    caf::result<void>(caf::close_atom)>;

} // namespace troupe
