// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/qos/qos_mailbox.hpp"

namespace troupe {

void bounce(const caf::mailbox_element& envelope, const caf::error& reason) {
  if (envelope.sender && envelope.mid.is_request())
    envelope.sender->enqueue(nullptr, envelope.mid.response_id(),
                             caf::make_message(reason), nullptr);
}

} // namespace troupe
