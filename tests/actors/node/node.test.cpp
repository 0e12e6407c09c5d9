// SPDX-License-Identifier: Apache-2.0

// The life of a node. Each test ends with the check of `world` that no actor
// runs and that none is still allocated.

#include <sstream>
#include <stdexcept>

#include <spdlog/sinks/ostream_sink.h>

#include <caf/detail/meta_object.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/send.hpp>

#include "../world.hpp"
#include "troupe/actors/operator/log.hpp"
#include "troupe/peerstore/store/memory_store.hpp"

using namespace troupe;
using namespace troupe::test;

// -- options ------------------------------------------------------------------

TEST_CASE("a node with an option that makes no sense ends with an error that "
          "names it") {
  struct row {
    std::string option;
    errc code;
    std::function<void(node_options&)> spoil;
  };
  const row rows[] = {
      {"network", errc::invalid_option, [](auto& x) { x.network = ""; }},
      {"moniker", errc::invalid_option, [](auto& x) { x.moniker = "\x01"; }},
      {"listen", errc::invalid_endpoint,
       [](auto& x) {
         x.listen = {"mconn://127.0.0.1:0", "foo"};
       }},
      {"persistent_peers", errc::invalid_address,
       [](auto& x) { x.persistent_peers = {"memory:foo"}; }},
      {"bootstrap_peers", errc::invalid_address,
       [](auto& x) {
         x.bootstrap_peers = {world::address(2), ""};
       }},
      {"max_connected", errc::invalid_option,
       [](auto& x) { x.max_connected = 0; }},
      {"max_outgoing", errc::invalid_option,
       [](auto& x) {
         x.max_connected = 5;
         x.max_outgoing = 6;
       }},
      {"max_dials", errc::invalid_option, [](auto& x) { x.max_dials = 0; }},
      {"metrics_namespace", errc::invalid_option,
       [](auto& x) { x.metrics_namespace = ""; }},
      {"metrics_namespace", errc::invalid_option,
       [](auto& x) { x.metrics_namespace = "caf"; }},
      {"metrics_namespace", errc::invalid_option,
       [](auto& x) { x.metrics_namespace = "a-b"; }},
      {"metrics_namespace", errc::invalid_option,
       [](auto& x) { x.metrics_namespace = "1st"; }},
      {"max_accepted", errc::invalid_option,
       [](auto& x) { x.max_accepted = 0; }},
      {"max_handshakes", errc::invalid_option,
       [](auto& x) { x.handshakes.max = 0; }},
      {"max_accepted", errc::invalid_option,
       [](auto& x) { x.max_accepted = x.handshakes.max; }},
      {"tracked_max", errc::invalid_option,
       [](auto& x) { x.inbound.tracked_max = 256; }},
      {"tracked_max", errc::invalid_option,
       [](auto& x) { x.max_connected = 6000; }},
      {"dial_deadline", errc::invalid_option,
       [](auto& x) { x.dial_deadline = 30s; }},
      {"dial_deadline", errc::invalid_option,
       [](auto& x) {
         x.dial_deadline = 2min;
         x.handshake_timeout = 95s;
       }},
      {"max_per_ip", errc::invalid_option,
       [](auto& x) { x.inbound.max_per_ip = 0; }},
      {"max_handshakes_per_ip", errc::invalid_option,
       [](auto& x) { x.handshakes.max_per_ip = 0; }},
      {"allow_ips", errc::invalid_option,
       [](auto& x) {
         x.allow_ips = {"10.0.0.0/8", "10.0.0.1/8"};
       }},
      {"deny_ips", errc::invalid_option, [](auto& x) { x.deny_ips = {"me"}; }},
      {"filter_timeout", errc::invalid_option,
       [](auto& x) { x.filter_timeout = 0s; }},
      {"channels_expected", errc::invalid_option,
       [](auto& x) { x.channels_expected = 17; }},
      {"min_retry_time", errc::invalid_option,
       [](auto& x) { x.retry.min_retry_time = 0s; }},
      {"disconnect_cooldown", errc::invalid_option,
       [](auto& x) { x.disconnect_cooldown = -1s; }},
      {"resolve_timeout", errc::invalid_option,
       [](auto& x) { x.resolve_timeout = 0s; }},
      {"dial_timeout", errc::invalid_option,
       [](auto& x) { x.dial_timeout = 0s; }},
      {"handshake_timeout", errc::invalid_option,
       [](auto& x) { x.handshake_timeout = -1s; }},
      {"send_payload_max", errc::invalid_option,
       [](auto& x) { x.stream.send_payload_max = 0; }},
      {"recv_payload_max", errc::invalid_option,
       [](auto& x) { x.stream.recv_payload_max = max_packet_payload + 1; }},
      {"external_address", errc::invalid_option,
       [](auto& x) { x.external_address = "nowhere"; }},
  };
  world world;
  for (const auto& row : rows) {
    CAPTURE(row.option);
    auto options = world.options(1);
    row.spoil(options);
    auto found = validate(options);
    CHECK(found.code == row.code);
    CAPTURE(found.context);
    CHECK(found.context.find(row.option) != std::string::npos);
    auto where = world.spawn(std::move(options));
    auto end = world.watch_end(router_of(where));
    auto state = world.open(where);
    REQUIRE(end->has_value());
    CHECK(**end == row.code);
    CHECK(text_of(**end).find(row.option) != std::string::npos);
    // The reactor is not left alone with a channel that nobody serves, and
    // learns why.
    REQUIRE(state->ended);
    CHECK(*state->ended == row.code);
  }
}

