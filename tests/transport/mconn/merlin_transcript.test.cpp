// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/merlin_transcript.hpp"

#include <doctest/doctest.h>

#include "../../vectors.hpp"

using namespace troupe;
using troupe::test::from_hex;
using troupe::test::load_vectors;
using troupe::test::to_hex;

namespace {

byte_view text(std::string_view content) {
  return std::as_bytes(std::span{content});
}

bytes challenge(merlin_transcript& uut, std::string_view label, size_t size) {
  bytes out(size);
  uut.challenge(label, out);
  return out;
}

void run(const nlohmann::json& program) {
  merlin_transcript uut{program["protocol_label"].get<std::string>()};
  for (auto& row : program["ops"]) {
    auto label = row["label"].get<std::string>();
    CAPTURE(label);
    if (row["op"] == "append") {
      uut.append(label, from_hex(row["message_hex"]));
    } else {
      REQUIRE(row["op"] == "challenge");
      CHECK(to_hex(challenge(uut, label, row["length"])) == row["output"]);
    }
  }
}

} // namespace

TEST_CASE("challenges are those of other Merlin libraries") {
  auto vectors = load_vectors("merlin_strobe");
  run(vectors["merlin_published"][0]);
  for (auto& program : vectors["merlin_computed"]) {
    CAPTURE(program["protocol_label"]);
    run(program);
  }
}

TEST_CASE("a transcript over its own challenges gives the published ones") {
  auto program = load_vectors("merlin_strobe")["merlin_published"][1];
  merlin_transcript uut{program["protocol_label"].get<std::string>()};
  bytes big(1024, std::byte{0x63});
  uut.append("step1", text("some data"));
  REQUIRE(program["challenges"].size() == 32);
  for (auto& expected : program["challenges"]) {
    auto drawn = challenge(uut, "challenge", 32);
    CHECK(to_hex(drawn) == expected);
    uut.append("bigdata", big);
    uut.append("challengedata", drawn);
  }
}

TEST_CASE("real handshakes pass through the recorded states") {
  constexpr auto protocol = "TENDERMINT_SECRET_CONNECTION_TRANSCRIPT_HASH";
  auto vectors = load_vectors("secret_connection_handshake");
  size_t states = 0;
  for (auto& row : vectors["cases"]) {
    if (!row.contains("transcript_state_after"))
      continue;
    CAPTURE(row["name"]);
    merlin_transcript uut{protocol};
    for (auto& step : row["transcript_state_after"]) {
      auto label = step["label"].get<std::string>();
      CAPTURE(label);
      if (label == "EPHEMERAL_LOWER_PUBLIC_KEY")
        uut.append(label, from_hex(row["lower_ephemeral_public_key"]));
      else if (label == "EPHEMERAL_UPPER_PUBLIC_KEY")
        uut.append(label, from_hex(row["upper_ephemeral_public_key"]));
      else if (label == "DH_SECRET")
        uut.append(label, from_hex(row["dh_secret"]));
      else if (label == "SECRET_CONNECTION_MAC")
        CHECK(to_hex(challenge(uut, label, 32)) == row["challenge"]);
      else
        REQUIRE(step["op"] == "init");
      CHECK(to_hex(uut.sponge().state()) == step["state"]);
      CHECK(uut.sponge().position() == step["pos"]);
      CHECK(uut.sponge().begin_position() == step["pos_begin"]);
      ++states;
    }
  }
  CHECK(states >= 5);
}

TEST_CASE("what is said under another label or split differs") {
  auto draw = [](auto... messages) {
    merlin_transcript uut{"test"};
    (uut.append(messages.first, text(messages.second)), ...);
    return to_hex(challenge(uut, "c", 32));
  };
  using entry = std::pair<std::string_view, std::string_view>;
  auto reference = draw(entry{"a", "xy"});
  CHECK(draw(entry{"b", "xy"}) != reference);
  CHECK(draw(entry{"a", "x"}, entry{"a", "y"}) != reference);
  CHECK(draw(entry{"ax", "y"}) != reference);
}
