// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include <caf/error.hpp>
#include <caf/timespan.hpp>
#include <caf/typed_response_promise.hpp>

#include "troupe/messages/as_result.hpp"
#include "troupe/messages/broadcast_report.hpp"

namespace troupe {

/// A broadcast whose sender wants to know what became of it: collects what the
/// senders of its peers answer, and reports once all have.
class open_broadcast {
public:
  explicit open_broadcast(caf::typed_response_promise<broadcast_report> promise)
    : promise_(std::move(promise)) {}

  /// Sends `xs` to the sender of one more peer.
  template <class Self, class Sender, class... Ts>
  static void send(const std::shared_ptr<open_broadcast>& all, Self self,
                   const Sender& to, const Ts&... xs) {
    ++all->unknown_;
    self->request(to, caf::infinite, xs...)
        .then([all] { all->note(errc::none); },
              [all](const caf::error& reason) {
                // One of CAF says that the sender has ended.
                all->note(code_of(reason, errc::not_connected));
              });
  }

  /// All peers have been named. @returns the answer to whoever asks.
  caf::typed_response_promise<broadcast_report> close() {
    if (unknown_ == 0)
      promise_.deliver(broadcast_report{});
    return promise_;
  }

private:
  void note(errc code) {
    if (code == errc::none)
      ++report_.taken;
    else
      ++report_.refused[code];
    if (--unknown_ == 0)
      promise_.deliver(std::move(report_));
  }

  caf::typed_response_promise<broadcast_report> promise_;
  broadcast_report report_;
  size_t unknown_ = 0;
};

} // namespace troupe