TEST_CASE(
    "addresses that could never be dialed are refused when they are read, "
    "by part") {
  world world;
  const auto id = to_string(world::id(2));
  const std::pair<std::string, std::string_view> rows[] = {
      {"@010.0.0.1:26656", "host \"010.0.0.1\" is neither"},
      {"@127.1:26656", "host \"127.1\" is neither"},
      {"@0x7f000001:26656", "host \"0x7f000001\" is neither"},
      {"@2001:db8::5", "needs brackets"},
      {"@[fe80::1%25eth0]:26656", "has a zone"},
      {"@1.2.3.4:26656/path", "path \"/path\" is not allowed"},
      {"@name:26656/path", "path \"/path\" is not allowed"},
      {"@255.255.255.255:26656", "not the address of one host"},
      {"@[ff02::1]:26656", "not the address of one host"},
      {"@", "it has no host"},
  };
  for (const auto& [where, why] : rows) {
    CAPTURE(where);
    auto options = world.options(1);
    options.persistent_peers = {id + where};
    auto found = validate(options);
    CAPTURE(found.context);
    CHECK(found.code == errc::invalid_address);
    CHECK(found.context.find(why) != std::string::npos);
    options.persistent_peers = {};
    options.bootstrap_peers = {id + where};
    CHECK(validate(options).code == errc::invalid_address);
  }
  auto options = world.options(1);
  options.external_address = "127.1:26656";
  CHECK(validate(options).context.find("external_address: ") == 0);
  options.external_address = "peer.example:26656";
  CHECK(validate(options).code == errc::none);
}

TEST_CASE("IDs in options are read in any case") {
  world world;
  auto upper = to_string(world::id(2));
  for (auto& c : upper)
    c = static_cast<char>(std::toupper(c));
  auto options = world.options(1);
  options.unconditional_peers = options.private_peers = options.blocked_peers
      = {upper};
  options.persistent_peers = {upper + "@host:26656"};
  auto parsed = parse_addresses(options);
  REQUIRE(parsed.has_value());
  CHECK(parsed->unconditional_peers.at(0) == world::id(2));
  CHECK(parsed->private_peers.at(0) == world::id(2));
  CHECK(parsed->blocked_peers.at(0) == world::id(2));
  CHECK(parsed->persistent_peers.at(0).id == world::id(2));
}

TEST_CASE("options that list the node itself are known by name") {
  world world;
  const auto own = world::id(1);
  auto options = world.options(1);
  options.persistent_peers = {to_string(world::id(2)) + "@host:1"};
  options.bootstrap_peers = {to_string(own) + "@host:1"};
  options.private_peers = {to_string(own)};
  CHECK(options_that_name(own, *parse_addresses(options))
        == std::vector<std::string_view>{"bootstrap_peers", "private_peers"});
}

