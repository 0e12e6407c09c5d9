// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <caf/actor_control_block.hpp>
#include <caf/config.hpp>
#include <caf/error.hpp>
#include <caf/fwd.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message.hpp>
#include <caf/message_id.hpp>

// What versions of CAF call differently between a message and the actor that
// gets it.

namespace troupe {

#if CAF_MAJOR_VERSION >= 1

/// Where an actor runs, and those that it wakes.
using actor_host = caf::scheduler;

/// Makes an entry for the mailbox of an actor; `from` may be null.
inline caf::mailbox_element_ptr make_entry(caf::strong_actor_ptr from,
                                           caf::message_id id,
                                           caf::message content) {
  return caf::make_mailbox_element(std::move(from), id, std::move(content));
}

#else

/// Where an actor runs, and those that it wakes.
using actor_host = caf::execution_unit;

/// Makes an entry for the mailbox of an actor; `from` may be null.
inline caf::mailbox_element_ptr make_entry(caf::strong_actor_ptr from,
                                           caf::message_id id,
                                           caf::message content) {
  return caf::make_mailbox_element(std::move(from), id, {}, std::move(content));
}

#endif

/// Answers an entry that will not be handled, if it was a request.
void bounce(const caf::mailbox_element& entry, const caf::error& reason);

} // namespace troupe
