// SPDX-License-Identifier: Apache-2.0
#include "mempool_reactor.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

namespace mempool {

namespace {

using troupe::gossip_verdict;

bool read_number(const std::string& text, uint64_t& number) {
  const auto* end = text.data() + text.size();
  auto [last, problem] = std::from_chars(text.data(), end, number);
  return problem == std::errc{} && last == end;
}

struct mempool_state {
  static inline const char* name = "mempool";

  mempool_state(caf::event_based_actor* ptr, const troupe::node& home,
                mempool_options how)
    : self(ptr),
      options(std::move(how)),
      waiting(options.size_max),
      gossip(troupe::open_gossip(self, home, options.gossip)) {}

  caf::behavior make_behavior() {
    return {
        [this](const troupe::gossip_message& in) { return take(in.content); },
        [this](caf::put_atom, const std::string& text) -> caf::result<void> {
          if (take(text) != gossip_verdict::accept)
            return caf::make_error(caf::sec::invalid_argument, text);
          if (auto problem = gossip.publish("transactions", text);
              problem.code != troupe::errc::none)
            return troupe::to_error(problem);
          return caf::unit;
        },
    };
  }

  gossip_verdict take(const std::string& text) {
    auto what = transaction::parse(text);
    if (!what)
      return gossip_verdict::reject; // No correct node passes that on.
    auto result = waiting.add(*what);
    if (result == gossip_verdict::accept && options.on_change)
      options.on_change(waiting);
    return result;
  }

  caf::event_based_actor* self;
  mempool_options options;
  pool waiting;
  troupe::gossip gossip;
};

} // namespace

std::optional<transaction> transaction::parse(const std::string& text) {
  std::istringstream in{text};
  transaction result;
  std::string nonce;
  std::string fee;
  std::string more;
  if (!(in >> result.sender >> nonce >> fee) || in >> more
      || !read_number(nonce, result.nonce) || !read_number(fee, result.fee))
    return std::nullopt;
  return result;
}

gossip_verdict pool::add(const transaction& what) {
  auto [where, is_new] = fees_.try_emplace({what.sender, what.nonce}, what.fee);
  if (!is_new)
    return gossip_verdict::ignore; // Others may have heard of this one first.
  if (fees_.size() <= size_max_)
    return gossip_verdict::accept;
  auto least = std::min_element(
      fees_.begin(), fees_.end(),
      [](const auto& a, const auto& b) { return a.second < b.second; });
  const auto stays = least != where;
  fees_.erase(least);
  return stays ? gossip_verdict::accept : gossip_verdict::ignore;
}

caf::actor spawn_mempool(caf::actor_system& sys, const troupe::node& home,
                         mempool_options options) {
  return sys.spawn<caf::stateful_actor<mempool_state>>(home,
                                                       std::move(options));
}

} // namespace mempool
