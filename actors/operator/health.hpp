// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "troupe/actors/operator/http_message.hpp"
#include "troupe/peerstore/rules/peer_report.hpp"

namespace troupe {

/// What says whether a node does its work.
struct health_facts {
  /// Whether it listens, or is told to listen nowhere.
  bool listens = false;

  /// Why what it is to remember cannot be stored. Empty if it can.
  std::string store_problem = {};

  /// The best peer that it knows, if it knows one.
  std::vector<peer_report> best_peer = {};

  /// Why it does not answer. Empty if it does; the rest is nothing then.
  std::string silence = {};
};

/// Returns what is wrong, a sentence each: it does not listen, its store takes
/// nothing, or it knows peers and none is connected.
std::vector<std::string> problems_of(const health_facts& facts);

/// The answer to `GET /health`: 200 and `{"status": "ok", "listening": true}`,
/// or 503 and `{"status": "failing", "listening": ..., "reasons": [...]}`.
http_response health_response(const health_facts& facts);

} // namespace troupe
