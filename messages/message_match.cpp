// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/message_match.hpp"

#include <caf/error.hpp>

#include "troupe/messages/type_ids.hpp"

namespace troupe::detail {

caf::result<void> no_handler(const payload& message) {
  return caf::make_error(blame::unexpected_message, message.type_name());
}

} // namespace troupe::detail
