// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/strobe.hpp"

#include <algorithm>

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

bytes squeeze(strobe& uut, size_t size) {
  bytes out(size);
  uut.prf(out);
  return out;
}

std::string permuted(const nlohmann::json& state) {
  auto raw = from_hex(state);
  keccak_f1600(byte_span{raw}.first<200>());
  return to_hex(raw);
}

/// Runs one row of "strobe_published".
void perform(strobe& uut, const nlohmann::json& row) {
  auto part = row["more"].get<bool>() ? strobe_part::next : strobe_part::first;
  auto op = row["op"].get<std::string>();
  if (op == "PRF") {
    bytes out(from_hex(row["output"]).size());
    uut.prf(out, part);
    CHECK(to_hex(out) == row["output"]);
    return;
  }
  auto input = from_hex(row["input"]);
  if (op == "KEY")
    uut.key(input, part);
  else if (op == "AD")
    uut.ad(input, part);
  else if (op == "meta-AD")
    uut.meta_ad(input, part);
  else
    FAIL("unknown operation " << op);
}

} // namespace

TEST_CASE("the permutation gives the known answers") {
  auto vectors = load_vectors("merlin_strobe")["keccak_f1600"];
  for (auto& row : vectors["kat"]) {
    CAPTURE(row["in"]);
    CHECK(permuted(row["in"]) == row["out"]);
  }
  CHECK(permuted(vectors["strobe128_init_block_before_permutation"])
        == vectors["strobe128_init_state_after_permutation"]);
}

TEST_CASE("every operation leaves the published state") {
  auto vectors = load_vectors("merlin_strobe");
  for (auto& program : vectors["strobe_published"]) {
    CAPTURE(program["name"]);
    auto& init = program["ops"][0];
    REQUIRE(init["op"] == "init");
    strobe uut{init["protocol_label"].get<std::string>()};
    CHECK(to_hex(uut.state()) == init["state_after"]);
    for (size_t i = 1; i < program["ops"].size(); ++i) {
      CAPTURE(i);
      perform(uut, program["ops"][i]);
      CHECK(to_hex(uut.state()) == program["ops"][i]["state_after"]);
    }
  }
}

TEST_CASE("long input, keys and output cross blocks as in other libraries") {
  auto row = load_vectors("merlin_strobe")["strobe_sanity"];
  bytes data(1024);
  for (size_t i = 0; i < data.size(); ++i)
    data[i] = static_cast<std::byte>(i);
  strobe uut{"test-strobe-sanity"};
  uut.meta_ad(data);
  uut.key(text("test-strobe-sanity-key"));
  auto copy = uut;
  uut.ad(data);
  uut.ad(data, strobe_part::next);
  CHECK(to_hex(squeeze(uut, 64)) == row["prf64"]);
  CHECK(to_hex(squeeze(copy, 16)) == row["clone_prf16"]);
}

TEST_CASE("output that becomes a key gives the known answers") {
  auto row = load_vectors("merlin_strobe")["strobe_conformance_computed"];
  bytes message(1024, std::byte{0x63});
  strobe uut{"Conformance Test Protocol"};
  uut.meta_ad(text("ms"));
  uut.meta_ad(text("g"), strobe_part::next);
  uut.ad(message);
  uut.meta_ad(text("prf"));
  auto first = squeeze(uut, 32);
  CHECK(to_hex(first) == row["p1"]);
  uut.meta_ad(text("key"));
  uut.key(first);
  uut.meta_ad(text("prf"));
  CHECK(to_hex(squeeze(uut, 32)) == row["p2"]);
}

TEST_CASE("an operation means the same in one part and in many") {
  bytes data(500);
  for (size_t i = 0; i < data.size(); ++i)
    data[i] = static_cast<std::byte>(i * 7);
  strobe whole{"parts"};
  whole.ad(data);
  strobe cut{"parts"};
  cut.ad(byte_view{data}.first(165));
  cut.ad(byte_view{data}.subspan(165, 1), strobe_part::next);
  cut.ad(byte_view{data}.subspan(166), strobe_part::next);
  CHECK(to_hex(cut.state()) == to_hex(whole.state()));
  auto out = squeeze(whole, 400);
  bytes joined(400);
  cut.prf(byte_span{joined}.first(166));
  cut.prf(byte_span{joined}.subspan(166), strobe_part::next);
  CHECK(to_hex(joined) == to_hex(out));
}

TEST_CASE("output whose header ends a block starts right in the next one") {
  strobe uut{"edge"};
  uut.ad({});
  uut.ad(bytes(162 - uut.position()), strobe_part::next);
  uut.ad({});
  REQUIRE(uut.position() == 164);
  bytes expected{uut.state().begin(), uut.state().end()};
  expected[164] ^= static_cast<std::byte>(uut.begin_position());
  expected[165] ^= std::byte{0x07}; // PRF
  expected[166] ^= std::byte{165};  // where it began
  expected[167] ^= std::byte{0x84}; // padding
  keccak_f1600(byte_span{expected}.first<200>());
  uut.prf({});
  CHECK(to_hex(uut.state()) == to_hex(expected));
  CHECK(uut.position() == 0);
}
