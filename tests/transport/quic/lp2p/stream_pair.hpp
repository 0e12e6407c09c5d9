// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "troupe/tests/harness/sim_random.hpp"
#include "troupe/transport/quic/lp2p/lp2p_session.hpp"

namespace troupe::test {

/// Two sessions, and streams between them that are as a QUIC connection has
/// them: bytes of a stream stay in order and come in any pieces, streams do not
/// wait for each other, each has a window, and no more are open than allowed.
/// All is drawn from a seed. Side 0 has dialed.
class stream_pair {
public:
  struct settings {
    lp2p_options near = {};
    lp2p_options far = {};
    /// First window of a stream in bytes.
    size_t window = 1000;
    /// Streams of one side that may be open at once.
    size_t streams = 50;
    /// Of a thousand turns, those that reset a stream, and with which code.
    unsigned resets = 0;
    uint64_t reset_code = 0;
  };

  stream_pair(uint64_t seed, settings what)
    : settings_(std::move(what)),
      random_(seed),
      sessions_{lp2p_session{settings_.near, direction::outbound, random_},
                lp2p_session{settings_.far, direction::inbound, random_}} {}

  lp2p_session& operator[](size_t side) {
    return sessions_[side];
  }

  /// Does one thing that can happen. @returns whether there was any.
  bool turn() {
    open_streams();
    std::vector<stream_id> busy;
    for (const auto& [id, stream] : streams_)
      if (can_move(stream))
        busy.push_back(id);
    if (busy.empty())
      return false;
    const auto id = busy[random_.below(busy.size())];
    if (random_.chance(settings_.resets)) {
      cut(id, random_.below(2));
      return true;
    }
    auto& stream = streams_.at(id);
    const auto first = random_.below(2);
    for (auto side : {first, 1 - first})
      if (can_move(stream.pipes[side])) {
        move(id, side);
        break;
      }
    close_if_done(id);
    return true;
  }

  /// Lets things happen, and time pass when nothing does, until nothing would
  /// change any more.
  void run() {
    for (;;) {
      while (turn())
        ;
      auto next = time_point::max();
      for (auto& session : sessions_)
        next = std::min(next, session.next_wakeup(now));
      if (next == time_point::max())
        return;
      now = std::max(now, next);
      for (size_t side = 0; side < 2; ++side) {
        sessions_[side].tick(now);
        take(side);
      }
    }
  }

  /// Does what a session wants after it was told something.
  void take(size_t side) {
    auto& session = sessions_[side];
    for (auto& action : session.take_actions())
      std::visit([&](auto& x) { apply(side, x); }, action);
    for (auto& message : session.take_inbound())
      arrived[side].push_back(std::move(message));
    for (auto [channel, cost] : session.take_sent())
      sent[side] += cost;
    for (auto message : session.take_lost())
      lost[side].push_back(message);
  }

  /// Streams that are open, of both sides.
  [[nodiscard]] size_t open_streams_count() const {
    return streams_.size();
  }

  /// Most streams of one channel that side has had open at once.
  [[nodiscard]] size_t most_open(size_t side) const {
    return most_open_[side];
  }

  time_point now = time_point{} + std::chrono::hours{1};
  std::array<inbound_batch, 2> arrived;
  std::array<size_t, 2> sent = {};
  std::array<std::vector<lost_message>, 2> lost;

private:
  /// One direction of a stream.
  struct pipe {
    bytes waiting; // Written and not sent.
    bool fin = false;
    uint64_t moved = 0;
    uint64_t window = 0;
    bool ended = false;   // The reader knows that nothing more comes.
    bool stopped = false; // The reader wants no more.
    std::optional<uint64_t> reset;
  };

  struct stream {
    size_t opener = 0;
    lp2p_protocol purpose;
    std::array<pipe, 2> pipes; // By the side that writes.
    std::optional<uint64_t> code;
  };

  static bool can_move(const pipe& x) {
    return !x.ended
           && (x.reset || (x.waiting.empty() ? x.fin : x.moved < x.window));
  }

  static bool can_move(const stream& x) {
    return can_move(x.pipes[0]) || can_move(x.pipes[1]);
  }

