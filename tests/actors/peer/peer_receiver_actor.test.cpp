// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/peer/peer_receiver_actor.hpp"

#include <deque>
#include <map>
#include <set>
#include <string>

#include <caf/send.hpp>

#include "../world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr channel_id closed = 0x71;
constexpr channel_id other = 0x72;

std::string large(char first) {
  return first + std::string(decoded_in_place_max, 'x');
}

/// A ping with fields that nobody knows, two bytes each. Decoded, they are
/// sixteen times as large.
bytes with_unknown(bytes ping, size_t fields) {
  for (size_t i = 0; i < fields; ++i)
    for (auto x : {std::byte{0x48}, std::byte{1}})
      ping.push_back(x);
  return ping;
}

struct peer_receiver_actor_fixture : world {
  /// @param window of each channel.
  explicit peer_receiver_actor_fixture(size_t window = 0,
                                       window_scope windows
                                       = window_scope::connection) {
    auto connection = spawn_guest([this](caf::event_based_actor*) {
      return caf::behavior{
          [this](credit_atom, const std::vector<channel_credit>& rooms,
                 size_t done) {
            for (const auto& room : rooms)
              credits[room.channel] += room.cost;
            credit += total_cost(rooms);
            memory += done;
            ++reports;
          },
          [this](charge_atom, const std::vector<channel_credit>& more) {
            charged += total_cost(more);
            ++charges;
            total += total_cost(more);
          }};
    });
    auto router = spawn_guest([this](caf::event_based_actor*) {
      return caf::behavior{[this](errored_atom, const connection_ref& which,
                                  const peer_error& error) {
                             CHECK(which == peer);
                             errors.push_back(error);
                           },
                           [this](caf::publish_atom, const node_event& event) {
                             reported.push_back(event);
                           }};
    });
    channel = spawn_guest([this](caf::event_based_actor* self) {
      return caf::behavior{
          [this](deliver_atom, const std::vector<inbound_envelope>& run,
                 size_t cost, uint32_t weight) {
            weights.insert(weight);
            delivered.insert(delivered.end(), run.begin(), run.end());
            runs.push_back(run.size());
            held += cost;
          },
          [this, self](credit_atom, size_t cost) {
            self->send(uut, credit_atom_v, channel_id{echo_channel}, cost);
          },
          [this](remove_peer_atom, const connection_ref& which) {
            CHECK(which == peer);
            delivered_at_end.push_back(delivered.size());
          }};
    });
    auto codec = std::make_shared<const wrapper>(
        echo::EchoMessage::default_instance());
    decoder = spawn_guest([this](caf::event_based_actor* self) {
      return caf::behavior{
          [this, self](const decode_job& job) {
            jobs.push_back(job);
            promises.push_back(
                self->make_response_promise<payload, uint64_t>());
            return promises.back();
          },
          [this](caf::ok_atom) { finish_job(); }};
    });
    metrics counters{sys(), id(99)};
    auto plan = std::make_shared<channel_plan>();
    for (auto open : {echo_channel, other})
      plan->inbound.emplace(
          open, {.channel = channel.address(),
                 .codec = codec,
                 .window = window,
                 .counters = counters.traffic(open, direction::inbound)});
    plan->inbound.emplace(
        closed, {.codec = codec,
                 .counters = counters.traffic(closed, direction::inbound)});
    uut = guard(spawn_peer_receiver(
        sys(), peer, caf::actor_cast<connection_actor>(connection), windows,
        router, caf::actor_cast<decoder_actor>(decoder), plan, 7, counters));
    settle();
  }

  ~peer_receiver_actor_fixture() {
    promises.clear();
    stop_all();
  }

  /// What the decoder does with the job that came first.
  void finish_job() {
    auto job = std::move(jobs.front());
    jobs.pop_front();
    auto promise = std::move(promises.front());
    promises.pop_front();
    auto content = job.codec->unmarshal(job.body);
    if (content)
      promise.deliver(*content, uint64_t{*job.codec->weigh(job.body)});
    else
      promise.deliver(to_error(content.error()));
  }

  /// Lets the decoder do one job.
  void decode() {
    caf::anon_send(decoder, caf::ok_atom_v);
    settle();
  }

  void receive(channel_id from, bytes body) {
    total += read_cost(body.size());
    caf::anon_send(uut, inbound_batch{{from, std::move(body)}});
    settle();
  }