TEST_CASE("which of several places to listen is wrong is said") {
  world world;
  auto options = world.options(1);
  options.listen = {"mconn://127.0.0.1:1", "mconn://[::1]:70000"};
  const auto bad = validate(options);
  CHECK(bad.code == errc::invalid_endpoint);
  CHECK(bad.context.find("listen: ") == 0);
  CHECK(bad.context.find("[::1]:70000") != std::string::npos);
  CHECK(bad.context.find("127.0.0.1") == std::string::npos);
}

TEST_CASE("a node that needs CAF's I/O module says so where there is none") {
  struct row {
    std::string option;
    std::function<void(node_options&)> spoil;
  };
  const auto there = to_string(world::id(2)) + "@127.0.0.1:26656";
  const row rows[] = {
      {"listen", [](auto& x) { x.listen = {"mconn://127.0.0.1:0"}; }},
      {"persistent_peers", [&](auto& x) { x.persistent_peers = {there}; }},
      {"bootstrap_peers", [&](auto& x) { x.bootstrap_peers = {there}; }},
  };
  world world;
  for (const auto& row : rows) {
    CAPTURE(row.option);
    auto options = world.options(1);
    row.spoil(options);
    REQUIRE(validate(options).code == errc::none);
    auto end = world.watch_end(router_of(world.spawn(std::move(options))));
    world.settle();
    REQUIRE(end->has_value());
    CHECK(**end == errc::invalid_option);
    CHECK(text_of(**end).find(row.option) != std::string::npos);
    CHECK(text_of(**end).find("I/O module") != std::string::npos);
  }
}

TEST_CASE("a program that forgot to register our types is told so") {
  world world;
  auto options = world.options(1);
  caf::detail::clear_global_meta_objects();
  std::string problem;
  try {
    spawn_node(world.sys(), std::move(options));
  } catch (const std::logic_error& error) {
    problem = error.what();
  }
  caf::init_global_meta_objects<caf::id_block::troupe>();
  caf::core::init_global_meta_objects();
  CHECK(problem.find("init_global_meta_objects<caf::id_block::troupe>")
        != std::string::npos);
}

TEST_CASE("an option that makes no sense stands in the log, too") {
  std::ostringstream lines;
  auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(lines);
  world world;
  auto before = std::exchange(log().sinks(), {sink});
  log().set_level(spdlog::level::err);
  auto options = world.options(1);
  options.network = "";
  world.spawn(std::move(options));
  world.settle();
  log().sinks() = before;
  log().set_level(spdlog::level::off);
  CHECK(lines.str().find("event=invalid_options") != std::string::npos);
  CHECK(lines.str().find("network") != std::string::npos);
}

TEST_CASE("good options are good") {
  world world;
  CHECK(validate(world.options(1, {2, 3})).code == errc::none);
  CHECK(validate(world.options(1, {1})).code == errc::none);
}

// -- start --------------------------------------------------------------------

TEST_CASE("a node listens and dials when it has the channels it expects") {
  world world;
  auto target = world.stand_in(world.id(2));
  auto options = world.options(1, {2});
  options.channels_expected = 2;
  auto where = world.spawn(std::move(options));
  auto endpoints = std::make_shared<answer<std::vector<endpoint>>>();
  auto first = world.open(where);
  endpoints = world.ask<std::vector<endpoint>>(where.router(), caf::get_atom_v);
  world.advance(1min);
  CHECK_FALSE(endpoints->value);
  CHECK_FALSE(world.transport_of(where));
  CHECK(target->attempts == 0);
  auto second = world.open(where, {.id = 0x71});
  REQUIRE(endpoints->value);
  REQUIRE(endpoints->value->size() == 1);
  CHECK(endpoints->value->at(0)
        == endpoint{.protocol = "memory", .path = to_string(where.id())});
  CHECK(target->attempts == 1);
  REQUIRE(target->dials.at(0)->info);
  CHECK(target->dials[0]->info->channels
        == std::vector<channel_id>{0x70, 0x71});
  CHECK(first->codes(node_event::kind::listening).size() == 1);
  // Who comes late hears of it, too.
  CHECK(world.watch(where)->codes(node_event::kind::listening).size() == 1);
}

