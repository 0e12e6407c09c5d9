// SPDX-License-Identifier: Apache-2.0

// What a reactor and its node say to each other also travels between
// processes.

#include "troupe/messages/type_ids.hpp"

#include <doctest/doctest.h>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/deep_to_string.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/message.hpp>

#include "troupe/actors/node/node_event.hpp"
#include "troupe/actors/remote/remote_channel.hpp"
#include "troupe/messages/as_result.hpp"
#include "troupe/messages/outbound_envelope.hpp"
#include "troupe/peerstore/rules/peer_manager_inspect.hpp"
#include "troupe/peerstore/store/peer_store_inspect.hpp"
#include "troupe/proto/echo.pb.h"
#include "troupe/transport/admission/inbound_limits_inspect.hpp"
#include "troupe/transport/connection_messages.hpp"

using namespace troupe;

namespace {

node_id some_id(int value) {
  std::array<std::byte, node_id::size> raw{};
  raw.fill(static_cast<std::byte>(value));
  return node_id{raw};
}

payload some_payload() {
  echo::PingMessage ping;
  ping.set_content("hello");
  return payload::copy_of(ping);
}

message_body some_body() {
  return message_body{shared_bytes{bytes{std::byte{0}, std::byte{0xff}}}};
}

const endpoint somewhere{
    .protocol = "mconn", .ip = ip_address::v4(10, 1, 2, 3), .port = 26656};

struct type_ids_fixture {
  type_ids_fixture() {
    caf::init_global_meta_objects<caf::id_block::troupe>();
    caf::core::init_global_meta_objects();
    sys = std::make_unique<caf::actor_system>(config);
  }

  /// Sends `x` as the content of a message, as CAF's middleman does.
  template <class T>
  T round_trip(const T& x) {
    caf::byte_buffer buffer;
    caf::binary_serializer sink{*sys, buffer};
    REQUIRE(sink.apply(caf::make_message(x)));
    caf::binary_deserializer source{*sys, buffer};
    caf::message result;
    REQUIRE(source.apply(result));
    REQUIRE(result.match_elements<T>());
    return result.get_as<T>(0);
  }

  /// Whether every shortened copy of `x` is refused.
  template <class T>
  bool refuses_cuts(T x) {
    caf::byte_buffer buffer;
    caf::binary_serializer sink{*sys, buffer};
    REQUIRE(sink.apply(x));
    for (size_t size = 0; size < buffer.size(); ++size) {
      caf::binary_deserializer source{*sys,
                                      caf::make_span(buffer.data(), size)};
      T result;
      if (source.apply(result))
        return false;
    }
    return true;
  }

  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> sys;
};

std::string text(const payload& x) {
  auto ping = x.as<echo::PingMessage>();
  return ping ? ping->content() : "";
}

} // namespace

TEST_CASE_FIXTURE(type_ids_fixture,
                  "an outbound envelope keeps receiver and message") {
  const outbound_envelope what{some_id(1), 0x71, some_body()};
  auto copy = round_trip(what);
  CHECK(copy.to == some_id(1));
  CHECK(copy.channel == 0x71);
  CHECK(copy.body.share() == what.body.share());
  CHECK_FALSE(round_trip(outbound_envelope{{}, 0, some_body()}).to);
  CHECK(refuses_cuts(what));
}

TEST_CASE_FIXTURE(type_ids_fixture,
                  "an inbound envelope keeps all of its fields") {
  auto copy = round_trip(
      inbound_envelope{some_id(2), 0x70, 1u << 20, some_payload()});
  CHECK(copy.from == some_id(2));
  CHECK(copy.channel == 0x70);
  CHECK(copy.generation == 1u << 20);
  CHECK(text(copy.message) == "hello");
  CHECK(refuses_cuts(inbound_envelope{some_id(2), 0x70, 1, some_payload()}));
}

