// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/health.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace troupe {

namespace {

bool is_up(const peer_report& peer) {
  return peer.state == peer_state::up;
}

} // namespace

std::vector<std::string> problems_of(const health_facts& facts) {
  if (!facts.silence.empty())
    return {fmt::format("the node does not answer: {}", facts.silence)};
  std::vector<std::string> result;
  if (!facts.listens)
    result.emplace_back("the node does not listen yet");
  if (!facts.store_problem.empty())
    result.push_back(fmt::format("what is to be remembered cannot be stored: "
                                 "{}",
                                 facts.store_problem));
  if (!facts.best_peer.empty() && std::ranges::none_of(facts.best_peer, is_up))
    result.emplace_back("no peer is connected, and there are some to dial");
  return result;
}

http_response health_response(const health_facts& facts) {
  const auto problems = problems_of(facts);
  nlohmann::ordered_json body{{"status", problems.empty() ? "ok" : "failing"},
                              {"listening", facts.listens}};
  if (!problems.empty())
    body["reasons"] = problems;
  using error_handler_t = nlohmann::ordered_json::error_handler_t;
  return {.status = problems.empty() ? 200U : 503U,
          .body = body.dump(-1, ' ', true, error_handler_t::replace) + "\n"};
}

} // namespace troupe
