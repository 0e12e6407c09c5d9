// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mailbox_entry.hpp"

namespace troupe {

void bounce(const caf::mailbox_element& entry, const caf::error& reason) {
  if (entry.sender && entry.mid.is_request())
    entry.sender->enqueue(
        make_entry(nullptr, entry.mid.response_id(), caf::make_message(reason)),
        nullptr);
}

} // namespace troupe
