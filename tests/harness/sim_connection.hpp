// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "troupe/messages/errc.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/tests/harness/sim_event.hpp"
#include "troupe/tests/harness/sim_pipe.hpp"
#include "troupe/tests/harness/sim_socket.hpp"

namespace troupe::testing {

/// Two ends and a pipe each way: what `sim_network` keeps of a connection.
/// It decides what a step of one pipe means for the other and for the ends.
class sim_connection {
public:
  /// One side of it.
  struct end {
    sim_host host;
    sim_address address;

    /// What is sent from here.
    sim_pipe out;

    /// Null as long as nobody has taken the socket, and after that.
    sim_socket_owner* owner = nullptr;

    /// Whether somebody holds the socket, or it waits to be accepted.
    bool open = false;

    /// What arrived whole before there was an owner.
    std::deque<sim_cargo> parked = {};

    /// Why it ended, unless it has not, or the other side closed it.
    failure ended = {};
  };

  /// The dialer has its end, and its first packet is about to be sent.
  sim_connection(end dialer, end acceptor);

  [[nodiscard]] end& at(bool dialer) {
    return dialer ? dialer_ : acceptor_;
  }

  [[nodiscard]] const end& at(bool dialer) const {
    return dialer ? dialer_ : acceptor_;
  }

  [[nodiscard]] bool between(sim_host a, sim_host b) const;

  /// When one of the pipes has something to do.
  [[nodiscard]] std::optional<time_point> next_event() const;

  /// A step of the pipe that leads from one of the ends to the other.
  struct progress {
    bool from_dialer;
    sim_pipe::step step;
  };

  /// Does one thing that is due, the earliest first.
  std::optional<progress> advance(time_point now, sim_random& random);

  /// Reads at one end.
  sim_read_result read(bool dialer, size_t count, time_point now,
                       sim_random& random);

  /// Ends one end: nothing arrives there any more, and nothing leaves.
  void fail(bool dialer, failure why);

  /// Lets go of one end.
  void close(bool dialer, time_point now, sim_random& random);

  /// The host of one end is switched off.
  void crash(bool dialer);

  /// The host of one end is on again.
  void restart(bool dialer, time_point now, sim_random& random);

  /// Nothing arrives at either end any more, and nobody says so.
  void forget();

  /// Sends again what was lost.
  void retransmit(time_point now, sim_random& random);

  /// The dialer's first packet arrived: the acceptor's end exists.
  void opened();

  /// Whether nobody holds an end, and nobody will.
  [[nodiscard]] bool abandoned() const;

  /// The time that `next_event` had when the network last looked.
  std::optional<time_point> due;

private:
  void set_reader(bool of_dialer, sim_pipe::reader what);

  end dialer_;
  end acceptor_;
  bool forgotten_ = false;
  bool opening_ = true; // The dialer's first packet is under way.
};

} // namespace troupe::testing