TEST_CASE("a node that expects no channel starts at once") {
  world world;
  auto options = world.options(1);
  options.channels_expected = 0;
  auto where = world.spawn(std::move(options));
  world.settle();
  CHECK(world.transport_of(where));
  auto state = world.watch(where);
  world.join(where, 2, {0x55});
  CHECK(state->sees(world.id(2)));
}

TEST_CASE("a node that cannot listen ends with the reason") {
  world world;
  auto taken = world.stand_in(world.id(1));
  auto where = world.spawn(world.options(1));
  auto end = world.watch_end(router_of(where));
  auto state = world.open(where);
  REQUIRE(end->has_value());
  CHECK(**end == errc::cannot_listen);
  REQUIRE(state->ended);
  CHECK(*state->ended == errc::cannot_listen);
}

TEST_CASE("what a node tells about itself comes from its options") {
  world world;
  auto options = world.options(1);
  options.external_address = "10.1.2.3:26656";
  options.version = "9.9";
  auto where = world.spawn(std::move(options));
  auto state = world.open(where);
  auto peer = world.join(where, 2);
  REQUIRE(peer->info);
  CHECK(peer->info->node_id == to_string(where.id()));
  CHECK(peer->info->listen_addr == "10.1.2.3:26656");
  CHECK(peer->info->network == "test");
  CHECK(peer->info->version == "9.9");
  CHECK(peer->info->moniker == "node-1");
  CHECK(peer->info->channels == std::vector<channel_id>{0x70});
}

TEST_CASE("a node dials whom it is told about, at start and later") {
  world world;
  auto first = world.stand_in(world.id(2));
  auto second = world.stand_in(world.id(3));
  auto options = world.options(1);
  options.bootstrap_peers = {world.address(2)};
  auto where = world.spawn(std::move(options));
  auto state = world.open(where);
  CHECK(first->attempts == 1);
  CHECK(second->attempts == 0);
  where.add_peer(*node_address::parse(world.address(3)));
  world.settle();
  CHECK(second->attempts == 1);
  auto added = world.ask<bool>(where.router(), caf::add_atom_v,
                               *node_address::parse(world.address(3)));
  CHECK(added->value == false);
}

// -- subscriptions ------------------------------------------------------------

TEST_CASE("a subscriber that comes late gets a snapshot, and what happens "
          "then") {
  world world;
  auto where = world.spawn(world.options(1));
  auto early = world.open(where);
  auto second = world.join(where, 2);
  auto third = world.join(where, 3);
  third->hang_up();
  world.settle();
  CHECK(early->signs() == "++-");
  auto late = world.watch(where);
  CHECK(late->signs() == "+");
  CHECK(late->updates == std::vector{early->updates[0]});
  second->hang_up();
  world.settle();
  CHECK(late->signs() == "+-");
  CHECK(late->updates[1] == early->updates[3]);
}

TEST_CASE("whoever observes twice hears everything once") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  where.observe(state->self);
  world.settle();
  world.knock(where, world.id(2))->hang_up();
  world.settle();
  CHECK(state->codes(node_event::kind::refused).size() == 1);
}

TEST_CASE("a subscriber that ends or never reads does no harm") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  auto gone = world.watch(where);
  end_actor(caf::actor_cast<caf::actor>(gone->self),
            caf::make_error(caf::sec::runtime_error));
  world.settle();
  world.join(where, 2);
  CHECK(gone->updates.empty());
  CHECK(state->signs() == "+");
}

// -- the end ------------------------------------------------------------------

TEST_CASE("a node that is stopped ends its channels and their reactors, after "
          "all peers went down") {
  world world;
  auto a = world.spawn(world.options(1, {2}));
  auto b = world.spawn(world.options(2));
  auto near = world.open(a);
  auto far = world.open(b);
  auto bystander = world.watch(a);
  world.advance(1s);
  auto end = world.watch_end(router_of(a));
  a.stop();
  world.settle();
  REQUIRE(end->has_value());
  CHECK(**end == caf::exit_reason::user_shutdown);
  REQUIRE(near->ended);
  CHECK(*near->ended == caf::exit_reason::user_shutdown);
  CHECK(bystander->signs() == "+-");
  CHECK_FALSE(bystander->ended);
  CHECK(far->signs() == "+-");
  CHECK_FALSE(far->ended);
  // What is left of it does nothing.
  CHECK_FALSE(near->wire.actor());
  near->shout("nobody hears");
  a.stop();
  a.add_peer(*node_address::parse(world.address(2)));
  world.settle();
  CHECK(world.running("troupe.router") == 1);
  // The ID is free again.
  auto again = world.spawn(world.options(1, {2}));
  auto reborn = world.open(again);
  world.advance(1min);
  CHECK(reborn->sees(b.id()));
}

