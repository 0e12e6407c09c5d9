// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <caf/error.hpp>
#include <caf/result.hpp>
#include <caf/typed_response_promise.hpp>
#include <caf/unit.hpp>

#include "troupe/messages/type_ids.hpp"

namespace troupe {

/// Lets others hear when something arrives on a connection, which keeps this in
/// its state.
class signs_of_life {
public:
  /// Answers once anything has arrived at all. A second asker takes the place
  /// of the first, who hears `invalid_state`.
  template <class Pointer>
  caf::result<void> first(Pointer self) {
    if (came_)
      return caf::unit;
    if (first_.pending())
      first_.deliver(caf::make_error(errc::invalid_state));
    first_ = self->template make_response_promise<void>();
    return first_;
  }

  /// Answers when something arrives from now on. Fails with `queue_full` if too
  /// many wait for that.
  template <class Pointer>
  caf::result<void> next(Pointer self) {
    if (next_.size() == waiting_max)
      return caf::make_error(errc::queue_full);
    auto promise = self->template make_response_promise<void>();
    next_.push_back(promise);
    return promise;
  }

  /// Something arrived.
  void came() {
    if (!std::exchange(came_, true) && first_.pending())
      first_.deliver();
    for (auto& promise : std::exchange(next_, {}))
      promise.deliver();
  }

private:
  static constexpr size_t waiting_max = 32;

  bool came_ = false;
  caf::typed_response_promise<void> first_;
  std::vector<caf::typed_response_promise<void>> next_;
};

} // namespace troupe
