// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_connection.hpp"

#include <utility>

namespace troupe::testing {

sim_connection::sim_connection(end dialer, end acceptor)
  : dialer_(std::move(dialer)),
    acceptor_(std::move(acceptor)) {
  dialer_.open = true;
}

bool sim_connection::between(sim_host a, sim_host b) const {
  return (dialer_.host == a && acceptor_.host == b)
         || (dialer_.host == b && acceptor_.host == a);
}

std::optional<time_point> sim_connection::next_event() const {
  auto one = dialer_.out.next_event();
  auto two = acceptor_.out.next_event();
  if (!one || (two && *two < *one))
    return two;
  return one;
}

std::optional<sim_connection::progress>
sim_connection::advance(time_point now, sim_random& random) {
  for (;;) {
    const auto next = next_event();
    if (!next || *next > now)
      return std::nullopt;
    const auto from_dialer = dialer_.out.next_event() == next;
    // Nothing for us: an acknowledgement, or a probe that was answered.
    if (auto step = at(from_dialer).out.advance(now, random))
      return progress{from_dialer, std::move(*step)};
  }
}

sim_read_result sim_connection::read(bool dialer, size_t count, time_point now,
                                     sim_random& random) {
  auto& in = at(!dialer).out;
  const auto& self = at(dialer);
  sim_read_result result;
  if (self.ended.code == errc::shutting_down) {
    result.ended = self.ended;
    return result;
  }
  result.data = in.read(count, now, random);
  if (!result.data.empty() || in.readable() > 0)
    return result;
  if (in.at_end())
    result.ended = {errc::connection_closed, {}};
  else
    result.ended = self.ended;
  return result;
}

void sim_connection::fail(bool dialer, failure why) {
  auto& self = at(dialer);
  if (self.ended.code == errc::none)
    self.ended = std::move(why);
  self.out.cut();
  set_reader(!dialer, sim_pipe::reader::gone);
}

void sim_connection::close(bool dialer, time_point now, sim_random& random) {
  auto& self = at(dialer);
  if (!self.open)
    return;
  self.owner = nullptr;
  self.open = false;
  self.parked.clear();
  self.out.finish(now, random);
  set_reader(!dialer, sim_pipe::reader::gone);
}

void sim_connection::crash(bool dialer) {
  auto& self = at(dialer);
  self.ended = {errc::shutting_down, "the host was switched off"};
  self.owner = nullptr;
  self.open = false;
  self.parked.clear();
  self.out.drop_unsent();
  opening_ = false;
  set_reader(!dialer, sim_pipe::reader::silent);
}

void sim_connection::restart(bool dialer, time_point now, sim_random& random) {
  set_reader(!dialer, sim_pipe::reader::gone);
  at(!dialer).out.retransmit(now, random);
}

void sim_connection::forget() {
  for (auto dialer : {true, false})
    set_reader(dialer, sim_pipe::reader::silent);
  forgotten_ = true;
}

/// Says what becomes of what one end sends.
void sim_connection::set_reader(bool of_dialer, sim_pipe::reader what) {
  if (!forgotten_)
    at(of_dialer).out.set_reader(what);
}

void sim_connection::opened() {
  acceptor_.open = true;
  opening_ = false;
}

bool sim_connection::abandoned() const {
  if (dialer_.open || acceptor_.open)
    return false;
  return !opening_ || !dialer_.out.next_event();
}

void sim_connection::retransmit(time_point now, sim_random& random) {
  dialer_.out.retransmit(now, random);
  acceptor_.out.retransmit(now, random);
}

} // namespace troupe::testing
