// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/node_info.hpp"

#include <doctest/doctest.h>

#include "troupe/messages/wire_writer.hpp"
#include "troupe/tests/vectors.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

using json = nlohmann::json;

std::vector<channel_id> read_channels(const json& text) {
  std::vector<channel_id> result;
  for (auto value : from_hex(text))
    result.push_back(std::to_integer<channel_id>(value));
  return result;
}

node_info read_node_info(const json& fields) {
  return {
      .versions
      = {.p2p = fields["p2p"], .block = fields["block"], .app = fields["app"]},
      .node_id = fields["node_id"],
      .listen_addr = fields["listen_addr"],
      .network = fields["network"],
      .version = fields["version"],
      .channels = read_channels(fields["channels"]),
      .moniker = fields["moniker"],
      .tx_index = fields["tx_index"],
      .rpc_address = fields["rpc_address"]};
}

/// Applies what a row changes to the fields that all rows share.
node_info read_node_info(const json& vectors, const json& changes) {
  auto fields = vectors["base_fields"];
  fields.update(changes);
  return read_node_info(fields);
}

node_info baseline() {
  return read_node_info(load_vectors("node_info")["base_fields"]);
}

} // namespace

TEST_CASE("node infos have the bytes that the Go implementation writes") {
  auto vectors = load_vectors("node_info");
  for (const auto& row : vectors["validate"]) {
    CAPTURE(row["name"].get<std::string>());
    auto info = read_node_info(vectors, row["fields"]);
    CHECK(to_hex(encode(info)) == row["encoding"].get<std::string>());
    auto decoded = decode_node_info(from_hex(row["encoding"]));
    REQUIRE(decoded);
    CHECK(*decoded == info);
  }
}

TEST_CASE("node infos are valid when the Go implementation says so") {
  auto vectors = load_vectors("node_info");
  for (const auto& row : vectors["validate"]) {
    CAPTURE(row["name"].get<std::string>());
    auto what = validate(read_node_info(vectors, row["fields"]));
    CAPTURE(what.context);
    CHECK(what.code
          == (row["valid"].get<bool>() ? errc::none : errc::invalid_node_info));
    CHECK(what.context.empty() == row["valid"].get<bool>());
  }
}

TEST_CASE("unusual and bad encodings end as with the Go implementation") {
  auto vectors = load_vectors("node_info");
  for (const auto& row : vectors["decode"]) {
    CAPTURE(row["name"].get<std::string>());
    auto decoded = decode_node_info(from_hex(row["bytes"]));
    CHECK(decoded.has_value() == row["decodes"].get<bool>());
    CHECK(
        decoded.code()
        == (row["decodes"].get<bool>() ? errc::none : errc::invalid_node_info));
    if (decoded)
      CHECK((validate(*decoded).code == errc::none)
            == row["valid"].get<bool>());
  }
}

TEST_CASE("nodes are compatible when the Go implementation says so") {
  auto vectors = load_vectors("node_info");
  for (const auto& row : vectors["compatible"]) {
    std::string name = row["name"];
    CAPTURE(name);
    auto what = compatible(read_node_info(vectors, row["ours"]),
                           read_node_info(vectors, row["theirs"]));
    auto expected = errc::none;
    if (!row["compatible"].get<bool>()) {
      if (name.starts_with("block"))
        expected = errc::wrong_block_version;
      else if (name.starts_with("network"))
        expected = errc::wrong_network;
      else
        expected = errc::no_common_channel;
    }
    CHECK(what.code == expected);
    CHECK(what.context.empty() == (expected == errc::none));
  }
}

TEST_CASE("the two embedded messages are written even if they are empty") {
  CHECK(to_hex(encode(node_info{.versions = {0, 0, 0}})) == "0a004200");
}

TEST_CASE("an absent field is zero, not the default of ours") {
  auto decoded = decode_node_info({});
  REQUIRE(decoded);
  CHECK(*decoded == node_info{.versions = {0, 0, 0}});
}

TEST_CASE("every prefix of a node info is refused or lacks whole fields") {
  auto wire = encode(baseline());
  for (size_t size = 0; size < wire.size(); ++size) {
    CAPTURE(size);
    auto decoded = decode_node_info(byte_view{wire}.first(size));
    if (decoded)
      CHECK(encode(*decoded).size() <= wire.size());
  }
}

