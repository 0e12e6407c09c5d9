// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_event.hpp"

namespace troupe::testing {

std::string to_string(sim_event::kind what) {
  using kind = sim_event::kind;
  switch (what) {
    case kind::dial_tried:
      return "dial_tried";
    case kind::dial_lost:
      return "dial_lost";
    case kind::dial_refused:
      return "dial_refused";
    case kind::dial_gave_up:
      return "dial_gave_up";
    case kind::dial_connected:
      return "dial_connected";
    case kind::accepted:
      return "accepted";
    case kind::bytes_arrived:
      return "bytes_arrived";
    case kind::cargo_arrived:
      return "cargo_arrived";
    case kind::finished:
      return "finished";
    case kind::reset:
      return "reset";
    case kind::gave_up:
      return "gave_up";
    case kind::crashed:
      return "crashed";
    case kind::restarted:
      return "restarted";
    case kind::blocked:
      return "blocked";
    case kind::healed:
      return "healed";
    case kind::stalled:
      return "stalled";
    case kind::resolved:
      return "resolved";
    case kind::forgotten:
      return "forgotten";
    case kind::datagram_arrived:
      return "datagram_arrived";
    case kind::datagram_lost:
      return "datagram_lost";
    case kind::datagram_refused:
      return "datagram_refused";
  }
  return "unknown";
}

} // namespace troupe::testing
