// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/quic_door.hpp"

#include "quic_pair.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using action = quic_door::action;

const auto home = udp_place{ip_address::v4(192, 0, 2, 1), 4000};
const auto elsewhere = udp_place{ip_address::v4(192, 0, 2, 2), 4000};

/// A port, and clients who come to it.
struct door_world {
  explicit door_world(quic_door_options options = {})
    : door(std::move(options), random, now) {
    door.set_mode(quic_door::mode::open);
  }

  std::unique_ptr<quic_connection> make_client() {
    auto tls = gnutls_identity::open(quic_identity(1), direction::outbound,
                                     quic_day);
    REQUIRE(tls);
    auto made
        = quic_connection::dial(quic_pair::default_options(), std::move(*tls),
                                client_record, random, now);
    REQUIRE(made);
    return std::move(*made);
  }

  /// The next datagram of a client.
  bytes next(quic_connection& client) {
    auto batch = client.produce(now);
    REQUIRE(batch);
    return {batch->data.begin(),
            batch->data.begin() + static_cast<ptrdiff_t>(batch->segment)};
  }

  /// A first packet of a new client.
  bytes first() {
    return next(*make_client());
  }

  quic_door::verdict arrived(const bytes& data, const udp_place& from = home) {
    return door.arrived(data, from, now);
  }

  testing::sim_random random{3};
  time_point now{1h};
  stream_record client_record;
  quic_door door;
};

} // namespace

TEST_CASE("a first packet opens a connection, and others of it find that") {
  door_world world;
  const auto data = world.first();
  auto made = world.arrived(data);
  REQUIRE(made.what == action::accept);
  REQUIRE(made.first);
  CHECK_FALSE(made.first->before_retry);
  CHECK(world.door.place_of(made.connection) == home);
  // Again, as if it had been lost.
  auto again = world.arrived(data);
  CHECK(again.what == action::deliver);
  CHECK(again.connection == made.connection);
  // From another place it is somebody else's.
  CHECK(world.arrived(data, elsewhere).what == action::drop);
  CHECK(world.door.connections() == 1);
  world.door.ended(made.connection);
  world.door.ended(made.connection);
  CHECK(world.door.connections() == 0);
  CHECK(world.door.unvalidated() == 0);
  CHECK(world.arrived(data).what == action::accept);
}

TEST_CASE("a connection that we dial is found by its IDs") {
  door_world world;
  auto client = world.make_client();
  const auto number = world.door.dialed(home);
  const auto ids = client->take_ids();
  REQUIRE(ids.added.size() == 1);
  bytes data(100, std::byte{0x40});
  std::ranges::copy(ids.added[0].bytes(), data.begin() + 1);
  CHECK(world.arrived(data).what == action::answer);
  world.door.learn(number, ids);
  CHECK(world.arrived(data).what == action::deliver);
  CHECK(world.arrived(data).connection == number);
  CHECK(world.arrived(data, elsewhere).what == action::drop);
  world.door.learn(number, {.retired = ids.added});
  CHECK(world.arrived(data).what == action::answer);
  // Their number is bounded.
  quic_ids many;
  for (uint8_t i = 0; i < 100; ++i)
    many.added.emplace_back(bytes(connection_id::own_size, std::byte{i}));
  world.door.learn(number, many);
  std::ranges::copy(many.added[99].bytes(), data.begin() + 1);
  CHECK(world.arrived(data).what == action::answer);
}

TEST_CASE("whoever sends to a connection that was left hears goodbye again") {
  door_world world;
  const auto data = world.first();
  auto made = world.arrived(data);
  REQUIRE(made.what == action::accept);
  world.door.validated(made.connection);
  const auto goodbye = bytes(40, std::byte{1});
  world.door.leave(made.connection, goodbye, world.now);
  CHECK(world.door.connections() == 0);
  CHECK(world.door.place_of(made.connection) == home);
  CHECK(world.door.next_wakeup(world.now)
        <= world.now + quic_door::farewell_time);
  for (size_t i = 0; i < quic_door::farewells_each; ++i) {
    auto again = world.arrived(data);
    CHECK(again.what == action::answer);
    CHECK(again.answer == goodbye);
  }
  CHECK(world.arrived(data).what == action::drop);
  CHECK(world.arrived(data, elsewhere).what == action::drop);
  world.now += quic_door::farewell_time;
  world.door.expire(world.now);
  CHECK_FALSE(world.door.place_of(made.connection));
  CHECK(world.arrived(data).what == action::accept);
}

