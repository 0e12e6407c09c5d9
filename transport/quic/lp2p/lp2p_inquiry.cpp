// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/lp2p/lp2p_inquiry.hpp"

#include <algorithm>
#include <utility>

#include "troupe/transport/quic/lp2p/lp2p_codes.hpp"

namespace troupe {

namespace {

using kind = lp2p_protocol::kind;

} // namespace

std::optional<lp2p_protocol> lp2p_inquiry::wants_stream() const noexcept {
  if (wants_identify_)
    return lp2p_protocol{kind::identify};
  if (wants_ping_)
    return lp2p_protocol{kind::ping};
  return std::nullopt;
}

// -- what happens to streams --------------------------------------------------

void lp2p_inquiry::opened(stream_id stream, time_point now) {
  if (std::exchange(wants_identify_, false))
    open_identify(stream, now);
  else if (std::exchange(wants_ping_, false))
    open_ping(stream, now);
}

void lp2p_inquiry::open_identify(stream_id stream, time_point now) {
  const auto protocol = to_string(lp2p_protocol{kind::identify});
  streams_.try_emplace(stream, stream_state{multistream_opener{protocol},
                                            identify_reader{},
                                            now + options_.identify_time});
  actions_.emplace_back(stream_write{
      .stream = stream, .head = multistream_proposal(protocol), .fin = true});
}

void lp2p_inquiry::open_ping(stream_id stream, time_point now) {
  const auto protocol = to_string(lp2p_protocol{kind::ping});
  ping_state ping{.asked = now};
  source_.fill(ping.sent);
  auto head = multistream_proposal(protocol);
  head.insert(head.end(), ping.sent.begin(), ping.sent.end());
  streams_.try_emplace(stream,
                       stream_state{multistream_opener{protocol},
                                    std::move(ping), now + options_.ping_time});
  actions_.emplace_back(
      stream_write{.stream = stream, .head = std::move(head)});
  pinging_ = true;
}

void lp2p_inquiry::received(stream_id stream, byte_view data, bool fin,
                            time_point now) {
  auto i = streams_.find(stream);
  if (i == streams_.end())
    return;
  if (!data.empty() && !fin)
    actions_.emplace_back(stream_credit{stream, data.size()});
  auto& state = i->second;
  const auto refused = state.negotiation.consume(data) != errc::none;
  if (refused || (fin && !state.negotiation.agreed())) {
    end(i, true);
    return;
  }
  if (!state.negotiation.agreed())
    return;
  if (std::holds_alternative<identify_reader>(state.question)) {
    read_identify(i, data, fin);
    return;
  }
  read_pong(i, data, now);
  if (fin && streams_.contains(stream))
    end(i, true);
}

void lp2p_inquiry::read_identify(iterator i, byte_view data, bool fin) {
  auto& reader = std::get<identify_reader>(i->second.question);
  auto code = reader.consume(data);
  if (code == errc::none && fin && reader.finish() == errc::none)
    said_ = reader.info();
  if (code != errc::none || fin)
    end(i, false);
}

void lp2p_inquiry::read_pong(iterator i, byte_view data, time_point now) {
  auto& ping = std::get<ping_state>(i->second.question);
  const auto missing = ping_size - ping.back.size();
  data = data.first(std::min(missing, data.size()));
  ping.back.insert(ping.back.end(), data.begin(), data.end());
  if (ping.back.size() < ping_size)
    return;
  if (std::ranges::equal(ping.back, ping.sent)) {
    rtt_ = now - ping.asked;
    ++pongs_;
  }
  end(i, true);
}

void lp2p_inquiry::reset(stream_id stream) {
  if (auto i = streams_.find(stream); i != streams_.end())
    end(i, true);
}

/// Ends a stream. @param reset_ours whether we may have more to send on it.
void lp2p_inquiry::end(iterator i, bool reset_ours) {
  if (reset_ours)
    actions_.emplace_back(stream_reset{i->first, lp2p_stream_code::none});
  actions_.emplace_back(stream_stop{i->first, lp2p_stream_code::none});
  if (std::holds_alternative<identify_reader>(i->second.question))
    identified_ = true;
  else
    pinging_ = false;
  streams_.erase(i);
}

// -- what comes of it ---------------------------------------------------------

void lp2p_inquiry::tick(time_point now) {
  for (auto i = streams_.begin(); i != streams_.end();) {
    auto current = i++;
    if (now >= current->second.deadline)
      end(current, true);
  }
}

time_point lp2p_inquiry::next_wakeup() const {
  auto result = time_point::max();
  for (const auto& [stream, state] : streams_)
    result = std::min(result, state.deadline);
  return result;
}

std::vector<stream_action> lp2p_inquiry::take_actions() {
  return std::exchange(actions_, {});
}

} // namespace troupe
