// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/lp2p/lp2p_session.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe {

lp2p_session::lp2p_session(lp2p_options options, direction who, entropy& source)
  : dialed_(who == direction::outbound),
    options_(std::make_unique<const lp2p_options>(std::move(options))),
    inquiry_(*options_, source),
    sender_(*options_),
    acceptor_(*options_) {
  // nop
}

/// The lowest bit of a number says which side has opened the stream: 0 is the
/// one that has dialed (RFC 9000, 2.1).
bool lp2p_session::is_ours(stream_id stream) const noexcept {
  return ((stream & 1) == 0) == dialed_;
}

// -- what happens to streams --------------------------------------------------

std::optional<lp2p_protocol> lp2p_session::wants_stream(time_point now) const {
  if (auto question = inquiry_.wants_stream())
    return question;
  if (auto channel = sender_.wants_stream(now))
    return lp2p_protocol{lp2p_protocol::kind::message, *channel};
  return std::nullopt;
}

void lp2p_session::opened(stream_id stream, time_point now) {
  if (inquiry_.wants_stream())
    inquiry_.opened(stream, now);
  else
    sender_.opened(stream, now);
}

void lp2p_session::received(stream_id stream, byte_view data, bool fin,
                            time_point now) {
  if (!is_ours(stream)) {
    acceptor_.received(stream, data, fin, now);
    return;
  }
  sender_.received(stream, data, fin, now);
  inquiry_.received(stream, data, fin, now);
  learn_channels();
}

void lp2p_session::reset(stream_id stream, uint64_t code, time_point now) {
  if (!is_ours(stream)) {
    acceptor_.reset(stream, now);
    return;
  }
  sender_.reset(stream, code, now);
  inquiry_.reset(stream);
}

void lp2p_session::stopped(stream_id stream) {
  // Whatever we ask or send, an answer may come all the same, or the end.
  if (!is_ours(stream))
    acceptor_.stopped(stream);
}

void lp2p_session::sent(stream_id stream, uint64_t total, time_point now) {
  if (is_ours(stream))
    sender_.sent(stream, total, now);
  else
    acceptor_.sent(stream, total);
}

void lp2p_session::closed(stream_id stream, std::optional<uint64_t> code,
                          time_point now) {
  if (!is_ours(stream)) {
    acceptor_.closed(stream, now);
    return;
  }
  sender_.closed(stream, code, now);
  inquiry_.reset(stream);
}

/// Once the remote has named channels, what goes there need not wait.
void lp2p_session::learn_channels() {
  const auto* said = inquiry_.said();
  if (said == nullptr || std::exchange(channels_known_, true))
    return;
  sender_.set_named(named_channels(*said));
}

// -- what the node wants ------------------------------------------------------

void lp2p_session::accept(std::span<const channel_descriptor> channels,
                          time_point now) {
  acceptor_.accept(channels, now);
}

void lp2p_session::send(outbound_message message) {
  sender_.send(std::move(message));
}

void lp2p_session::hold(channel_id channel, bool held, time_point now) {
  acceptor_.hold(channel, held, now);
}

// -- time ---------------------------------------------------------------------

void lp2p_session::tick(time_point now) {
  inquiry_.tick(now);
  sender_.tick(now);
  acceptor_.tick(now);
}

time_point lp2p_session::next_wakeup(time_point now) const {
  return std::min({inquiry_.next_wakeup(), sender_.next_wakeup(now),
                   acceptor_.next_wakeup()});
}

// -- what comes of it ---------------------------------------------------------

std::vector<stream_action> lp2p_session::take_actions() {
  auto result = inquiry_.take_actions();
  auto add = [&result](std::vector<stream_action> more) {
    std::move(more.begin(), more.end(), std::back_inserter(result));
  };
  // Each stream belongs to one of them, so that its actions stay in order.
  add(sender_.take_actions());
  add(acceptor_.take_actions());
  return result;
}

} // namespace troupe