TEST_CASE("a connection that was left counts for no limit") {
  door_world world{{.admission = {.limits = {.max_per_ip = 1}}}};
  auto made = world.arrived(world.first());
  REQUIRE(made.what == action::accept);
  CHECK(world.arrived(world.first()).refused == errc::too_many_from_ip);
  world.door.validated(made.connection);
  world.door.leave(made.connection, bytes(40), world.now);
  CHECK(world.arrived(world.first()).what == action::accept);
}

TEST_CASE("a connection is left once") {
  door_world world;
  const auto data = world.first();
  auto made = world.arrived(data);
  REQUIRE(made.what == action::accept);
  world.door.validated(made.connection);
  const auto goodbye = bytes(40, std::byte{1});
  world.door.leave(made.connection, goodbye, world.now);
  world.door.leave(made.connection, bytes(50), world.now);
  world.door.leave(made.connection, {}, world.now);
  CHECK(world.door.connections() == 0);
  CHECK(world.arrived(data).answer == goodbye);
}

TEST_CASE("who is turned away and says the same again is counted once") {
  door_world world{{.admission = {.limits = {.max_per_ip = 1}}}};
  REQUIRE(world.arrived(world.first()).what == action::accept);
  const auto data = world.first();
  CHECK(world.arrived(data).refused == errc::too_many_from_ip);
  for (int i = 0; i < 5; ++i) {
    const auto again = world.arrived(data);
    CHECK(again.what == action::drop);
    CHECK(again.refused == errc::none);
  }
  // Others are others, and none is remembered for ever.
  for (int i = 0; i < 64; ++i)
    CHECK(world.arrived(world.first()).refused == errc::too_many_from_ip);
  CHECK(world.arrived(data).refused == errc::too_many_from_ip);
}

TEST_CASE("goodbyes are kept for no more connections than there is room for") {
  door_world world;
  std::vector<uint64_t> numbers;
  for (size_t i = 0; i < quic_door::farewells_max + 3; ++i) {
    numbers.push_back(world.door.dialed(home));
    world.door.leave(numbers.back(), bytes(40), world.now);
  }
  CHECK_FALSE(world.door.place_of(numbers[2]));
  CHECK(world.door.place_of(numbers[3]));
}

TEST_CASE("whoever may be somewhere else gets no goodbye") {
  door_world world;
  const auto data = world.first();
  auto made = world.arrived(data);
  world.door.leave(made.connection, bytes(40), world.now);
  CHECK_FALSE(world.door.place_of(made.connection));
  CHECK(world.door.unvalidated() == 0);
  // Nor is there one if there is nothing to say.
  const auto number = world.door.dialed(home);
  world.door.leave(number, {}, world.now);
  CHECK_FALSE(world.door.place_of(number));
}

TEST_CASE("a closed door turns away, and a busy one lets wait") {
  door_world world;
  auto client = world.make_client();
  const auto data = world.next(*client);
  world.door.set_mode(quic_door::mode::busy);
  CHECK(world.arrived(data).what == action::wait);
  world.door.set_mode(quic_door::mode::closed);
  auto verdict = world.arrived(data);
  REQUIRE(verdict.what == action::answer);
  CHECK(verdict.answer.size() <= data.size());
  client->receive(verdict.answer, world.now);
  REQUIRE(client->ended());
  CHECK(client->ended()->why.code == errc::connection_refused);
  CHECK(world.door.connections() == 0);
}

