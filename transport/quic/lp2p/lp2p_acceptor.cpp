// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/lp2p/lp2p_acceptor.hpp"

#include <algorithm>
#include <utility>

#include "troupe/messages/wire_writer.hpp"
#include "troupe/transport/quic/lp2p/lp2p_codes.hpp"

namespace troupe {

namespace {

using kind = lp2p_protocol::kind;

constexpr size_t ping_size = 32;

} // namespace

lp2p_acceptor::lp2p_acceptor(const lp2p_options& options) : options_(options) {
  for (auto channel : named_channels(options_.own))
    available_.set(channel);
  all_available_ = available_.none();
}

void lp2p_acceptor::accept(std::span<const channel_descriptor> channels,
                           time_point now) {
  accepting_ = true;
  for (const auto& channel : channels) {
    capacities_.emplace(channel.id, channel.recv_message_capacity);
    if (all_available_)
      available_.set(channel.id);
  }
  all_available_ = false;
  for (auto stream : std::vector<stream_id>{waiting_})
    (void)check_size(streams_.find(stream));
  admit_waiting(now);
}

// -- what happens to streams --------------------------------------------------

/// @returns the end for a stream that we have done with.
lp2p_acceptor::iterator lp2p_acceptor::find_or_open(stream_id stream,
                                                    time_point now) {
  if (auto i = streams_.find(stream); i != streams_.end())
    return i;
  if (done_.contains(stream))
    return streams_.end();
  auto i = streams_.try_emplace(stream).first;
  i->second.deadline = now + options_.negotiation_time;
  if (streams_.size() <= options_.inbound_streams)
    return i;
  drop(i, lp2p_stream_code::resource_limit, refusals_.too_many, true);
  return streams_.end();
}

void lp2p_acceptor::received(stream_id stream, byte_view data, bool fin,
                             time_point now) {
  auto i = find_or_open(stream, now);
  if (i == streams_.end())
    return;
  auto& state = i->second;
  state.owed += data.size();
  state.fin = state.fin || fin;
  if (!state.protocol && !negotiate(i, data, now))
    return;
  if (state.protocol) {
    const auto there = state.protocol->what == kind::ping
                           ? echo(i, data, now)
                           : read_message(i, data, now);
    if (!there)
      return;
  }
  if (state.fin && !finish(i)) {
    admit_waiting(now);
    return;
  }
  const auto is_ping = state.protocol && state.protocol->what == kind::ping;
  // Pings get credit when their echo has left, and messages on their turn.
  if (!is_ping && (!state.size || state.admitted))
    give_credit(i);
}

void lp2p_acceptor::reset(stream_id stream, time_point now) {
  auto i = streams_.find(stream);
  if (i == streams_.end())
    return;
  auto& state = i->second;
  state.fin = true;
  if (!state.protocol || state.protocol->what != kind::message) {
    actions_.emplace_back(stream_reset{stream, lp2p_stream_code::none});
    forget(i);
    return;
  }
  // Who waits is right to lose patience: that is our fault.
  const auto waits = state.size && !state.admitted;
  drop(i, lp2p_stream_code::none, refusals_.unfinished, !waits);
  admit_waiting(now);
}

void lp2p_acceptor::stopped(stream_id stream) {
  auto i = streams_.find(stream);
  // Whoever sends a message need not hear what we agreed on.
  if (i == streams_.end()
      || (i->second.protocol && i->second.protocol->what == kind::message))
    return;
  if (!i->second.fin)
    actions_.emplace_back(stream_stop{stream, lp2p_stream_code::none});
  forget(i);
}

void lp2p_acceptor::sent(stream_id stream, uint64_t total) {
  auto i = streams_.find(stream);
  if (i == streams_.end() || !i->second.protocol
      || i->second.protocol->what != kind::ping || total <= i->second.sent)
    return;
  auto& state = i->second;
  const auto size = std::min<uint64_t>(total - std::exchange(state.sent, total),
                                       state.owed);
  if (size == 0)
    return;
  state.owed -= size;
  actions_.emplace_back(stream_credit{stream, size});
}

void lp2p_acceptor::closed(stream_id stream, time_point now) {
  reset(stream, now);
  done_.erase(stream);
}

// -- negotiation --------------------------------------------------------------

bool lp2p_acceptor::negotiate(iterator i, byte_view& data, time_point now) {
  auto available = [this](std::string_view name) {
    const auto protocol = parse_lp2p_protocol(name);
    return protocol
           && (protocol->what != kind::message || all_available_
               || available_.test(protocol->channel));
  };
  auto& state = i->second;
  bytes answer;
  const auto code = state.negotiation.consume(data, available, answer);
  if (code != errc::none) {
    drop(i, lp2p_stream_code::negotiation_failed, refusals_.malformed, true);
    return false;
  }
  if (!answer.empty())
    actions_.emplace_back(
        stream_write{.stream = i->first, .head = std::move(answer)});
  const auto& name = state.negotiation.protocol();
  if (!name)
    return true;
  state.protocol = parse_lp2p_protocol(*name);
  return begin(i, now);
}

/// Takes up what the stream is for.
bool lp2p_acceptor::begin(iterator i, time_point now) {
  auto& state = i->second;
  const auto protocol = *state.protocol;
  if (protocol.what == kind::identify)
    return answer_identify(i);
  const auto is_ping = protocol.what == kind::ping;
  auto& open = is_ping ? pings_ : message_streams_[protocol.channel];
  // It counts in any case, as it will be counted out.
  if (++open
      > (is_ping ? options_.inbound_pings : options_.inbound_per_channel)) {
    drop(i, lp2p_stream_code::resource_limit, refusals_.too_many, false);
    return false;
  }
  state.deadline
      = now + (is_ping ? options_.ping_silence : options_.progress_time);
  return true;
}

bool lp2p_acceptor::answer_identify(iterator i) {
  bytes answer;
  append_delimited(answer, encode(options_.own));
  actions_.emplace_back(
      stream_write{.stream = i->first, .head = std::move(answer)});
  close(i);
  return false;
}

// -- pings --------------------------------------------------------------------

bool lp2p_acceptor::echo(iterator i, byte_view data, time_point now) {
  auto& [stream, state] = *i;
  state.block.insert(state.block.end(), data.begin(), data.end());
  const auto whole = state.block.size() / ping_size * ping_size;
  if (whole == 0)
    return true;
  const auto end = state.block.begin() + static_cast<std::ptrdiff_t>(whole);
  actions_.emplace_back(
      stream_write{.stream = stream, .head = {state.block.begin(), end}});
  state.block.erase(state.block.begin(), end);
  state.deadline = now + options_.ping_silence;
  return true;
}

// -- messages -----------------------------------------------------------------

bool lp2p_acceptor::read_message(iterator i, byte_view data, time_point now) {
  auto& [stream, state] = *i;
  const auto had_size = state.size.has_value();
  if (!had_size && !read_length(i, data))
    return false;
  if (!state.size)
    return true;
  const auto missing = *state.size - state.body.size();
  state.body.append(data.first(std::min<uint64_t>(missing, data.size())));
  if (!had_size) {
    const auto id = stream;
    waiting_.push_back(id);
    admit_waiting(now);
    return streams_.contains(id);
  }
  if (!state.admitted)
    return true;
  if (state.body.size() == *state.size) {
    deliver(i);
    admit_waiting(now);
    return false;
  }
  if (state.body.size() - state.progress_mark >= options_.progress_bytes) {
    state.progress_mark = state.body.size();
    state.deadline = now + options_.progress_time;
  }
  return true;
}

bool lp2p_acceptor::read_length(iterator i, byte_view& data) {
  auto& state = i->second;
  while (!data.empty()) {
    const auto status = state.length.feed(data.front());
    data = data.subspan(1);
    if (status == uvarint_status::incomplete)
      continue;
    if (status == uvarint_status::overflow) {
      drop(i, lp2p_stream_code::none, refusals_.malformed, true);
      return false;
    }
    state.size = state.length.value();
    return check_size(i);
  }
  return true;
}

/// Refuses a message that can never be delivered, as soon as that is known.
bool lp2p_acceptor::check_size(iterator i) {
  if (!accepting_)
    return true;
  const auto& state = i->second;
  const auto channel = capacities_.find(state.protocol->channel);
  if (channel != capacities_.end() && *state.size <= channel->second)
    return true;
  // Not the way of a remote that breaks things: it has other limits.
  drop(i, lp2p_stream_code::none, refusals_.unfit, false);
  return false;
}

/// Takes the end of what the remote sends.
bool lp2p_acceptor::finish(iterator i) {
  const auto& state = i->second;
  if (!state.protocol || state.protocol->what == kind::ping) {
    close(i);
    return false;
  }
  if (state.size && state.body.size() == *state.size)
    return true;
  drop(i, lp2p_stream_code::none, refusals_.unfinished, true);
  return false;
}

void lp2p_acceptor::admit_waiting(time_point now) {
  if (!accepting_)
    return;
  // Those that are complete make room for others.
  std::vector<stream_id> complete;
  do {
    complete.clear();
    auto full = false;
    std::erase_if(waiting_, [&](stream_id stream) {
      auto i = streams_.find(stream);
      if (full || held_.test(i->second.protocol->channel))
        return false;
      full = !admit(i, now);
      if (!full && i->second.body.size() == *i->second.size)
        complete.push_back(stream);
      return !full;
    });
    for (auto stream : complete)
      deliver(streams_.find(stream));
  } while (!complete.empty() && !waiting_.empty());
}

/// Lets a message arrive. @returns whether there is room for it.
bool lp2p_acceptor::admit(iterator i, time_point now) {
  auto& state = i->second;
  if (admitted_bytes_ > 0
      && admitted_bytes_ + *state.size > options_.incoming_bytes)
    return false;
  state.admitted = true;
  admitted_bytes_ += *state.size;
  state.progress_mark = state.body.size();
  state.deadline = now + options_.progress_time;
  if (state.body.size() < *state.size)
    give_credit(i);
  return true;
}

void lp2p_acceptor::deliver(iterator i) {
  broken_ = 0;
  i->second.body.shrink_to_fit();
  inbound_.push_back({i->second.protocol->channel, std::move(i->second.body)});
  close(i);
}

void lp2p_acceptor::hold(channel_id channel, bool held, time_point now) {
  held_.set(channel, held);
  if (!held)
    admit_waiting(now);
}

// -- time ---------------------------------------------------------------------

void lp2p_acceptor::tick(time_point now) {
  for (auto i = streams_.begin(); i != streams_.end();) {
    auto current = i++;
    const auto& state = current->second;
    const auto waits = state.size && !state.admitted;
    if (waits || now < state.deadline)
      continue;
    if (!state.protocol)
      drop(current, lp2p_stream_code::negotiation_failed, refusals_.malformed,
           true);
    else if (state.protocol->what == kind::ping)
      close(current);
    else
      drop(current, lp2p_stream_code::none, refusals_.unfinished, true);
  }
  admit_waiting(now);
}

time_point lp2p_acceptor::next_wakeup() const {
  auto result = time_point::max();
  for (const auto& [stream, state] : streams_)
    if (!state.size || state.admitted)
      result = std::min(result, state.deadline);
  return result;
}

// -- ends of streams ----------------------------------------------------------

void lp2p_acceptor::give_credit(iterator i) {
  if (auto size = std::exchange(i->second.owed, 0); size > 0)
    actions_.emplace_back(stream_credit{i->first, size});
}

/// Resets a stream. @param broken whether that is the remote's fault.
void lp2p_acceptor::drop(iterator i, uint64_t code, uint64_t& count,
                         bool broken) {
  actions_.emplace_back(stream_reset{i->first, code});
  if (!i->second.fin)
    actions_.emplace_back(stream_stop{i->first, code});
  ++count;
  if (broken && ++broken_ > options_.broken_streams)
    error_ = errc::rate_limited;
  forget(i);
}

/// Ends a stream that has done what it was for.
void lp2p_acceptor::close(iterator i) {
  actions_.emplace_back(stream_write{.stream = i->first, .fin = true});
  if (!i->second.fin)
    actions_.emplace_back(stream_stop{i->first, lp2p_stream_code::none});
  forget(i);
}

void lp2p_acceptor::forget(iterator i) {
  const auto& state = i->second;
  if (state.protocol && state.protocol->what == kind::ping)
    --pings_;
  else if (state.protocol && state.protocol->what == kind::message)
    --message_streams_[state.protocol->channel];
  if (state.admitted)
    admitted_bytes_ -= *state.size;
  else if (state.size)
    std::erase(waiting_, i->first);
  done_.insert(i->first);
  streams_.erase(i);
}

// -- what comes of it ---------------------------------------------------------

std::vector<stream_action> lp2p_acceptor::take_actions() {
  return std::exchange(actions_, {});
}

inbound_batch lp2p_acceptor::take_inbound() {
  return std::exchange(inbound_, {});
}

size_t lp2p_acceptor::held_bytes() const {
  size_t result = 0;
  for (const auto& [stream, state] : streams_)
    result += state.body.capacity() + state.block.size();
  return result;
}

} // namespace troupe
