// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

#include "troupe/actors/pex/pex_dialect.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/time.hpp"
#include "troupe/transport/admission/rate_limit.hpp"

namespace troupe {

/// How often we ask for addresses.
struct ask_options {
  /// Least time between two questions, whomever they go to.
  duration min_interval = std::chrono::milliseconds{200};

  /// Most time between two questions, and the time between them while the node
  /// knows about as many peers as it may.
  duration max_interval = std::chrono::minutes{10};

  /// The same once a peer is lost, until it turns out that there is nothing new
  /// to learn.
  duration eager_interval = std::chrono::seconds{30};

  /// Least time from the answer of a peer to the next question to it. CometBFT
  /// bans who asks more often than every 10 s, by its own clock; since it has
  /// read a question before it answers, that it cannot find here, whatever
  /// delays the two on their way.
  duration peer_pause = std::chrono::seconds{10};

  /// Without an answer after this time, a peer counts as silent.
  duration answer_time = std::chrono::seconds{20};

  /// How long a silent peer is left alone, twice as long every further time, up
  /// to `max_interval`. Longer than a connection lives on which nothing gets
  /// through, so that two questions never arrive at once.
  duration silent_pause = std::chrono::minutes{2};

  /// From which part of the peers that it may know on a node counts as full.
  double full_at = 0.95;
};

/// What others may ask of us, each of them.
struct request_limits {
  /// Requests that are answered with addresses. Those that come early get an
  /// empty list: that holds nobody up and makes Tendermint 0.35 ask less often.
  rate_limit answers = {.per_second = 0.5, .burst = 8};

  /// How long the empty list takes. CometBFT 0.40 asks its seeds again as soon
  /// as they have answered, whatever the answer; nobody asks before it.
  duration early_wait = std::chrono::seconds{2};

  /// Requests altogether. Tendermint 0.35 asks up to ten times a second; who
  /// goes on asking more often than this means harm, and is blamed.
  rate_limit requests = {.per_second = 20, .burst = 200};

  /// Answers to peers that ask before we have heard that they are there, all of
  /// them together.
  rate_limit early_birds = {.per_second = 50, .burst = 200};
};

/// How a seed treats those whom its operator has not named, and every node its
/// visitors (`peer_update::visitor`).
struct visit_options {
  /// How long they stay at most, whether they have asked for addresses, been
  /// asked, or neither.
  duration stay = std::chrono::seconds{20};
};

/// A list of addresses that a peer has sent, and we have asked for.
struct pex_news {
  node_id from = {};

  /// How they were written.
  pex_dialect dialect = pex_dialect::legacy;

  /// Addresses in the list, and how many of them are new to us.
  size_t told = 0;
  size_t fresh = 0;

  /// Entries that were no address.
  size_t skipped = 0;
};

/// All that can be chosen about peer exchange.
struct pex_options {
  /// Whether we are a seed: strangers who dialed us get addresses, once, and
  /// have to go; we dial whom we know, ask and hang up. Persistent and
  /// unconditional peers stay.
  bool seed_mode = false;

  ask_options asking = {};
  request_limits requests = {};
  visit_options visits = {};

  /// Hears of every list, in the context of the reactor. May be empty.
  std::function<void(const pex_news&)> on_list = {};
};

/// Checks that times and rates are above 0 and in their order.
/// @returns `invalid_option` with the option's name, or `none`.
failure validate(const pex_options& options);

} // namespace troupe
