// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/lp2p_over_quic.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include "troupe/transport/quic/libp2p_key.hpp"
#include "troupe/transport/quic/lp2p/lp2p_codes.hpp"
#include "troupe/transport/quic/lp2p/lp2p_peer.hpp"
#include "troupe/transport/quic/lp2p/multiaddr.hpp"
#include "troupe/transport/read_window.hpp"

namespace troupe {

namespace {

/// Weight of questions against messages of channels.
constexpr int question_weight = 1000;

/// Set in numbers of streams that only their opener sends on (RFC 9000, 2.1).
/// The protocol has none of them.
constexpr stream_id one_way = 2;

bytes multiaddr_of(const endpoint& where) {
  return where.ip ? encode_multiaddr({.ip = *where.ip, .port = where.port})
                  : bytes{};
}

lp2p_options options_for(const lp2p_terms& terms) {
  lp2p_options result;
  auto& own = result.own;
  own.public_key = encode_libp2p_key(terms.key);
  if (auto home = multiaddr_of(terms.home); !home.empty())
    own.listen_addresses.push_back(std::move(home));
  own.observed_address = multiaddr_of(terms.ends.remote);
  own.agent_version = "troupe";
  using kind = lp2p_protocol::kind;
  for (auto what : {kind::identify, kind::ping})
    own.protocols.push_back(to_string(lp2p_protocol{what}));
  for (auto channel : terms.ours.channels)
    own.protocols.push_back(to_string(lp2p_protocol{kind::message, channel}));
  // Besides those, there is one that is larger, and what readers have.
  result.incoming_bytes = terms.receive.connection_memory / 4;
  result.progress_bytes = terms.receive.progress_bytes;
  result.progress_time = terms.receive.progress_time;
  return result;
}

} // namespace

lp2p_over_quic::lp2p_over_quic(lp2p_terms terms, direction who, entropy& random)
  : terms_(std::move(terms)),
    session_(options_for(terms_), who, random) {}

// -- what is to be done -------------------------------------------------------

void lp2p_over_quic::advance() {
  session_.tick(now_);
  act();
  while (const auto wanted = session_.wants_stream(now_)) {
    // Messages of a channel have streams of their own, and one weight.
    std::optional<int> group;
    if (wanted->what == lp2p_protocol::kind::message)
      group = wanted->channel;
    const auto stream = connection_->open_bidi(weight_of(*wanted), group);
    if (!stream)
      break;
    session_.opened(*stream, now_);
    act();
  }
  collect();
  meet();
}

void lp2p_over_quic::act() {
  struct doer {
    quic_connection& connection;

    void operator()(stream_write& what) const {
      connection.write(std::move(what));
    }
    void operator()(const stream_reset& what) const {
      connection.reset(what.stream, what.code);
    }
    void operator()(const stream_stop& what) const {
      connection.stop(what.stream, what.code);
    }
    void operator()(const stream_credit& what) const {
      connection.consume(what.stream, what.size);
    }
  };
  for (auto& action : session_.take_actions())
    std::visit(doer{*connection_}, action);
}

int lp2p_over_quic::weight_of(const lp2p_protocol& what) const {
  if (what.what != lp2p_protocol::kind::message)
    return question_weight;
  auto i = weights_.find(what.channel);
  return i != weights_.end() ? i->second : 1;
}

/// Looks at what has arrived while a channel can still be held.
void lp2p_over_quic::collect() {
  auto fresh = session_.take_inbound();
  if (hanging_up_)
    return;
  for (const auto& message : fresh)
    charge(message.channel, read_cost(message.body.size()));
  std::ranges::move(fresh, std::back_inserter(inbound_));
}

/// Once the remote has said what it is, or will not, it has introduced itself.
void lp2p_over_quic::meet() {
  if (auto code = session_.error();
      code != errc::none && error_.code == errc::none)
    error_ = {code, "too many streams in a row were broken"};
  if (info_ || error_.code != errc::none || !session_.identified())
    return;
  const auto& remote = terms_.ends.remote;
  auto found
      = describe_lp2p_peer(connection_->tls().remote()->id, session_.said(),
                           remote.ip.value_or(ip_address{}), remote.port);
  // One that does not say may have any.
  if (!found.told_channels)
    found.info.channels = terms_.ours.channels;
  // It is for those whom their operators have told: nobody is to pass it on.
  found.info.listen_addr = "tcp://0.0.0.0:0";
  auto ours = [this](channel_id channel) {
    return std::ranges::find(terms_.ours.channels, channel)
           != terms_.ours.channels.end();
  };
  // Its handshake fails, as that of any other node that does not fit.
  if (!terms_.ours.channels.empty()
      && std::ranges::none_of(found.info.channels, ours)) {
    error_ = {errc::no_common_channel, "with what it says with identify"};
    return;
  }
  info_ = std::move(found.info);
}

// -- messages -----------------------------------------------------------------

void lp2p_over_quic::start(std::span<const channel_descriptor> channels) {
  for (const auto& channel : channels)
    weights_[channel.id] = channel.priority;
  session_.accept(channels, now_);
}

errc lp2p_over_quic::send(outbound_message message) {
  if (!weights_.contains(message.channel))
    return errc::unknown_channel;
  if (!hanging_up_ && error_.code == errc::none)
    session_.send(std::move(message));
  return errc::none;
}

std::vector<channel_tally> lp2p_over_quic::take_lost() {
  std::map<channel_id, uint32_t> counts;
  for (const auto& message : session_.take_lost())
    ++counts[message.channel];
  std::vector<channel_tally> result;
  result.reserve(counts.size());
  for (const auto& [channel, count] : counts)
    result.push_back({channel, count});
  return result;
}

inbound_batch lp2p_over_quic::take_inbound() {
  collect();
  return std::exchange(inbound_, {});
}

void lp2p_over_quic::give_back(channel_id channel, size_t cost) {
  auto& used = windows_used_[channel];
  const auto was_full = used >= connection_read_window;
  used -= std::min(cost, used);
  if (was_full && used < connection_read_window)
    session_.hold(channel, false, now_);
}

void lp2p_over_quic::charge(channel_id channel, size_t cost) {
  auto& used = windows_used_[channel];
  const auto was_full = used >= connection_read_window;
  used += cost;
  if (!was_full && used >= connection_read_window)
    session_.hold(channel, true, now_);
}

// -- the end ------------------------------------------------------------------

uint64_t lp2p_over_quic::close_code(errc code) const {
  switch (code) {
    case errc::none:
    case errc::connection_closed:
    case errc::hung_up:
    // One is enough, and the other one goes on.
    case errc::already_connected:
      return lp2p_close_code::none;
    case errc::shutting_down:
      return lp2p_close_code::shutdown;
    case errc::over_budget:
      return lp2p_close_code::resource_limit;
    case errc::rate_limited:
      return lp2p_close_code::rate_limited;
    case errc::malformed_packet:
    case errc::malformed_handshake:
      return lp2p_close_code::protocol_violation;
    default:
      return lp2p_close_code::gated;
  }
}

// -- time ---------------------------------------------------------------------

errc lp2p_over_quic::tick(time_point) {
  return errc::none;
}

std::optional<time_point> lp2p_over_quic::next_wakeup() const {
  return session_.next_wakeup(now_);
}

// -- what happens to the connection -------------------------------------------

void lp2p_over_quic::on_data(stream_id stream, byte_view data, bool fin) {
  if (error_.code != errc::none)
    return;
  if ((stream & one_way) != 0) {
    error_ = {errc::malformed_packet, "a stream that only one side sends on"};
    return;
  }
  session_.received(stream, data, fin, now_);
  collect();
}

void lp2p_over_quic::on_reset(stream_id stream, uint64_t code) {
  if ((stream & one_way) == 0)
    session_.reset(stream, code, now_);
}

void lp2p_over_quic::on_stopped(stream_id stream) {
  session_.stopped(stream);
}

void lp2p_over_quic::on_sent(stream_id stream, uint64_t total) {
  session_.sent(stream, total, now_);
}

void lp2p_over_quic::on_closed(stream_id stream, std::optional<uint64_t> code) {
  if ((stream & one_way) == 0)
    session_.closed(stream, code, now_);
}

} // namespace troupe
