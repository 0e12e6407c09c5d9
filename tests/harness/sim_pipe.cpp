// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/sim_pipe.hpp"

#include <algorithm>
#include <utility>

#include "troupe/tests/harness/fnv_hash.hpp"

namespace troupe::testing {

namespace {

/// `a - b`, or 0.
template <class T>
T difference(T a, T b) {
  return a > b ? a - b : T{0};
}

void keep_first(std::optional<time_point>& first, time_point other) {
  if (!first || other < *first)
    first = other;
}

} // namespace

// -- writing ------------------------------------------------------------------

void sim_pipe::open(time_point now, sim_random& random) {
  launch({.what = step::kind::opened}, 0, now, random);
}

size_t sim_pipe::write(byte_view data, time_point now, sim_random& random) {
  if (writer_ended_)
    return 0;
  collect_acks(now, random);
  if (outstanding_ == 0 && unsent_.empty())
    progress_ = now;
  const auto taken = std::min(data.size(), space());
  unsent_.append(data.first(taken));
  writer_waits_ = taken < data.size();
  transmit(now, random);
  return taken;
}

void sim_pipe::post(sim_cargo cargo, time_point now, sim_random& random) {
  if (writer_ended_)
    return;
  collect_acks(now, random);
  const auto size = cargo.size;
  launch({.what = step::kind::cargo, .cargo = std::move(cargo)}, size, now,
         random);
}

void sim_pipe::finish(time_point now, sim_random& random) {
  if (writer_ended_)
    return;
  writer_ended_ = true;
  writer_waits_ = false;
  finishing_ = true;
  transmit(now, random);
}

void sim_pipe::reset(time_point now, sim_random& random) {
  drop_unsent();
  if (std::exchange(resetting_, true))
    return;
  launch({.what = step::kind::reset}, 0, now, random);
}

void sim_pipe::drop_unsent() {
  unsent_.clear();
  finishing_ = false;
  writer_ended_ = true;
  writer_waits_ = false;
}

void sim_pipe::cut() {
  drop_unsent();
  flight_.clear();
  acks_.clear();
  unacked_ = 0;
  outstanding_ = 0;
}

size_t sim_pipe::space() const {
  return difference(there_->options().send_buffer_max,
                    unacked_ + unsent_.size());
}

size_t sim_pipe::window() const {
  return static_cast<size_t>(difference<uint64_t>(
      granted_ + there_->options().receive_window_max, sent_));
}

/// Sends what buffer and window allow.
void sim_pipe::transmit(time_point now, sim_random& random) {
  const auto& options = there_->options();
  while (!unsent_.empty()) {
    auto size = std::min({unsent_.size(), window(),
                          std::max<size_t>(options.segment_size_max, 1)});
    if (size == 0)
      return;
    if (random.chance(options.cut_per_mille))
      size = 1 + static_cast<size_t>(random.below(size));
    sent_ += size;
    unacked_ += size;
    launch({.what = step::kind::bytes, .data = unsent_.take(size)}, size, now,
           random);
  }
  if (std::exchange(finishing_, false))
    launch({.what = step::kind::finished}, 0, now, random);
}

void sim_pipe::launch(segment what, size_t size, time_point now,
                      sim_random& random) {
  if (outstanding_ == 0)
    progress_ = now;
  ++outstanding_;
  last_arrival_ = std::max(last_arrival_, there_->send(size, now, random));
  what.arrival = last_arrival_;
  flight_.push_back(std::move(what));
}

/// Takes what the reader has answered by now.
void sim_pipe::collect_acks(time_point now, sim_random& random) {
  auto any = false;
  while (!acks_.empty()) {
    const auto& front = acks_.front();
    const auto when = back_->arrival(front.arrival);
    if (when > now || back_->lost(when))
      break;
    outstanding_ = difference(outstanding_, front.segments);
    unacked_ = difference(unacked_, front.bytes);
    granted_ = front.consumed;
    progress_ = std::max(progress_, when);
    acks_.pop_front();
    any = true;
  }
  if (any)
    transmit(now, random);
}

// -- reading ------------------------------------------------------------------

bytes sim_pipe::read(size_t count, time_point now, sim_random& random) {
  auto result = received_.take(count);
  consumed_ += result.size();
  // Not every read opens the window: the writer would send crumbs.
  if (consumed_ - announced_ >= there_->options().receive_window_max / 2
      && reader_ == reader::present)
    acknowledge(0, 0, now, random);
  return result;
}

void sim_pipe::acknowledge(size_t segments, size_t size, time_point now,
                           sim_random& random) {
  announced_ = consumed_;
  auto when = back_->send(0, now, random);
  if (!acks_.empty())
    when = std::max(when, acks_.back().arrival);
  acks_.push_back({when, segments, size, consumed_});
}

void sim_pipe::set_reader(reader what) {
  reader_ = what;
}

// -- time ---------------------------------------------------------------------

/// Whether a closed window keeps the writer from sending.
bool sim_pipe::stuck() const {
  return outstanding_ == 0 && !unsent_.empty();
}

std::optional<time_point> sim_pipe::deadline() const {
  if (outstanding_ == 0 && !stuck())
    return std::nullopt;
  return progress_ + there_->options().give_up;
}

std::optional<time_point> sim_pipe::next_event() const {
  auto result = deadline();
  if (!flight_.empty() && !lossy())
    keep_first(result, there_->arrival(flight_.front().arrival));
  // Nobody waits for the others; they are taken with the next write.
  if (!acks_.empty() && (!unsent_.empty() || writer_waits_))
    if (auto when = back_->arrival(acks_.front().arrival); !back_->lost(when))
      keep_first(result, when);
  return result;
}

std::optional<sim_pipe::step> sim_pipe::advance(time_point now,
                                                sim_random& random) {
  collect_acks(now, random);
  // Like kernels, waits for a good part of the buffer to become free.
  if (writer_waits_ && space() > there_->options().send_buffer_max / 3) {
    writer_waits_ = false;
    return step{.what = step::kind::space};
  }
  if (!flight_.empty() && !lossy()
      && there_->arrival(flight_.front().arrival) <= now)
    return arrive(now, random);
  if (auto limit = deadline(); limit && *limit <= now)
    return expire(now);
  return std::nullopt;
}

sim_pipe::step sim_pipe::arrive(time_point now, sim_random& random) {
  auto front = std::move(flight_.front());
  flight_.pop_front();
  auto result = step{.what = front.what};
  if (front.what == step::kind::reset) {
    cut();
    return result;
  }
  if (reader_ == reader::gone) {
    cut();
    return {.what = step::kind::rejected};
  }
  if (front.what == step::kind::bytes) {
    result.size = front.data.size();
    result.hash = fnv_hash{}.add(front.data).value();
    received_.append(std::move(front.data));
  } else if (front.what == step::kind::cargo) {
    result.size = front.cargo.size;
    result.hash = front.cargo.hash;
    result.cargo = std::move(front.cargo);
  } else if (front.what == step::kind::finished) {
    finished_ = true;
  }
  const auto counted = front.what == step::kind::bytes ? result.size : 0;
  acknowledge(1, counted, now, random);
  return result;
}

/// Nobody answered for too long; or the window was closed for that long, where
/// TCP keeps asking whether the reader is still there.
std::optional<sim_pipe::step> sim_pipe::expire(time_point now) {
  const auto nobody = !stuck() || lossy() || back_->blocked();
  if (nobody || reader_ == reader::gone) {
    cut();
    return step{.what = nobody ? step::kind::gave_up : step::kind::rejected};
  }
  progress_ = now;
  return std::nullopt;
}

void sim_pipe::retransmit(time_point now, sim_random& random) {
  const auto again = now + random.between({}, there_->options().retransmit_max);
  if (!flight_.empty() && flight_.front().arrival <= now) {
    const auto when = there_->send(0, again, random);
    for (auto& segment : flight_)
      segment.arrival = std::max(segment.arrival, when);
    last_arrival_ = std::max(last_arrival_, when);
  }
  auto earliest = time_point::min();
  for (auto& ack : acks_) {
    if (back_->lost(back_->arrival(ack.arrival)))
      earliest = std::max(earliest, back_->send(0, again, random));
    ack.arrival = std::max(ack.arrival, earliest);
  }
}

} // namespace troupe::testing
