// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/message_faults.hpp"

#include <utility>

#include "troupe/tests/harness/duration_code.hpp"
#include "troupe/tests/harness/message_tap.hpp"

namespace troupe::testing {

fault drop_messages(std::string what, message_choice which) {
  return {"drop " + std::move(what), [which = std::move(which)](network& net) {
            net.messages().set({{message_tap::action::drop, which}});
          }};
}

fault delay_messages(std::string what, message_choice which, duration wait) {
  return {"delay " + std::move(what) + " by " + duration_code(wait),
          [which = std::move(which), wait](network& net) {
            net.messages().set({{message_tap::action::delay, which, wait}});
          }};
}

fault double_messages(std::string what, message_choice which) {
  return {"double " + std::move(what),
          [which = std::move(which)](network& net) {
            net.messages().set({{message_tap::action::repeat, which}});
          }};
}

fault restore_messages() {
  return {"restore messages",
          [](network& net) { net.messages().set(std::nullopt); },
          "restore_messages()"};
}

} // namespace troupe::testing
