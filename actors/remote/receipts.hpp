// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>

namespace troupe {

/// Knows of a stream of messages which may not have arrived yet, by asking for
/// one receipt at a time: it says that all that was sent before it has arrived.
/// So it costs one message a round trip, however many are sent.
class receipts {
public:
  /// A message goes out. @returns whether to ask for a receipt behind it.
  [[nodiscard]] bool sent(size_t size) {
    unconfirmed_.push_back(size);
    if (asked_ > 0)
      return false;
    asked_ = 1;
    return true;
  }

  /// The receipt has come: calls `arrived` with the size of each message that
  /// it is for. @returns whether to ask for another one.
  template <class F>
  [[nodiscard]] bool came(F arrived) {
    for (; asked_ > 0; --asked_) {
      arrived(unconfirmed_.front());
      unconfirmed_.pop_front();
    }
    asked_ = unconfirmed_.size();
    return asked_ > 0;
  }

private:
  std::deque<size_t> unconfirmed_;
  size_t asked_ = 0; // How many the receipt will be for; 0 if none is asked.
};

} // namespace troupe