TEST_CASE("a channel of a node that stops is refused") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  where.stop();
  world.settle();
  auto late = world.open(where, {.id = 0x71});
  REQUIRE(late->ended);
  CHECK(*late->ended == errc::shutting_down);
}

TEST_CASE("nobody waits for the endpoints of a node that stops") {
  world world;
  auto where = world.spawn(world.options(1));
  auto endpoints
      = world.ask<std::vector<endpoint>>(where.router(), caf::get_atom_v);
  CHECK_FALSE(endpoints->error);
  where.stop();
  world.settle();
  CHECK(endpoints->code() == errc::shutting_down);
}

TEST_CASE("a node whose router is killed leaves nothing behind") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  auto peer = world.join(where, 2);
  auto target = world.stand_in(world.id(3));
  where.add_peer(*node_address::parse(world.address(3)));
  world.settle();
  caf::anon_send_exit(router_of(where), caf::exit_reason::kill);
  world.settle();
  CHECK(peer->closed);
  CHECK(target->dials.at(0)->closed);
  CHECK(state->ended);
  for (auto name : {"troupe.router", "troupe.peer-manager", "troupe.channel",
                    "troupe.resolver", "troupe.memory-transport",
                    "troupe.memory-connection", "troupe.peer-sender",
                    "troupe.peer-receiver", "troupe.dialer"}) {
    CAPTURE(name);
    CHECK(world.running(name) == 0);
  }
}

TEST_CASE("a node ends with its store, rather than forget whom it has banned") {
  world world;
  auto options = world.options(1);
  options.store = std::make_shared<memory_store>();
  auto where = world.spawn(std::move(options));
  world.open(where);
  auto end = world.watch_end(router_of(where));
  auto store = world.find("troupe.peer-store");
  REQUIRE(store);
  end_actor(store, caf::make_error(caf::sec::runtime_error));
  store = {};
  world.settle();
  REQUIRE(end->has_value());
  CHECK(**end == caf::sec::runtime_error);
}

TEST_CASE("a node stops at any moment of dials, handshakes and "
          "traffic") {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    world world{seed};
    auto hanging = world.stand_in(world.id(8));
    auto swallowing = world.stand_in(world.id(9));
    swallowing->with = decoy::mood::ignore;
    std::vector<node> nodes;
    std::vector<recorder_ptr> states;
    for (uint8_t i = 1; i <= 3; ++i) {
      nodes.push_back(world.spawn(world.options(i, {1, 2, 3, 8, 9})));
      states.push_back(world.open(nodes.back()));
      // A reactor that never answers: its queues fill up.
      states.back()->patient = true;
      states.back()->on_update = [raw = states.back().get()](const auto&) {
        for (int n = 0; n < 30; ++n)
          raw->shout(std::string(1000, 'x'));
      };
    }
    world.step(seed * 5);
    auto end = world.watch_end(router_of(nodes[0]));
    nodes[0].stop();
    world.settle();
    REQUIRE(end->has_value());
    REQUIRE(world.running("troupe.router") <= 2);
    // The others stop when the world ends.
  }
}

TEST_CASE("a node stops with full queues and a peer that does not "
          "read") {
  world world;
  auto where = world.spawn(world.options(1));
  auto state = world.open(where);
  auto deaf = world.join(where, 2);
  deaf->reads = false;
  auto last = errc::none;
  for (int i = 0; i < 100 && last == errc::none; ++i)
    last = world.deliver(*state, world.id(2), ping(std::string(100'000, 'x')));
  REQUIRE(last == errc::queue_full);
  auto end = world.watch_end(router_of(where));
  where.stop();
  world.settle();
  CHECK(end->has_value());
  CHECK(deaf->closed);
}
