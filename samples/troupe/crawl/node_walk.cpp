// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/crawl/node_walk.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

#include <spdlog/spdlog.h>

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "troupe/actors/node/node.hpp"
#include "troupe/actors/peer/resolver_actor.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/samples/troupe/crawl/address_scope.hpp"
#include "troupe/samples/troupe/crawl/crawl_actor.hpp"

namespace troupe::command {

namespace {

using namespace std::chrono_literals;

/// How long a name that the operator gave may take.
constexpr auto lookup_time = 5s;

/// How often whoever waits sees how far it is.
constexpr auto show_interval = 200ms;

/// Finds out in which networks the walk begins. What does not resolve is dialed
/// all the same, and fails then.
address_scope find_scope(caf::actor_system& sys, const walk_options& how) {
  if (how.scope == walk_scope::everywhere)
    return address_scope::everywhere();
  address_scope result;
  caf::scoped_actor self{sys};
  auto resolver = spawn_resolver(sys);
  for (const auto& address : how.begin)
    if (const auto ip = ip_address::parse(address.hostname))
      result.include(*ip);
    else
      self->request(resolver, lookup_time, caf::resolve_atom_v,
                    address.hostname)
          .receive(
              [&result](const std::vector<ip_address>& found) {
                for (const auto& one : found)
                  result.include(one);
              },
              [](const caf::error&) {
                // Which its dial will tell.
              });
  self->send_exit(resolver, caf::exit_reason::user_shutdown);
  return result;
}

/// What the log would say of a walk's node is its daily business, and would get
/// between the results.
void silence_log() {
  if (auto logger = spdlog::get("troupe")) {
    logger->set_level(spdlog::level::off);
    return;
  }
  auto logger = std::make_shared<spdlog::logger>("troupe");
  logger->set_level(spdlog::level::off);
  spdlog::register_logger(std::move(logger));
}

node_options options_for(const walk_options& how, const address_scope& scope) {
  // It dials whom it is told to, and nobody again by itself.
  constexpr auto never = 24h;
  system_entropy random;
  const auto connections = 2 * how.manners.concurrency + 16;
  const auto patience = how.manners.patience;
  return {.key = node_key::generate(random),
          .network = how.network,
          .moniker = "troupe-crawl",
          .max_connected = connections,
          .max_peers = 10 * connections,
          .max_dials = how.manners.concurrency,
          .retry = {.min_retry_time = never,
                    .max_retry_time = never,
                    .max_retry_time_persistent = never},
          .disconnect_cooldown = never,
          .resolve_timeout = std::min<duration>(patience, lookup_time),
          .dial_timeout = patience,
          .handshake_timeout = patience,
          .deny_ips = scope.denied_networks()};
}

} // namespace

struct node_walk::state {
  caf::actor_system& sys;
  walk_options how;
  std::mutex mutex;
  /// The rest is under the lock.
  caf::actor walker;
  bool stopped = false;
  crawl_progress so_far;

  /// Shows how far it is.
  void show() {
    if (!how.on_progress)
      return;
    crawl_progress now;
    {
      std::lock_guard guard{mutex};
      now = so_far;
    }
    how.on_progress(now);
  }
};

node_walk::node_walk(caf::actor_system& sys, walk_options how)
  : state_(new state{sys, std::move(how)}) {}

node_walk::~node_walk() = default;

result<walk_outcome> node_walk::run() {
  silence_log();
  const auto& how = state_->how;
  const auto scope = find_scope(state_->sys, how);
  crawl_frontier begin{how.manners, scope, how.bounds};
  for (const auto& address : how.begin)
    begin.add_seed(address);
  auto options = options_for(how, scope);
  if (auto bad = validate(options); bad.code != errc::none)
    return bad;
  caf::scoped_actor self{state_->sys};
  const auto through = spawn_node(state_->sys, std::move(options));
  std::optional<crawl_frontier> found;
  auto walker = spawn_crawl(
      state_->sys, through, std::move(begin),
      {.progress =
           [this](const crawl_frontier& x) {
             std::lock_guard guard{state_->mutex};
             state_->so_far = progress_of(x);
           },
       .finished
       = [&found](crawl_frontier x) { found.emplace(std::move(x)); }});
  self->monitor(walker);
  {
    std::lock_guard guard{state_->mutex};
    state_->walker = walker;
    if (state_->stopped)
      caf::anon_send(walker, caf::close_atom_v);
  }
  std::optional<caf::error> reason;
  while (!reason)
    self->receive([&reason](caf::down_msg& msg) { reason = msg.reason; },
                  caf::after(show_interval) >> [this] { state_->show(); });
  {
    std::lock_guard guard{state_->mutex};
    state_->walker = {};
  }
  through.stop();
  self->wait_for(through.router());
  if (!found)
    return failure{code_of(*reason, errc::shutting_down), text_of(*reason)};
  return walk_outcome{found->map(), found->done()};
}

void node_walk::stop() {
  std::lock_guard guard{state_->mutex};
  state_->stopped = true;
  if (state_->walker)
    caf::anon_send(state_->walker, caf::close_atom_v);
}

} // namespace troupe::command