TEST_CASE("once many have not shown where they are, newcomers have to") {
  door_world world{{.unvalidated_max = 2}};
  auto one = world.arrived(world.first());
  CHECK(one.what == action::accept);
  CHECK(world.arrived(world.first()).what == action::accept);
  auto data = world.first();
  auto retry = world.arrived(data);
  REQUIRE(retry.what == action::answer);
  CHECK(retry.answer.size() < data.size());
  CHECK(world.door.connections() == 2);
  SUBCASE("who answers is let in, from there and for a while only") {
    auto client = world.make_client();
    data = world.next(*client);
    const auto original = read_initial(data)->to;
    client->receive(world.arrived(data).answer, world.now);
    data = world.next(*client);
    CHECK_FALSE(read_initial(data)->token.empty());
    CHECK(world.arrived(data, elsewhere).what == action::answer);
    SUBCASE("in time") {
      auto made = world.arrived(data);
      REQUIRE(made.what == action::accept);
      CHECK(made.first->before_retry == original);
      CHECK(world.door.unvalidated() == 2);
    }
    SUBCASE("too late") {
      world.now += retry_time + 1s;
      CHECK(world.arrived(data).what == action::answer);
    }
    SUBCASE("with another token") {
      auto first = read_initial(data);
      REQUIRE(first);
      first->token.back() ^= std::byte{1};
      CHECK_FALSE(read_retry(*first, home, world.door.resets(), world.now));
    }
  }
  SUBCASE("when some have, there is room again") {
    world.door.validated(one.connection);
    world.door.validated(one.connection);
    CHECK(world.door.unvalidated() == 1);
    CHECK(world.arrived(world.first()).what == action::accept);
  }
}

TEST_CASE("a handshake gets through a Retry") {
  door_world world{{.unvalidated_max = 0}};
  auto client = world.make_client();
  client->receive(world.arrived(world.next(*client)).answer, world.now);
  const auto data = world.next(*client);
  auto made = world.arrived(data);
  REQUIRE(made.what == action::accept);
  auto tls
      = gnutls_identity::open(quic_identity(2), direction::inbound, quic_day);
  REQUIRE(tls);
  stream_record record;
  auto server = quic_connection::accept(
      quic_pair::default_options(), std::move(*tls), record, world.random,
      *made.first, world.door.resets(), world.now);
  REQUIRE(server);
  client->proceed(quic_pair::anybody(), world.now);
  (*server)->proceed(quic_pair::anybody(), world.now);
  (*server)->receive(data, world.now);
  for (int i = 0; i < 20; ++i) {
    world.now += 10ms;
    world.door.learn(made.connection, (*server)->take_ids());
    while (auto batch = (*server)->produce(world.now))
      batch->each([&](byte_view x) { client->receive(x, world.now); });
    while (auto batch = client->produce(world.now))
      batch->each([&](byte_view x) {
        auto verdict = world.door.arrived(x, home, world.now);
        REQUIRE(verdict.what == action::deliver);
        CHECK(verdict.connection == made.connection);
        (*server)->receive(x, world.now);
      });
    client->tick(world.now);
    (*server)->tick(world.now);
  }
  CHECK(world.client_record.established);
  CHECK(record.established);
  CHECK_FALSE(client->ended());
  // Once the server has forgotten it, the client is told.
  world.door.ended(made.connection);
  auto stream = client->open_uni();
  REQUIRE(stream);
  client->write({.stream = *stream, .head = bytes(100)});
  auto reset = world.arrived(world.next(*client));
  REQUIRE(reset.what == action::answer);
  client->receive(reset.answer, world.now);
  REQUIRE(client->ended());
  CHECK(client->ended()->why.code == errc::connection_closed);
}

TEST_CASE("other versions are told which one we speak") {
  door_world world;
  auto data = world.first();
  data[1] = data[2] = data[3] = data[4] = std::byte{0x1a};
  auto verdict = world.arrived(data);
  REQUIRE(verdict.what == action::answer);
  CHECK(verdict.answer.size() < 100);
  CHECK(std::ranges::equal(
      byte_view{verdict.answer}.last(4),
      bytes{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}}));
  // Who cannot be who he says he is hears nothing.
  data.resize(1000);
  CHECK(world.arrived(data).what == action::drop);
}

