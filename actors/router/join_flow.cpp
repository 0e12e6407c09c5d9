// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/join_flow.hpp"

#include "troupe/messages/culprit.hpp"
#include "troupe/peerstore/book/peer_record.hpp"
#include "troupe/peerstore/rules/retry_schedule.hpp"

namespace troupe {

join_flow::join_flow(const join_options& options)
  : options_(options),
    slots_(options.handshakes) {}

void join_flow::introduce(std::vector<channel_descriptor> open,
                          std::string profile) {
  open_ = std::move(open);
  profile_ = std::move(profile);
}

void join_flow::start() {
  running_ = true;
}

void join_flow::stop() {
  running_ = false;
}

// -- beginnings ---------------------------------------------------------------

bool join_flow::ask_to_dial() {
  if (!running_ || asked_ || dials_ >= options_.dials_max)
    return false;
  asked_ = true;
  return true;
}

join_start join_flow::dial(const node_address& address, time_point now) {
  asked_ = false;
  const auto id = ++last_;
  join_attempt who{.dialed = address};
  // Connections that end leave room for others, also at the end: then nobody is
  // there to dial for us, or to end who waits for that.
  if (!running_)
    return {id, join_end{.id = id,
                         .who = std::move(who),
                         .why = {errc::shutting_down, {}},
                         .owed = true}};
  ++dials_;
  add(id, {std::move(who), join_step::dial, after(now, options_.dial_time)});
  return {id, join_step::dial};
}

join_start join_flow::arrived(const endpoint& remote,
                              const std::optional<origin>& group,
                              time_point now) {
  const auto id = ++last_;
  join_attempt who{.remote = remote,
                   .subnet = group ? group->subnet : std::nullopt};
  if (!running_)
    return {id, join_end{.id = id,
                         .who = std::move(who),
                         .why = {errc::shutting_down, {}},
                         .close = true}};
  auto place = slots_.enter(group, now);
  join_start result{.id = id};
  if (place.displaced)
    result.displaced = displace(*place.displaced);
  if (place.code != errc::none) {
    result.next = join_end{.id = id,
                           .who = std::move(who),
                           .why = {place.code, "no place for a handshake"},
                           .close = true,
                           .tell = true};
    return result;
  }
  by_slot_.emplace(place.slot, id);
  add(id, {std::move(who), join_step::check_endpoint,
           after(now, options_.accept_time), place.slot});
  // Before any cryptography. Dialers ask by themselves, before they connect.
  result.next
      = options_.filters ? join_step::check_endpoint : greet(attempts_.at(id));
  return result;
}

/// Takes the slot from its owner. Whom the peer manager is asked about is
/// remembered until it has answered, since it counts whom it admits.
join_end join_flow::displace(uint64_t slot) {
  const auto id = by_slot_.extract(slot).mapped();
  auto& x = attempts_.at(id);
  x.slot.reset();
  join_end result{.id = id,
                  .who = x.who,
                  .why = {errc::rate_limited, "made way for another handshake"},
                  .close = true,
                  .tell = true};
  if (x.step == join_step::ask)
    x.gone = errc::evicted; // Ours, and not the remote's doing.
  else
    take(id);
  return result;
}

// -- steps --------------------------------------------------------------------

join_next join_flow::connected(join_id id) {
  auto* x = find(id, join_step::dial);
  if (x == nullptr)
    return join_end{.id = id, .why = {errc::timeout, {}}, .close = true};
  if (!running_)
    return join_end{.id = id,
                    .who = take(id).who,
                    .why = {errc::shutting_down, {}},
                    .close = true,
                    .owed = true};
  return greet(*x);
}

join_next join_flow::passed(join_id id) {
  if (auto* x = find(id, join_step::check_endpoint))
    return greet(*x);
  if (auto* x = find(id, join_step::check_id))
    return ask(id, *x);
  return join_step::wait;
}

join_step join_flow::greet(entry& x) {
  x.step = join_step::greet;
  x.who.channels = open_;
  x.profile = profile_;
  if (x.slot)
    slots_.listens(*x.slot);
  return x.step;
}

void join_flow::heard(join_id id) {
  auto i = attempts_.find(id);
  if (i != attempts_.end() && i->second.slot)
    slots_.heard(*i->second.slot);
}

join_next join_flow::greeted(join_id id, const node_id& peer,
                             const endpoint& remote) {
  auto* x = find(id, join_step::greet);
  if (x == nullptr)
    return join_step::wait;
  x->who.peer = peer;
  x->who.remote = remote;
  if (!options_.filters)
    return ask(id, *x);
  x->step = join_step::check_id;
  return x->step;
}

join_step join_flow::ask(join_id id, entry& x) {
  x.step = join_step::ask;
  deadlines_.erase({x.deadline, id});
  return x.step;
}

join_next join_flow::admitted(join_id id) {
  if (find(id, join_step::ask) == nullptr)
    return join_step::wait;
  auto x = take(id);
  if (running_ && x.gone == errc::none)
    return join_done{std::move(x.who)};
  return join_end{.id = id,
                  .who = std::move(x.who),
                  .why = {running_ ? x.gone : errc::shutting_down, {}},
                  .close = true};
}

join_next join_flow::failed(join_id id, errc code, const node_id& proven) {
  if (attempts_.count(id) == 0)
    return join_step::wait;
  auto x = take(id);
  if (x.step == join_step::greet)
    x.who.peer = proven;
  join_end result{.id = id, .who = x.who, .tell = x.is_news()};
  // After a handshake that fails, the connection ends by itself.
  result.close = x.step != join_step::greet && x.step != join_step::dial;
  // The peer manager that does not want it knows.
  result.owed = x.who.dialed && x.step != join_step::ask;
  if (x.step == join_step::greet)
    judge(result, x, code);
  return result;
}

/// Decides what a failed handshake says about the remote: only who has proven
/// its ID can be blamed, and only while what we said about us still decides who
/// fits.
void join_flow::judge(join_end& end, const entry& x, errc code) const {
  if (end.who.peer)
    end.blame = behaviour_behind(code);
  if (!is_incompatibility(code))
    return;
  if (x.profile != profile_)
    end.why = {errc::connection_closed, "we have changed meanwhile"};
  else
    end.misfit = !x.who.dialed && end.who.peer;
}

void join_flow::ended(join_id id) {
  auto i = attempts_.find(id);
  if (i != attempts_.end() && i->second.gone == errc::none)
    i->second.gone = errc::connection_closed;
}

// -- time ---------------------------------------------------------------------

std::vector<join_end> join_flow::expire(time_point now) {
  std::vector<join_end> result;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto id = deadlines_.begin()->second;
    auto x = take(id);
    result.push_back({.id = id,
                      .who = x.who,
                      .why = {errc::timeout, "no word of its outcome"},
                      .close = true,
                      .owed = x.who.dialed.has_value(),
                      .tell = x.is_news()});
  }
  return result;
}

std::optional<time_point> join_flow::next_wakeup() const {
  if (deadlines_.empty())
    return std::nullopt;
  return deadlines_.begin()->first;
}

// -- the list -----------------------------------------------------------------

void join_flow::add(join_id id, entry what) {
  deadlines_.emplace(what.deadline, id);
  attempts_.emplace(id, std::move(what));
}

/// Takes out an attempt, and gives back what it held.
join_flow::entry join_flow::take(join_id id) {
  auto x = std::move(attempts_.extract(id).mapped());
  deadlines_.erase({x.deadline, id});
  if (x.who.dialed)
    --dials_;
  if (x.slot) {
    slots_.leave(*x.slot);
    by_slot_.erase(*x.slot);
  }
  return x;
}

join_flow::entry* join_flow::find(join_id id, join_step step) {
  auto i = attempts_.find(id);
  return i != attempts_.end() && i->second.step == step ? &i->second : nullptr;
}

const join_attempt* join_flow::find(join_id id) const {
  auto i = attempts_.find(id);
  return i != attempts_.end() ? &i->second.who : nullptr;
}

} // namespace troupe
