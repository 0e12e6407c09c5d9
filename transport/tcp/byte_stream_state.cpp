// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/tcp/byte_stream_state.hpp"

#include <chrono>
#include <utility>

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/send.hpp>

namespace troupe {

namespace {

/// Reads in one turn of the I/O loop, so that a fast remote does not keep
/// others from their turn.
constexpr size_t reads_a_turn = 8;

/// How often we look for the end of a connection that we may not read. Also how
/// long a remote that hung up meanwhile keeps us waiting with its last bytes.
constexpr auto hangup_interval = std::chrono::seconds{1};

} // namespace

caf::behavior byte_stream_state::start(const stream_socket_maker& make,
                                       duration stall_max) {
  writer_ = stream_writer{stall_max};
  socket_ = make([this](readiness what) {
    if (what == readiness::read)
      read();
    else
      write();
  });
  self_->set_down_handler([this](caf::down_msg& msg) {
    // Urgent messages overtake bytes that still have to be written.
    caf::anon_send(caf::actor_cast<caf::actor>(self_), closed_atom_v,
                   std::move(msg.reason));
  });
  return {
      [this](attach_atom, size_t bytes) {
        attach();
        allow_reads(bytes);
      },
      [this](send_atom, raw_bytes& data) {
        const auto idle = writer_.next().empty();
        writer_.add(std::move(data), now());
        // An idle socket takes a burst at once, without a turn of the loop.
        if (idle)
          write();
      },
      [this](credit_atom, size_t bytes) { allow_reads(bytes); },
      [this](finish_atom) {
        if (!writer_.ended())
          socket_->finish();
      },
      [this](closed_atom, caf::error& reason) {
        self_->quit(std::move(reason));
      },
  };
}

void byte_stream_state::attach() {
  auto who = caf::actor_cast<caf::actor>(self_->current_sender());
  owner_ = who.address();
  self_->monitor(who);
}

// -- reading ------------------------------------------------------------------

void byte_stream_state::allow_reads(size_t bytes) {
  reader_.grant(bytes);
  if (reader_.may_read())
    socket_->watch(readiness::read);
  else
    expect_hangup();
}

void byte_stream_state::read() {
  for (size_t i = 0; i < reads_a_turn && reader_.may_read(); ++i) {
    const auto size = reader_.next_size();
    raw_bytes data(size);
    auto result = socket_->read(data);
    if (result.ended.code != errc::none) {
      end(result.ended);
      return;
    }
    if (result.count == 0)
      return;
    reader_.taken(result.count);
    const auto drained = result.count < size;
    data.resize(result.count);
    deliver(std::move(data), size);
    if (drained)
      break;
  }
  if (!reader_.may_read()) {
    socket_->ignore(readiness::read);
    expect_hangup();
  }
}

void byte_stream_state::deliver(raw_bytes data, size_t credit) {
  if (auto to = lock_owner())
    caf::anon_send(to, received_atom_v, std::move(data), credit);
}

/// Without credit the I/O loop does not watch the socket: neither an error nor
/// a goodbye would reach us before there is something to write.
void byte_stream_state::expect_hangup() {
  if (!writer_.ended())
    hangup_check_.set(self_, now() + hangup_interval,
                      [this] { check_hangup(); });
}

void byte_stream_state::check_hangup() {
  if (reader_.may_read())
    return;
  if (reader_.gone(socket_->hung_up()))
    end({errc::connection_closed, {}});
  else
    expect_hangup();
}

// -- writing ------------------------------------------------------------------

void byte_stream_state::write() {
  for (auto rest = writer_.next(); !rest.empty(); rest = writer_.next()) {
    auto result = socket_->write(rest);
    if (result.ended.code != errc::none) {
      end(result.ended);
      return;
    }
    writer_.taken(result.count, now());
    if (result.count < rest.size()) {
      socket_->watch(readiness::write);
      acknowledge();
      expect_progress();
      return;
    }
  }
  socket_->ignore(readiness::write);
  acknowledge();
}

void byte_stream_state::expect_progress() {
  if (auto when = writer_.next_wakeup())
    stall_check_.set(self_, *when, [this] { check_progress(); });
}

void byte_stream_state::check_progress() {
  if (!writer_.stalled(now())) {
    expect_progress();
    return;
  }
  // Nobody is left to take what the network still holds.
  socket_->abandon();
  end({errc::timeout, "the remote takes nothing of what we send"});
}

/// Once for several buffers, and not for parts of one: every message wakes
/// somebody up.
void byte_stream_state::acknowledge() {
  const auto count = writer_.take_finished();
  if (count == 0)
    return;
  if (auto to = lock_owner())
    caf::anon_send(to, written_atom_v, count);
}

// -- both ---------------------------------------------------------------------

/// Often called by the I/O loop, outside of any message: the actor has to get
/// one to notice that it is done. What is in its mailbox before that finds
/// nothing to do.
void byte_stream_state::end(const failure& why) {
  if (writer_.ended())
    return;
  writer_.end();
  reader_.end();
  socket_->ignore(readiness::read);
  socket_->ignore(readiness::write);
  caf::anon_send(caf::actor_cast<caf::actor>(self_), closed_atom_v,
                 to_error(why));
}

byte_stream_owner byte_stream_state::lock_owner() const {
  return caf::actor_cast<byte_stream_owner>(owner_);
}

time_point byte_stream_state::now() const {
  return self_->system().clock().now();
}

} // namespace troupe