TEST_CASE("limits of addresses hold before any handshake") {
  quic_door_options options;
  options.admission.limits.max_per_ip = 2;
  options.admission.limits.ip_rate = {};
  options.admission.max_accepted = 3;
  door_world world{options};
  auto one = world.arrived(world.first());
  CHECK(one.what == action::accept);
  CHECK(world.arrived(world.first()).what == action::accept);
  auto third = world.arrived(world.first());
  CHECK(third.what == action::drop);
  CHECK(third.refused == errc::too_many_from_ip);
  CHECK(world.arrived(world.first(), elsewhere).what == action::accept);
  CHECK(world.arrived(world.first(), elsewhere).what == action::wait);
  CHECK_FALSE(world.door.may_accept(world.now));
  world.door.ended(one.connection);
  CHECK(world.arrived(world.first()).what == action::accept);
}

TEST_CASE("a flood of newcomers takes no more than its part of a turn") {
  quic_door_options options{.unvalidated_max = 1000};
  options.admission.limits = {.max_per_ip = 1000,
                              .max_per_subnet = 1000,
                              .ip_rate = {},
                              .subnet_rate = {},
                              .total_rate = {}};
  options.admission.lists = ip_filter{{}, {ip_network::of(elsewhere.ip)}};
  door_world world{options};
  for (size_t i = 0; i < accept_loop::accepts_a_turn; ++i) {
    // Those that are turned away have none of it.
    CHECK(world.arrived(world.first(), elsewhere).refused == errc::filtered);
    CHECK(world.arrived(world.first()).what == action::accept);
  }
  const auto late = world.first();
  CHECK(world.arrived(late).what == action::wait);
  CHECK_FALSE(world.door.may_accept(world.now));
  REQUIRE(world.door.next_wakeup(world.now));
  CHECK(*world.door.next_wakeup(world.now) <= world.now + accept_loop::turn);
  world.now += accept_loop::turn;
  CHECK(world.door.may_accept(world.now));
  CHECK(world.arrived(late).what == action::accept);
}

TEST_CASE("in a crowd, whoever comes has to show where he is, also to wait") {
  door_world world;
  world.door.set_mode(quic_door::mode::busy);
  world.door.set_crowded(true);
  auto client = world.make_client();
  auto retry = world.arrived(world.next(*client));
  REQUIRE(retry.what == action::answer);
  client->receive(retry.answer, world.now);
  const auto data = world.next(*client);
  CHECK(world.arrived(data).what == action::wait);
  CHECK(world.arrived(data, elsewhere).what == action::answer);
  world.door.set_mode(quic_door::mode::open);
  CHECK(world.arrived(data).what == action::accept);
}

TEST_CASE("answers are limited, and no larger than what they answer") {
  door_world world{{.unvalidated_max = 0, .answers = {1, 10}}};
  size_t answers = 0;
  for (int i = 0; i < 30; ++i)
    answers += world.arrived(world.first()).what == action::answer ? 1 : 0;
  CHECK(answers == 10);
  world.now += 5s;
  bytes data(40, std::byte{0x40});
  for (size_t size = 1; size < 60; ++size) {
    data.assign(size, std::byte{0x40});
    world.random.fill(byte_span{data}.subspan(1));
    world.now += 1s;
    CHECK(world.arrived(data).answer.size() < std::max<size_t>(size, 1));
  }
}

TEST_CASE("garbage opens nothing") {
  door_world world;
  for (size_t i = 0; i < 3000; ++i) {
    bytes data(i % 1600);
    world.random.fill(data);
    world.now += 10ms;
    auto verdict = world.arrived(data);
    CHECK(verdict.what != action::accept);
    CHECK(verdict.what != action::deliver);
    CHECK(verdict.answer.size() <= data.size());
  }
  CHECK(world.door.connections() == 0);
}