TEST_CASE("a node info has at most 10240 bytes") {
  bytes wire;
  append_bytes_field(wire, 7, bytes(max_node_info_size - 3, std::byte{'x'}));
  REQUIRE(wire.size() == max_node_info_size);
  CHECK(decode_node_info(wire));
  wire.clear();
  append_bytes_field(wire, 7, bytes(max_node_info_size - 2, std::byte{'x'}));
  auto what = decode_node_info(wire);
  CHECK(what.code() == errc::invalid_node_info);
  CHECK(what.error().context == "expected at most 10240 bytes, got 10241");
}

TEST_CASE("the host of a listen address may be any name, which is not looked "
          "up") {
  auto info = baseline();
  info.listen_addr = "tcp://name.that.does.not.exist.invalid:26656";
  CHECK(validate(info).code == errc::none);
}

TEST_CASE("what is wrong is named with its value and the rule") {
  auto context = [](auto change) {
    auto info = baseline();
    change(info);
    auto what = validate(info);
    CHECK(what.code == errc::invalid_node_info);
    return what.context;
  };
  CHECK(context([](auto& x) { x.node_id = "x"; })
        == R"(node_id: expected 40 hexadecimal digits, got "x")");
  CHECK(context([](auto& x) { x.listen_addr = "1.2.3.4"; })
        == "listen_addr: expected [PROTOCOL://]HOST:PORT, got \"1.2.3.4\"");
  CHECK(context([](auto& x) { x.version = "\t"; })
        == R"(version: expected printable ASCII, got "\x09")");
  CHECK(context([](auto& x) { x.channels.resize(17); })
        == "channels: expected at most 16, got 17");
  CHECK(context([](auto& x) {
          x.channels = {0x20, 0x70, 0x20};
        })
        == "channels: expected no duplicate, got two of 0x20");
  CHECK(context([](auto& x) { x.moniker.clear(); })
        == R"(moniker: expected printable ASCII, got "")");
  CHECK(context([](auto& x) { x.tx_index = "ON"; })
        == R"(tx_index: expected "on", "off" or nothing, got "ON")");
  CHECK(context([](auto& x) { x.rpc_address = "\x7f"; })
        == R"(rpc_address: expected printable ASCII, got "\x7f")");
}

TEST_CASE("a mismatch names both values, safe to be logged") {
  auto ours = baseline();
  auto theirs = baseline();
  SUBCASE("block version") {
    theirs.versions.block = 12;
    CHECK(compatible(ours, theirs).context
          == "block version: ours 11, theirs 12");
  }
  SUBCASE("network") {
    theirs.network = "evil\n" + std::string(1000, 'x');
    CHECK(compatible(ours, theirs).context
          == "network: ours \"testing\", theirs \"evil\\x0a"
                 + std::string(59, 'x') + "\"...");
  }
  SUBCASE("channels") {
    theirs.channels = {0x20, 0x70};
    CHECK(compatible(ours, theirs).context
          == "channels: ours 0x01, theirs 0x20 0x70");
    theirs.channels.clear();
    CHECK(compatible(ours, theirs).context
          == "channels: ours 0x01, theirs none");
    theirs.channels.assign(5000, 0x02);
    CHECK(compatible(ours, theirs).context.size() < 120);
  }
  SUBCASE("the block version comes first, then the network") {
    theirs.versions.block = 12;
    theirs.network = "other";
    theirs.channels.clear();
    CHECK(compatible(ours, theirs).code == errc::wrong_block_version);
    theirs.versions.block = 11;
    CHECK(compatible(ours, theirs).code == errc::wrong_network);
  }
}

TEST_CASE("a node has the channels it lists") {
  node_info info{.channels = {0x00, 0x70}};
  CHECK(info.has_channel(0x00));
  CHECK(info.has_channel(0x70));
  CHECK_FALSE(info.has_channel(0x20));
}

TEST_CASE("the profile of a node is all that decides who fits it") {
  const node_info info{.network = "chain-1", .channels = {0x70, 0x20, 0x70}};
  CHECK(profile_of(info) == "11 32,112 chain-1");
  CHECK(profile_of({.versions = {.block = 0}}) == "0 ");
  auto other = info;
  other.channels = {0x20, 0x70};
  other.moniker = other.version = other.listen_addr = "different";
  other.versions.app = 7;
  CHECK(profile_of(other) == profile_of(info));
  other.network = "chain-2";
  CHECK(profile_of(other) != profile_of(info));
  other = info;
  other.versions.block = 1;
  CHECK(profile_of(other) != profile_of(info));
  other = info;
  other.channels.push_back(0x21);
  CHECK(profile_of(other) != profile_of(info));
}