TEST_CASE("what a message holds is printed as numbers, whatever a terminal "
          "would make of it") {
  echo::PingMessage ping;
  ping.set_content("\x1b[31m");
  const auto text = caf::deep_to_string(payload::copy_of(ping));
  CHECK(text.find("27, 91, 51") != std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
  const auto body
      = message_body{shared_bytes{bytes{std::byte{0x1b}, std::byte{0xff}}}};
  CHECK(caf::deep_to_string(body).find('\x1b') == std::string::npos);
}

TEST_CASE_FIXTURE(type_ids_fixture,
                  "a message of a type that is not linked in is "
                  "refused") {
  CHECK_FALSE(payload{}.assign("no.such.Type", {}));
  CHECK_FALSE(payload{}.assign("troupe.echo.PingMessage", "\xff\xff"));
}

TEST_CASE_FIXTURE(type_ids_fixture, "a peer update keeps all of its fields") {
  const peer_update up{.peer = some_id(3),
                       .status = peer_status::up,
                       .generation = 7,
                       .way = direction::outbound,
                       .info = {somewhere, "moniker", {0x00, 0x70, 0xff}}};
  CHECK(round_trip(up) == up);
  const peer_update down{
      .peer = some_id(3), .generation = 7, .reason = errc::peer_silent};
  CHECK(round_trip(down) == down);
  CHECK(refuses_cuts(up));
}

TEST_CASE_FIXTURE(type_ids_fixture, "a node event keeps all of its fields") {
  const node_event event{.what = node_event::kind::refused,
                         .where = somewhere,
                         .address = {.protocol = "mconn",
                                     .id = some_id(4),
                                     .hostname = "example.org",
                                     .port = 1},
                         .peer = some_id(4),
                         .code = errc::wrong_network,
                         .reason = "it is \"other\""};
  auto copy = round_trip(event);
  CHECK(copy.what == event.what);
  CHECK(copy.where == event.where);
  CHECK(copy.address == event.address);
  CHECK(copy.peer == event.peer);
  CHECK(copy.code == event.code);
  CHECK(copy.reason == event.reason);
  CHECK(refuses_cuts(event));
}

TEST_CASE_FIXTURE(type_ids_fixture, "a peer error keeps all of its fields") {
  const peer_error error{some_id(5), errc::malformed_message, "what"};
  CHECK(round_trip(error) == error);
  CHECK(refuses_cuts(error));
}

TEST_CASE_FIXTURE(type_ids_fixture,
                  "a channel descriptor keeps all of its fields") {
  const channel_descriptor what{.id = 0xfe,
                                .priority = 2,
                                .send_queue_messages = 3,
                                .send_queue_bytes = 4,
                                .on_send_full = qos_shed::oldest,
                                .send_expires_after = duration{11},
                                .send_total_messages = 12,
                                .send_total_bytes = 13,
                                .recv_message_capacity = 5,
                                .recv_window_bytes = 14,
                                .recv_queue_messages = 6,
                                .recv_queue_bytes = 7,
                                .recv_total_bytes = 8,
                                .delivery_window = 9,
                                .on_full = overflow::drop,
                                .hold_max = duration{10},
                                .name = "blocks"};
  CHECK(round_trip(what) == what);
  CHECK(refuses_cuts(what));
}

TEST_CASE_FIXTURE(type_ids_fixture, "an error keeps its code and its words") {
  auto copy = round_trip(to_error({errc::invalid_option, "max_dials: is 0"}));
  CHECK(copy == errc::invalid_option);
  REQUIRE(copy.context().match_elements<std::string>());
  CHECK(copy.context().get_as<std::string>(0) == "max_dials: is 0");
}

TEST_CASE_FIXTURE(type_ids_fixture,
                  "a blame keeps what it says, and reads like it") {
  const auto what = caf::make_error(blame::rate_limited, "too many");
  auto copy = round_trip(what);
  CHECK(copy == blame::rate_limited);
  CHECK(blame_in(copy) == blame::rate_limited);
  CHECK(text_of(copy) == "too many");
  CHECK(to_string(copy) == R"(rate_limited("too many"))");
  CHECK(text_of(caf::make_error(blame::misbehaved)) == "misbehaved");
  // Of the same name, but nobody's blame.
  CHECK_FALSE(blame_in(caf::make_error(errc::rate_limited)));
  CHECK_FALSE(blame_in(caf::error{}));
  for (uint8_t value = 0; value < UINT8_MAX; ++value) {
    auto each = blame::misbehaved;
    auto named = blame::misbehaved;
    if (from_integer(value, each))
      CHECK((from_string(to_string(each), named) && named == each));
  }
}

TEST_CASE_FIXTURE(type_ids_fixture, "a marshalled message keeps its bytes") {
  CHECK(round_trip(message_body{}).size() == 0);
  CHECK(round_trip(some_body()).share() == some_body().share());
  CHECK(refuses_cuts(some_body()));
}

TEST_CASE_FIXTURE(type_ids_fixture,
                  "the report of a broadcast keeps its numbers") {
  const broadcast_report what{
      .taken = 3, .refused = {{errc::queue_full, 2}, {errc::not_connected, 1}}};
  CHECK(round_trip(what) == what);
  CHECK(refuses_cuts(what));
}

TEST_CASE_FIXTURE(type_ids_fixture,
                  "what goes into a peer store keeps all of its "
                  "fields") {
  constexpr auto at
      = [](int64_t ms) { return wall_time{std::chrono::milliseconds{ms}}; };
  const stored_peer peer{
      .id = some_id(6),
      .addresses = {{.address = {.protocol = "mconn",
                                 .id = some_id(6),
                                 .hostname = "example.org",
                                 .port = 1},
                     .failures = 2,
                     .retry_at = at(3),
                     .last_success = at(4),
                     .last_failure = at(5)}},
      .score_milli = -6,
      .scored_at = at(7),
      .short_connections = 8,
      .dialable_at = at(9),
      .served_since = at(2),
      .last_connected = at(10),
      .last_disconnected = at(11),
      .ban = stored_ban{at(12), "why"},
      .incompatible
      = stored_incompatibility{at(13), errc::wrong_network, "what", "us"},
      .source = some_id(8),
      .source_group = "1.2",
      .tried = true,
      .anchor = true};
  auto changes = round_trip(store_changes{{peer}, {some_id(7)}});
  CHECK(changes.put == std::vector{peer});
  CHECK(changes.erase == std::vector{some_id(7)});
  auto contents = round_trip(store_contents{{peer}, "secret", {"a problem"}});
  CHECK(contents.peers == std::vector{peer});
  CHECK(contents.secret == "secret");
  CHECK(contents.problems == std::vector<std::string>{"a problem"});
  CHECK(refuses_cuts(store_changes{{peer}, {some_id(7)}}));
}

TEST_CASE_FIXTURE(type_ids_fixture,
                  "limits of strangers keep all of their fields") {
  const inbound_limits what{.max_per_ip = 1,
                            .max_per_subnet = 2,
                            .subnet = {3, 4},
                            .ip_rate = rate_limit{5, 6.5},
                            .subnet_rate = {},
                            .total_rate = rate_limit{7.25, 8},
                            .tracked_max = 9,
                            .exempt = {*ip_network::parse("10.0.0.0/8"),
                                       *ip_network::parse("2001:db8::/32")}};
  CHECK(round_trip(what) == what);
  CHECK(refuses_cuts(what));
}

TEST_CASE_FIXTURE(type_ids_fixture,
                  "a channel for another process keeps all of its "
                  "fields") {
  const remote_channel what{
      .descriptor = {.id = 0x70, .reattach_time = std::chrono::seconds{5}},
      .type = "some.Type",
      .answers
      = {{.kind = 1, .member = 2, .key = {3, 4}, .type = 5, .absent = "none"}},
      .in_batches = true};
  CHECK(round_trip(what) == what);
  CHECK(refuses_cuts(what));
}
