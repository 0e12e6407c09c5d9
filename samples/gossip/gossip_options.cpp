// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/gossip/gossip_options.hpp"

#include <utility>

#include "troupe/messages/utf8.hpp"

namespace troupe {

namespace {

bool is_rate(const gossip_rate& rate) {
  return rate.per_second > 0 && rate.burst >= 1;
}

failure bad(std::string name) {
  return {errc::invalid_option, "gossip: " + std::move(name)};
}

} // namespace

failure validate_topic(const std::string& topic) {
  if (topic.empty() || topic.size() > gossip_topic_size_max || !is_utf8(topic))
    return bad("a topic is 1 to 128 bytes of UTF-8");
  return {};
}

failure validate(const gossip_options& options) {
  const auto zero = duration::zero();
  const std::pair<const char*, bool> rules[] = {
      {"priority", options.priority >= 1},
      {"topics", options.topics.size() <= gossip_topics_max},
      {"content_max",
       options.content_max >= 1 && options.content_max <= 16 * 1024 * 1024},
      {"trees", options.trees >= 1 && options.trees <= gossip_trees_max},
      {"copies", options.copies >= 1 && options.copies <= gossip_peers_max},
      {"announce_delay", options.announce_delay >= zero},
      {"graft_wait", options.graft_wait >= zero},
      {"answer_time", options.answer_time > zero},
      {"remind_interval", options.remind_interval > zero},
      {"remind_time",
       options.remind_time >= zero && options.remind_time <= options.keep_time},
      {"seen_time", options.seen_time >= options.keep_time},
      {"seen_max", options.seen_max >= 1},
      {"keep_time", options.keep_time > zero},
      {"keep_bytes_max", options.keep_bytes_max >= options.content_max},
      {"wanted_max", options.wanted_max >= 1},
      {"wanted_per_peer_max", options.wanted_per_peer_max >= 1},
      {"announce_max", options.announce_max >= 1},
      {"verdict_time", options.verdict_time > zero},
      {"verdicts_max", options.verdicts_max >= 1},
      {"verdict_bytes_max", options.verdict_bytes_max >= options.content_max},
      {"quota.bytes", is_rate(options.quota.bytes)
                          && options.quota.bytes.burst
                                 >= static_cast<double>(options.content_max)},
      {"quota.messages", is_rate(options.quota.messages)},
      {"quota.ids", is_rate(options.quota.ids)},
      {"quota.changes", is_rate(options.quota.changes)},
      {"quota.broken_promises", is_rate(options.quota.broken_promises)},
  };
  for (const auto& [name, holds] : rules)
    if (!holds)
      return bad(name);
  for (const auto& topic : options.topics)
    if (auto wrong = validate_topic(topic); wrong.code != errc::none)
      return wrong;
  return {};
}

} // namespace troupe