  connection_ref peer{id(2), 7};
  size_t credit = 0; // The window that the connection got back,
  std::map<channel_id, size_t> credits; // the same by channel,
  size_t memory = 0;                    // and the memory,
  size_t reports = 0;                   // and in how many messages.
  size_t charged = 0;                   // What it was charged,
  size_t charges = 0;                   // and in how many messages.
  size_t total = 0;                     // What it handed over, and was charged.
  size_t held = 0;
  std::vector<inbound_envelope> delivered;
  /// How many it had when it heard that nothing more comes, a channel each.
  std::vector<size_t> delivered_at_end;
  std::vector<size_t> runs; // In how many messages each came.
  std::set<uint32_t> weights;
  std::vector<peer_error> errors;
  std::vector<node_event> reported;
  std::deque<decode_job> jobs;
  std::deque<caf::typed_response_promise<payload, uint64_t>> promises;
  caf::actor channel;
  caf::actor decoder;
  peer_receiver_actor uut;
};

} // namespace

TEST_CASE("a receiver decodes, unwraps and says who sent it") {
  peer_receiver_actor_fixture world;
  world.receive(world::echo_channel, wire_ping("hello"));
  REQUIRE(world.delivered.size() == 1);
  const auto& in = world.delivered[0];
  CHECK(in.from == world.id(2));
  CHECK(in.generation == 7);
  CHECK(in.channel == world::echo_channel);
  REQUIRE(in.message.as<echo::PingMessage>() != nullptr);
  CHECK(in.message.as<echo::PingMessage>()->content() == "hello");
  CHECK(world.held == read_cost(wire_ping("hello").size()));
  CHECK(world.weights == std::set<uint32_t>{7});
  CHECK(world.credit == 0);
  caf::anon_send(world.channel, credit_atom_v, world.held);
  world.settle();
  CHECK(world.credit == world.total);
}

TEST_CASE(
    "small messages share a report of credit, and the last one sends it") {
  peer_receiver_actor_fixture world;
  for (int i = 0; i < 3; ++i)
    world.receive(world::echo_channel, wire_ping("small"));
  const auto each = world.held / 3;
  for (int i = 0; i < 2; ++i)
    caf::anon_send(world.channel, credit_atom_v, each);
  world.settle();
  CHECK(world.reports == 0);
  caf::anon_send(world.channel, credit_atom_v, each);
  world.settle();
  CHECK(world.reports == 1);
  CHECK(world.credit == world.total);
}

TEST_CASE("much credit is reported while there is more to come") {
  peer_receiver_actor_fixture world;
  world.receive(world::echo_channel,
                wire_ping(std::string(connection_read_window / 8, 'x')));
  const auto large = world.held;
  world.receive(world::echo_channel, wire_ping("small"));
  caf::anon_send(world.channel, credit_atom_v, large);
  world.settle();
  CHECK(world.credit == large);
}

TEST_CASE("what cannot be decoded is counted, reported, and gives its "
          "credit back") {
  peer_receiver_actor_fixture world;
  SUBCASE("not Protobuf") {
    world.receive(world::echo_channel, from_text("\xff\xff"));
  }
  SUBCASE("a wrapper without content") {
    world.receive(world::echo_channel, {});
  }
  CHECK(world.delivered.empty());
  REQUIRE(world.errors.size() == 1);
  CHECK(world.errors[0].peer == world.id(2));
  CHECK(world.errors[0].code == errc::malformed_message);
  CHECK_FALSE(world.errors[0].what.empty());
  CHECK(world.dropped(world::echo_channel, direction::inbound,
                      "malformed_message")
        == 1);
  CHECK(world.credit == world.total);
}

TEST_CASE("after the first mistake of a peer nothing of its connection counts "
          "any more") {
  peer_receiver_actor_fixture world;
  size_t after = 0;
  SUBCASE("one that the receiver found") {
    caf::anon_send(world.uut,
                   inbound_batch{{world::echo_channel, from_text("\xff\xff")},
                                 {world::echo_channel, from_text("\xff\xff")},
                                 {world::echo_channel, wire_ping("good")},
                                 {world::echo_channel, {}}});
    world.settle();
    CHECK(world.errors.size() == 1);
    after = 3;
  }
  SUBCASE("one that somebody else found") {
    caf::anon_send(world.uut, errored_atom_v);
    world.settle();
    CHECK(world.errors.empty());
  }
  const auto credit = world.credit;
  world.receive(world::echo_channel, from_text("\xff\xff"));
  world.receive(world::echo_channel, wire_ping("good"));
  CHECK(world.delivered.empty());
  CHECK(world.errors.size() == (after > 0 ? 1 : 0));
  CHECK(world.dropped(world::echo_channel, direction::inbound, "peer_erred")
        == static_cast<int64_t>(after + 2));
  // The connection stops reading.
  CHECK(world.credit == credit);
}

