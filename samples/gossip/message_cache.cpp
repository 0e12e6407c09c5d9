// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/gossip/message_cache.hpp"

namespace troupe {

message_cache::message_cache(const gossip_options& options)
  : seen_max_(options.seen_max),
    keep_bytes_max_(options.keep_bytes_max),
    seen_time_(options.seen_time),
    keep_time_(options.keep_time) {}

known_message& message_cache::add(const gossip_id& id, known_message what,
                                  time_point now) {
  what.since = now;
  ages_.emplace_back(now, id);
  if (what.content) {
    kept_.emplace_back(now, id);
    kept_bytes_ += what.content->size();
  }
  auto& result = messages_.insert_or_assign(id, std::move(what)).first->second;
  trim(now);
  return result;
}

known_message* message_cache::find(const gossip_id& id) {
  auto i = messages_.find(id);
  return i != messages_.end() ? &i->second : nullptr;
}

known_message* message_cache::find(const dated_id& what) {
  auto* result = find(what.second);
  return result != nullptr && result->since == what.first ? result : nullptr;
}

void message_cache::drop_content(const gossip_id& id) {
  if (auto* what = find(id))
    release(*what);
}

void message_cache::forget(const gossip_id& id) {
  drop_content(id);
  messages_.erase(id);
}

void message_cache::recycle(size_t slot) {
  for (auto& [id, what] : messages_) {
    what.holders.reset(slot);
    what.senders.reset(slot);
    what.served.reset(slot);
    what.served_twice.reset(slot);
  }
}

void message_cache::trim(time_point now) {
  // Empty ones have no bytes, and what was not accepted has none any more.
  while (!kept_.empty()
         && (kept_.front().first + keep_time_ <= now
             || kept_bytes_ > keep_bytes_max_ || kept_.size() > seen_max_)) {
    if (auto* what = find(kept_.front()))
      release(*what);
    kept_.pop_front();
  }
  // One message may always stay, so that `add` has something to return.
  while (ages_.size() > 1
         && (ages_.front().first + seen_time_ <= now
             || ages_.size() > seen_max_)) {
    if (find(ages_.front()))
      forget(ages_.front().second);
    ages_.pop_front();
  }
}

void message_cache::release(known_message& what) {
  if (what.content)
    kept_bytes_ -= what.content->size();
  what.content.reset();
}

} // namespace troupe