  void open_streams() {
    for (size_t side = 0; side < 2; ++side) {
      while (auto purpose = sessions_[side].wants_stream(now)) {
        const auto open = static_cast<size_t>(std::ranges::count_if(
            streams_, [&](const auto& x) { return x.second.opener == side; }));
        if (open >= settings_.streams)
          break;
        const auto id = static_cast<stream_id>(opened_[side]++ * 4 + side);
        auto& stream = streams_[id];
        stream.opener = side;
        stream.purpose = *purpose;
        for (auto& pipe : stream.pipes)
          pipe.window = settings_.window;
        const auto same = static_cast<size_t>(
            std::ranges::count_if(streams_, [&](const auto& x) {
              return x.second.opener == side && x.second.purpose == *purpose;
            }));
        if (purpose->what == lp2p_protocol::kind::message)
          most_open_[side] = std::max(most_open_[side], same);
        sessions_[side].opened(id, now);
        take(side);
      }
    }
  }

  /// Moves something of what `side` has written.
  void move(stream_id id, size_t side) {
    auto& pipe = streams_.at(id).pipes[side];
    auto& writer = sessions_[side];
    auto& reader = sessions_[1 - side];
    if (pipe.reset) {
      pipe.ended = true;
      reader.reset(id, *pipe.reset, now);
      take(1 - side);
      return;
    }
    auto size
        = std::min<uint64_t>(pipe.waiting.size(), pipe.window - pipe.moved);
    if (size > 0)
      size = random_.chance(500) ? 1 + random_.below(size) : size;
    const auto end = pipe.waiting.begin() + static_cast<std::ptrdiff_t>(size);
    const bytes piece{pipe.waiting.begin(), end};
    pipe.waiting.erase(pipe.waiting.begin(), end);
    pipe.moved += size;
    pipe.ended = pipe.fin && pipe.waiting.empty();
    writer.sent(id, pipe.moved, now);
    take(side);
    if (auto i = streams_.find(id);
        i == streams_.end() || i->second.pipes[side].stopped)
      return;
    reader.received(id, piece, streams_.at(id).pipes[side].ended, now);
    take(1 - side);
  }

  /// A side, or something on the way, resets both parts.
  void cut(stream_id id, size_t side) {
    auto& stream = streams_.at(id);
    stream.code = stream.code.value_or(settings_.reset_code);
    stream.pipes[side].ended = true;
    sessions_[1 - side].reset(id, settings_.reset_code, now);
    take(1 - side);
    if (!streams_.contains(id))
      return;
    streams_.at(id).pipes[1 - side].ended = true;
    sessions_[side].reset(id, settings_.reset_code, now);
    take(side);
    close_if_done(id);
  }

  void close_if_done(stream_id id) {
    auto i = streams_.find(id);
    if (i == streams_.end() || !i->second.pipes[0].ended
        || !i->second.pipes[1].ended)
      return;
    const auto code = i->second.code;
    streams_.erase(i);
    for (size_t side = 0; side < 2; ++side) {
      sessions_[side].closed(id, code, now);
      take(side);
    }
  }

  void apply(size_t side, stream_write& x) {
    auto* pipe = find(x.stream, side);
    if (pipe == nullptr || pipe->reset || pipe->ended)
      return;
    auto& out = pipe->waiting;
    out.insert(out.end(), x.head.begin(), x.head.end());
    if (x.body)
      out.insert(out.end(), x.body.begin(), x.body.end());
    pipe->fin = pipe->fin || x.fin;
  }

  void apply(size_t side, const stream_reset& x) {
    auto* pipe = find(x.stream, side);
    if (pipe == nullptr || pipe->ended)
      return;
    pipe->waiting.clear();
    pipe->reset = x.code;
    auto& code = streams_.at(x.stream).code;
    code = code.value_or(x.code);
  }

  void apply(size_t side, const stream_stop& x) {
    auto* pipe = find(x.stream, 1 - side);
    if (pipe == nullptr || pipe->ended)
      return;
    // The writer answers with a reset of the same code.
    pipe->stopped = true;
    pipe->waiting.clear();
    pipe->ended = true;
    if (x.code != 0)
      streams_.at(x.stream).code = x.code;
    sessions_[1 - side].stopped(x.stream);
  }

  void apply(size_t side, const stream_credit& x) {
    if (auto* pipe = find(x.stream, 1 - side))
      pipe->window += x.size;
  }

  pipe* find(stream_id id, size_t side) {
    auto i = streams_.find(id);
    return i == streams_.end() ? nullptr : &i->second.pipes[side];
  }

  settings settings_;
  testing::sim_random random_;
  std::array<lp2p_session, 2> sessions_;
  std::map<stream_id, stream> streams_;
  std::array<size_t, 2> opened_ = {};
  std::array<size_t, 2> most_open_ = {};
};

} // namespace troupe::test