TEST_CASE("what nobody takes any more is counted and gives its credit back") {
  peer_receiver_actor_fixture world;
  world.receive(closed, wire_ping("x"));
  world.receive(0x33, wire_ping("x"));
  CHECK(world.dropped(closed, direction::inbound, "channel_closed") == 1);
  CHECK(world.dropped(0x33, direction::inbound, "unknown_channel") == 1);
  CHECK(world.credit == world.total);
  CHECK(world.errors.empty());
}

TEST_CASE("a channel that ends with messages in its hands does not keep their "
          "credit") {
  peer_receiver_actor_fixture world;
  world.receive(world::echo_channel, wire_ping("one"));
  world.receive(world::echo_channel, wire_ping("two"));
  CHECK(world.credit == 0);
  caf::anon_send(world.uut, caf::close_atom_v, world::echo_channel);
  world.settle();
  // One of them comes back late: behind the news that the channel ended.
  caf::anon_send(world.channel, credit_atom_v, world.held / 2);
  world.settle();
  CHECK(world.credit == world.total);
  world.receive(world::echo_channel, wire_ping("three"));
  CHECK(world.credit == world.total);
  CHECK(world.delivered.size() == 2);
}

TEST_CASE("a channel that keeps its messages for too long does not keep the "
          "connection from reading") {
  peer_receiver_actor_fixture world;
  const auto limit = channel_descriptor{}.hold_max;
  for (int i = 0; i < 64; ++i)
    world.receive(world::echo_channel, wire_ping(std::string(8000, 'x')));
  REQUIRE(world.held < connection_read_window);
  world.advance(limit - 1ms);
  CHECK(world.credit == 0);
  world.advance(1ms);
  CHECK(world.credit == world.total);
  CHECK(world.memory == 0);
  // What comes now is shed, and costs nothing.
  world.receive(world::echo_channel, from_text("\xff\xff"));
  CHECK(world.delivered.size() == 64);
  CHECK(world.errors.empty());
  CHECK(
      world.dropped(world::echo_channel, direction::inbound, "reactor_stalled")
      == 1);
  REQUIRE(world.reported.size() == 1);
  CHECK(world.reported[0].what == node_event::kind::messages_shed);
  CHECK(world.reported[0].reason == "reactor_stalled");
  // Until the channel has caught up.
  caf::anon_send(world.channel, credit_atom_v, world.held);
  world.settle();
  CHECK(world.credit == world.total);
  CHECK(world.memory == world.total);
  world.receive(world::echo_channel, wire_ping("again"));
  CHECK(world.delivered.size() == 65);
}

TEST_CASE("what a channel holds within its own window costs the connection "
          "memory, and none of its window") {
  peer_receiver_actor_fixture world{2 * connection_read_window};
  for (int i = 0; i < 64; ++i)
    world.receive(world::echo_channel, wire_ping(std::string(8000, 'x')));
  CHECK(world.credit > world.total - connection_read_window / 8);
  CHECK(world.memory == 0);
  world.advance(1h);
  CHECK(world.reported.empty());
  caf::anon_send(world.channel, credit_atom_v, world.held);
  world.settle();
  CHECK(world.credit == world.total);
  CHECK(world.memory == world.total);
}

TEST_CASE("a channel with a window of its own keeps what it has for as long as "
          "it likes, and the connection learns whose room it is") {
  peer_receiver_actor_fixture world{0, window_scope::channel};
  for (int i = 0; i < 70; ++i)
    world.receive(world::echo_channel, wire_ping(std::string(8000, 'x')));
  REQUIRE(world.held > connection_read_window);
  world.advance(1h);
  CHECK(world.credit == 0);
  CHECK(world.reported.empty());
  const auto before = world.total;
  for (int i = 0; i < 10; ++i)
    world.receive(closed, bytes(8000));
  CHECK(world.credits.size() == 1);
  CHECK(world.credits[closed] > 0);
  caf::anon_send(world.channel, credit_atom_v, world.held);
  world.settle();
  CHECK(world.credits[world::echo_channel] == before);
  CHECK(world.credit == world.total);
  CHECK(world.memory == world.total);
}

