// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <caf/result.hpp>
#include <caf/typed_response_promise.hpp>
#include <caf/unit.hpp>

#include "troupe/messages/type_ids.hpp"

namespace troupe {

/// Lets one actor hear when the first thing arrives on a connection; the
/// connection keeps this in its state. A second asker takes the place of the
/// first, who hears `invalid_state`.
class first_sign_promise {
public:
  template <class Pointer>
  caf::result<void> wait(Pointer self) {
    if (came_)
      return caf::unit;
    if (asked_.pending())
      asked_.deliver(caf::make_error(errc::invalid_state));
    asked_ = self->template make_response_promise<void>();
    return asked_;
  }

  /// Something arrived.
  void came() {
    if (std::exchange(came_, true) || !asked_.pending())
      return;
    asked_.deliver();
  }

private:
  bool came_ = false;
  caf::typed_response_promise<void> asked_;
};

} // namespace troupe
