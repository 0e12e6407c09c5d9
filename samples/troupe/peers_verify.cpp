// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/peers_verify.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <caf/actor_system.hpp>

#include "troupe/messages/quoted.hpp"
#include "troupe/samples/troupe/crawl/node_walk.hpp"

namespace troupe::command {

namespace {

using object = nlohmann::ordered_json;

/// Whether a node has proven its ID, whatever came of it.
bool is_alive(const crawled_node& node) {
  return node.info || node.state == crawl_state::incompatible
         || node.state == crawl_state::no_pex;
}

double milliseconds(duration time) {
  return std::chrono::duration<double, std::milli>{time}.count();
}

void print_json(const crawled_node& node) {
  object result{{"peer", to_string(node.id)},   {"alive", is_alive(node)},
                {"addresses", object::array()}, {"remote", nullptr},
                {"version", nullptr},           {"moniker", nullptr},
                {"connect_ms", nullptr},        {"reason", nullptr},
                {"detail", node.detail}};
  for (const auto& address : node.addresses)
    result["addresses"].push_back(to_string(address));
  if (node.info) {
    result["remote"] = to_string(node.info->remote);
    result["version"] = node.info->version;
    result["moniker"] = node.info->moniker;
  }
  if (node.connect_time)
    result["connect_ms"] = milliseconds(*node.connect_time);
  if (node.reason != errc::none)
    result["reason"] = to_string(node.reason);
  std::cout << result.dump(-1, ' ', false, object::error_handler_t::replace)
            << '\n';
}

void print_line(const crawled_node& node) {
  std::string what;
  if (node.info)
    what = fmt::format("{} {} {:.1f} ms", troupe::quoted(node.info->version),
                       troupe::quoted(node.info->moniker),
                       milliseconds(*node.connect_time));
  else
    what = fmt::format("{}{}{}", to_string(node.reason),
                       node.detail.empty() ? "" : ": ", node.detail);
  std::cout << fmt::format("{:<6} {}  {}\n", is_alive(node) ? "alive" : "dead",
                           to_string(node.addresses.front()), what);
}

} // namespace

result<std::vector<book_entry>> verify(caf::actor_system_config& config,
                                       const std::vector<book_entry>& entries,
                                       const verify_options& how, bool json) {
  if (entries.empty())
    return std::vector<book_entry>{};
  walk_options options{.network = how.network,
                       .scope = walk_scope::everywhere,
                       .manners = {.concurrency = how.concurrency,
                                   .rate = how.rate,
                                   .patience = how.patience,
                                   .asks = false},
                       .bounds = {.nodes = address_book_entries_max}};
  for (const auto& entry : entries)
    options.begin.push_back(entry.address);
  auto walked = result<walk_outcome>{errc::invalid_state};
  {
    caf::actor_system sys{config};
    walked = node_walk{sys, std::move(options)}.run();
  }
  if (!walked)
    return walked.error();
  std::set<node_id> alive;
  for (const auto& node : walked->map.nodes()) {
    if (is_alive(node))
      alive.insert(node.id);
    json ? print_json(node) : print_line(node);
  }
  std::cout.flush();
  std::vector<book_entry> result;
  std::copy_if(entries.begin(), entries.end(), std::back_inserter(result),
               [&alive](const auto& entry) {
                 return alive.count(entry.address.id) > 0;
               });
  return result;
}

} // namespace troupe::command