TEST_CASE("what messages take beyond their cost once decoded is charged, and "
          "comes back with them") {
  peer_receiver_actor_fixture world;
  const wrapper codec{echo::EchoMessage::default_instance()};
  bytes body;
  size_t size = 0;
  SUBCASE("decoded in place") {
    body = with_unknown(wire_ping(std::string(4000, 'x')), 1000);
    size = *codec.weigh(body);
    REQUIRE(size > 20'000);
    world.receive(world::echo_channel, body);
  }
  SUBCASE("by the decoder") {
    body = with_unknown(wire_ping(large('1')), 30'000);
    size = *codec.weigh(body);
    REQUIRE(size > 500'000);
    world.receive(world::echo_channel, body);
    CHECK(world.charged == 0);
    world.decode();
  }
  REQUIRE(world.delivered.size() == 1);
  CHECK(world.held == size);
  CHECK(world.charged == size - read_cost(body.size()));
  CHECK(world.credit == 0);
  caf::anon_send(world.channel, credit_atom_v, world.held);
  world.settle();
  CHECK(world.credit == size);
  CHECK(world.credit == world.total);
}

TEST_CASE("messages that arrive together share a charge, and small ones need "
          "none") {
  peer_receiver_actor_fixture world;
  const auto body = with_unknown(wire_ping(std::string(4000, 'x')), 1000);
  world.total += 2 * read_cost(body.size());
  caf::anon_send(world.uut, inbound_batch{{world::echo_channel, body},
                                          {world::echo_channel, body}});
  world.settle();
  CHECK(world.charges == 1);
  CHECK(world.held == 2 * read_cost(body.size()) + world.charged);
  world.receive(world::echo_channel, wire_ping("small"));
  CHECK(world.charges == 1);
  SUBCASE("a channel that ends leaves none behind") {
    caf::anon_send(world.uut, caf::close_atom_v, world::echo_channel);
    world.settle();
    CHECK(world.credit == world.total);
  }
  SUBCASE("nor one that keeps them") {
    for (int i = 0; i < 64; ++i)
      world.receive(world::echo_channel, wire_ping(std::string(8000, 'x')));
    world.advance(channel_descriptor{}.hold_max);
    CHECK(world.credit == world.total);
  }
}

TEST_CASE("a receiver delivers what came before it is closed") {
  peer_receiver_actor_fixture world;
  caf::anon_send(world.uut,
                 inbound_batch{{world::echo_channel, wire_ping("last")}});
  caf::anon_send(world.uut, caf::close_atom_v);
  world.settle();
  CHECK(world.delivered.size() == 1);
  // Each of its two channels hears that nothing more comes.
  CHECK(world.delivered_at_end == std::vector<size_t>{1, 1});
  CHECK(world.running("troupe.peer-receiver") == 0);
}

TEST_CASE("large messages go through the decoder, and those behind them wait, "
          "but not those of other channels") {
  peer_receiver_actor_fixture world;
  auto contents = [&world] {
    std::string result;
    for (const auto& in : world.delivered)
      result += in.message.as<echo::PingMessage>()->content()[0];
    return result;
  };
  caf::anon_send(world.uut,
                 inbound_batch{{world::echo_channel, wire_ping("1")},
                               {world::echo_channel, wire_ping(large('2'))},
                               {world::echo_channel, wire_ping("3")},
                               {world::echo_channel, wire_ping(large('4'))},
                               {world::echo_channel, wire_ping("5")},
                               {other, wire_ping("a")}});
  world.settle();
  CHECK(contents() == "1a");
  // One at a time.
  CHECK(world.jobs.size() == 1);
  world.decode();
  CHECK(contents() == "1a23");
  CHECK(world.jobs.size() == 1);
  SUBCASE("whatever comes later") {
    world.receive(world::echo_channel, wire_ping("6"));
    CHECK(contents() == "1a23");
    world.decode();
    CHECK(contents() == "1a23456");
  }
  SUBCASE("also when the receiver is closed meanwhile") {
    caf::anon_send(world.uut, caf::close_atom_v);
    world.settle();
    CHECK(world.running("troupe.peer-receiver") == 1);
    CHECK(world.delivered_at_end.empty());
    world.decode();
    CHECK(contents() == "1a2345");
    CHECK(world.delivered_at_end == std::vector<size_t>{6, 6});
    CHECK(world.running("troupe.peer-receiver") == 0);
  }
}

TEST_CASE("a message that was with the decoder when its channel had held the "
          "connection for too long takes no window with it") {
  peer_receiver_actor_fixture world;
  for (int i = 0; i < 64; ++i)
    world.receive(world::echo_channel, wire_ping(std::string(8000, 'x')));
  world.receive(world::echo_channel, wire_ping(large('y')));
  REQUIRE(world.jobs.size() == 1);
  world.advance(channel_descriptor{}.hold_max);
  world.decode();
  CHECK(world.delivered.size() == 64);
  CHECK(world.credit == world.total);
  caf::anon_send(world.channel, credit_atom_v, world.held);
  world.settle();
  CHECK(world.credit == world.total);
}

TEST_CASE("a large message that is none ends it for those behind it") {
  peer_receiver_actor_fixture world;
  caf::anon_send(world.uut,
                 inbound_batch{{world::echo_channel, bytes(500'000)},
                               {world::echo_channel, wire_ping("behind")}});
  world.settle();
  CHECK(world.errors.empty());
  world.decode();
  REQUIRE(world.errors.size() == 1);
  CHECK(world.errors[0].code == errc::malformed_message);
  CHECK(world.delivered.empty());
  CHECK(world.dropped(world::echo_channel, direction::inbound, "peer_erred")
        == 1);
}

TEST_CASE("a decoder that fails is no fault of the peer") {
  peer_receiver_actor_fixture world;
  world.receive(world::echo_channel, wire_ping(large('1')));
  world.receive(world::echo_channel, wire_ping("2"));
  world.promises.clear();
  caf::anon_send_exit(world.decoder, caf::exit_reason::user_shutdown);
  world.settle();
  CHECK(world.errors.empty());
  CHECK(world.dropped(world::echo_channel, direction::inbound, "decoder_failed")
        == 1);
  CHECK(world.delivered.size() == 1);
  CHECK(world.credit + world.held == world.total);
}

TEST_CASE("what arrives together goes to each channel together, up to a cost") {
  peer_receiver_actor_fixture world;
  inbound_batch batch;
  for (int i = 0; i < 40; ++i) {
    batch.push_back({world::echo_channel, wire_ping("small")});
    if (i % 10 == 0)
      batch.push_back({other, wire_ping("small")});
  }
  caf::anon_send(world.uut, std::move(batch));
  world.settle();
  CHECK(world.runs == std::vector<size_t>{32, 8, 4});
  // A large one is alone, or the last.
  world.runs.clear();
  const auto large = wire_ping(std::string(20'000, 'x'));
  caf::anon_send(world.uut, inbound_batch{{world::echo_channel, large},
                                          {world::echo_channel, wire_ping("x")},
                                          {world::echo_channel, large},
                                          {other, wire_ping("x")}});
  world.settle();
  CHECK(world.runs == std::vector<size_t>{1, 2, 1});
}

TEST_CASE("small messages that arrive together share memory from the fourth "
          "on, and no two channels do") {
  peer_receiver_actor_fixture world;
  inbound_batch batch;
  for (int i = 0; i < 8; ++i)
    batch.push_back({world::echo_channel, wire_ping("small")});
  batch.push_back({world::echo_channel, wire_ping(std::string(1000, 'x'))});
  for (int i = 0; i < 4; ++i)
    batch.push_back({other, wire_ping("small")});
  caf::anon_send(world.uut, std::move(batch));
  world.settle();
  REQUIRE(world.delivered.size() == 13);
  const auto arena_of
      = [&](size_t i) { return (*world.delivered[i].message).GetArena(); };
  REQUIRE(arena_of(3) != nullptr);
  for (size_t i = 0; i < 13; ++i) {
    CAPTURE(i);
    CHECK(arena_of(i) == (i >= 3 && i < 8 ? arena_of(3) : nullptr));
  }
  // The next ones have an arena of their own, if any.
  batch.assign(4, {world::echo_channel, wire_ping("small")});
  caf::anon_send(world.uut, std::move(batch));
  world.settle();
  REQUIRE(arena_of(16) != nullptr);
  CHECK(arena_of(16) != arena_of(3));
}

TEST_CASE("what came before a mistake is delivered, whatever its channel") {
  peer_receiver_actor_fixture world;
  caf::anon_send(world.uut,
                 inbound_batch{{world::echo_channel, wire_ping("good")},
                               {other, wire_ping("good")},
                               {world::echo_channel, from_text("\xff\xff")},
                               {other, wire_ping("behind")}});
  world.settle();
  CHECK(world.delivered.size() == 2);
  CHECK(world.errors.size() == 1);
}
