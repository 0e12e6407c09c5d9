// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/envelope.hpp"

#include <caf/error.hpp>

#include "troupe/messages/type_ids.hpp"

namespace troupe::detail {

caf::result<void> unexpected_message(const payload& message) {
  return caf::make_error(errc::unexpected_message, message.type_name());
}

} // namespace troupe::detail
