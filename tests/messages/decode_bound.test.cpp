// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/decode_bound.hpp"

#include <random>
#include <span>
#include <string>

#include <doctest/doctest.h>
#include <google/protobuf/stubs/logging.h>

#include "troupe/messages/wire_writer.hpp"
#include "troupe/messages/wrapper.hpp"
#include "troupe/proto/echo.pb.h"
#include "troupe/proto/pex.pb.h"
#include "troupe/proto/raw.pb.h"
#include "troupe/tests/messages/cometbft_shapes.pb.h"
#include "troupe/tests/messages/oddities.pb.h"
#include "troupe/transport/receive_limits.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr size_t kib = 1024;
constexpr size_t mib = 1024 * kib;

byte_view view(const std::string& what) {
  return std::as_bytes(std::span{what});
}

std::string repeat(std::string_view what, size_t count) {
  std::string result;
  result.reserve(what.size() * count);
  for (size_t i = 0; i < count; ++i)
    result += what;
  return result;
}

/// A field of bytes.
std::string field(uint32_t number, const std::string& content) {
  bytes head;
  append_tag(head, number, wire_type::length_delimited);
  append_uvarint(head, content.size());
  return std::string{reinterpret_cast<const char*>(head.data()), head.size()}
         + content;
}

/// @returns the bound, if the message is let through and the bound holds.
template <class T>
size_t bound_of(const std::string& body, const decode_limits& limits = {}) {
  auto found = decode_bound{T::default_instance(), limits}(view(body));
  if (!found) {
    FAIL_CHECK(found.error().context);
    return 0;
  }
  T message;
  REQUIRE(message.ParseFromString(body));
  CHECK(message.SpaceUsedLong() <= *found);
  return *found;
}

template <class T>
failure refusal(const std::string& body, const decode_limits& limits = {}) {
  auto found = decode_bound{T::default_instance(), limits}(view(body));
  return found ? failure{} : found.error();
}

/// What a node grants each message by default.
decode_limits of_a_node() {
  return {.size_max = receive_limits{}.connection_memory};
}

/// What may be sent on a channel of `T` and comes out again.
template <class T>
bool passes(const T& message, const decode_limits& limits = of_a_node()) {
  const auto body = message.SerializeAsString();
  const auto bound = bound_of<T>(body);
  MESSAGE(body.size() << " bytes become " << message.SpaceUsedLong()
                      << ", at most " << bound);
  auto found = wrapper{T::default_instance(), limits}.unmarshal(view(body));
  return found.has_value();
}

// -- CometBFT's messages at their largest -------------------------------------

constexpr int validators = 10'000;

void fill(ShapeBlockId& what) {
  what.set_hash(std::string(32, 'h'));
  what.mutable_parts()->set_total(1601);
  what.mutable_parts()->set_hash(std::string(32, 'p'));
}

void fill(ShapeTime& what) {
  what.set_seconds(1'764'300'000);
  what.set_nanos(999'999'999);
}

void fill(ShapeHeader& what) {
  what.set_block_version(11);
  what.set_chain_id(std::string(50, 'c'));
  what.set_height(int64_t{1} << 40);
  fill(*what.mutable_time());
  fill(*what.mutable_last_block());
  for (int i = 0; i < 8; ++i)
    what.add_hashes(std::string(32, 'h'));
  what.set_proposer(std::string(20, 'a'));
}

/// With all that a vote can have, or as small as one can be.
void fill(ShapeCommit& what, bool present = true) {
  what.set_height(int64_t{1} << 40);
  fill(*what.mutable_block());
  for (int i = 0; i < validators; ++i) {
    auto& vote = *what.add_signatures();
    vote.set_flag(1);
    vote.mutable_time()->set_seconds(-62'135'596'800);
    if (!present)
      continue;
    vote.set_flag(2);
    vote.set_validator(std::string(20, 'a'));
    fill(*vote.mutable_time());
    vote.set_signature(std::string(64, 's'));
  }
}

void fill(ShapeVote& what, size_t extension) {
  what.set_type(2);
  what.set_height(int64_t{1} << 40);
  fill(*what.mutable_block());
  fill(*what.mutable_time());
  what.set_validator(std::string(20, 'a'));
  what.set_index(validators);
  what.set_signature(std::string(64, 's'));
  what.set_extension(std::string(extension, 'e'));
  what.set_extension_signature(std::string(64, 's'));
}

} // namespace

TEST_CASE("every consensus message of CometBFT passes at its largest") {
  ShapeConsensus message;
  SUBCASE("a part of a block") {
    auto& part = *message.mutable_part()->mutable_part();
    part.set_index(1600);
    part.set_content(std::string(64 * kib, 'x'));
    part.mutable_proof()->set_total(1601);
    part.mutable_proof()->set_leaf(std::string(32, 'l'));
    for (int i = 0; i < 100; ++i)
      part.mutable_proof()->add_aunts(std::string(32, 'a'));
  }
  SUBCASE("a vote") {
    fill(*message.mutable_vote(), 1000 * kib);
  }
  SUBCASE("a proposal") {
    fill(*message.mutable_proposal()->mutable_block());
    fill(*message.mutable_proposal()->mutable_time());
    message.mutable_proposal()->set_signature(std::string(64, 's'));
  }
  SUBCASE("who has voted") {
    auto& bits = *message.mutable_bits()->mutable_votes();
    bits.set_count(validators);
    for (int i = 0; i <= validators / 64; ++i)
      bits.add_words(0);
  }
  SUBCASE("a commit of ten thousand signatures") {
    fill(*message.mutable_commit());
  }
  SUBCASE("a commit to which nobody has signed") {
    fill(*message.mutable_commit(), false);
  }
  CHECK(passes(message));
}

TEST_CASE("every mempool message of CometBFT passes at its largest") {
  ShapeMempool message;
  auto& txs = *message.mutable_txs();
  SUBCASE("one transaction") {
    txs.add_txs(std::string(mib, 't'));
  }
  SUBCASE("as many small ones as a mempool holds") {
    for (int i = 0; i < 5000; ++i)
      txs.add_txs(std::string(200, 't'));
  }
  SUBCASE("as many tiny ones") {
    for (int i = 0; i < 5000; ++i)
      txs.add_txs("t");
  }
  CHECK(passes(message));
}

TEST_CASE("every blocksync message of CometBFT passes at its largest") {
  constexpr size_t block_max = 21 * mib;
  ShapeBlocksync message;
  auto& block = *message.mutable_block()->mutable_block();
  fill(*block.mutable_header());
  fill(*block.mutable_last_commit());
  auto add = [&](size_t size) {
    for (size_t sum = 0; sum < block_max; sum += size)
      block.mutable_data()->add_txs(std::string(size, 't'));
  };
  SUBCASE("large transactions") {
    add(mib);
  }
  SUBCASE("small transactions, and the votes with their extensions") {
    add(250);
    auto& commit = *message.mutable_block()->mutable_extended_commit();
    fill(commit);
    for (auto& vote : *commit.mutable_signatures()) {
      vote.set_extension(std::string(50, 'e'));
      vote.set_extension_signature(std::string(64, 's'));
    }
  }
  SUBCASE("tiny transactions, where connections have the memory for them") {
    add(10);
    // Each is an object, which takes five times as much.
    CHECK_FALSE(passes(message));
    CHECK(passes(message, {.size_max = 160 * mib}));
    return;
  }
  SUBCASE("evidence of everything") {
    for (int i = 0; i < 100; ++i) {
      auto& votes = *block.mutable_evidence()->add_evidence()->mutable_votes();
      fill(*votes.mutable_one(), 0);
      fill(*votes.mutable_two(), 0);
    }
    auto& attack = *block.mutable_evidence()->add_evidence()->mutable_light();
    fill(*attack.mutable_conflicting()->mutable_header());
    fill(*attack.mutable_conflicting()->mutable_commit());
    for (int i = 0; i < validators; ++i) {
      auto& validator = *attack.mutable_conflicting()->add_validators();
      validator.set_address(std::string(20, 'a'));
      validator.set_key(std::string(34, 'k'));
      validator.set_power(1'000'000);
      *attack.add_byzantine() = validator;
    }
  }
  CHECK(passes(message));
}

TEST_CASE("the other messages of CometBFT pass at their largest") {
  SUBCASE("peer exchange") {
    p2p::PexMessage message;
    for (int i = 0; i < 250; ++i) {
      auto& address = *message.mutable_pex_response()->add_addresses();
      address.set_id(std::string(40, 'a'));
      address.set_ip("2001:db8:1234:5678:9abc:def0:1234:5678");
      address.set_port(26656);
    }
    CHECK(passes(message));
  }
  SUBCASE("a chunk of a snapshot") {
    ShapeStatesync message;
    message.mutable_chunk()->set_chunk(std::string(16 * mib, 'c'));
    CHECK(passes(message));
  }
  SUBCASE("a snapshot") {
    ShapeStatesync message;
    message.mutable_snapshot()->set_hash(std::string(32, 'h'));
    message.mutable_snapshot()->set_metadata(std::string(4 * mib, 'm'));
    CHECK(passes(message));
  }
  SUBCASE("evidence") {
    ShapeEvidenceList message;
    for (int i = 0; i < 2000; ++i) {
      auto& votes = *message.add_evidence()->mutable_votes();
      fill(*votes.mutable_one(), 0);
      fill(*votes.mutable_two(), 0);
    }
    CHECK(passes(message));
  }
}

// -- what blows up ------------------------------------------------------------

TEST_CASE("a message stuffed with unknown groups is refused at the first one") {
  // Field 15 begins and ends.
  const auto groups = repeat("\x7b\x7c", 11 * mib);
  CHECK(refusal<echo::EchoMessage>(field(1, groups)).code
        == errc::malformed_message);
  CHECK(refusal<echo::EchoMessage>(groups).code == errc::malformed_message);
  CHECK(refusal<echo::EchoMessage>("\x7b\x7c").context == "an unknown group");
  auto decoded = wrapper{echo::EchoMessage{}}.unmarshal(view(field(1, groups)));
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().context
        == "not a troupe.echo.EchoMessage: an unknown group");
}

TEST_CASE("a message of many empty messages is refused") {
  auto of = [](size_t count) {
    return ShapeCommit{}.SerializeAsString() + repeat({"\x22\0", 2}, count);
  };
  // An honest number of them.
  CHECK(bound_of<ShapeCommit>(of(10'000)) < 2 * mib);
  CHECK(refusal<ShapeCommit>(of(11 * mib)).code == errc::oversized_message);
  // Deeper down, and with a little in each.
  CHECK(refusal<ShapeConsensus>(field(5, of(11 * mib))).code
        == errc::oversized_message);
  CHECK(refusal<p2p::PexMessage>(
            field(2, repeat({"\x0a\x03\x0a\x01\x61", 5}, 4 * mib)))
            .code
        == errc::oversized_message);
  // A field that is there once, again and again.
  CHECK(refusal<ShapeCommit>(repeat({"\x1a\0", 2}, 11 * mib)).code
        == errc::oversized_message);
}

TEST_CASE("numbers may take as much as honest ones do") {
  // Each byte becomes eight, in an array that grows by doubling.
  const auto packed
      = ShapeBits{}.SerializeAsString() + field(2, std::string(8 * mib, '\1'));
  const auto bound = bound_of<ShapeBits>(packed);
  CHECK(bound >= 64 * mib);
  CHECK(bound <= 129 * mib);
  CHECK(bound_of<ShapeBits>(repeat("\x10\x01", mib)) <= 33 * mib);
}

TEST_CASE("no message takes more than the limit says") {
  const auto body = field(1, std::string(mib, 'x'));
  CHECK(bound_of<echo::PingMessage>(body) < mib + 4 * kib);
  CHECK(refusal<echo::PingMessage>(body, {.size_max = mib}).code
        == errc::over_budget);
  const wrapper raw{RawMessage::default_instance(), {.size_max = mib}};
  CHECK(raw.unmarshal(view(body)).code() == errc::over_budget);
  CHECK(raw.unmarshal(view(body).first(1000)).has_value());
}

TEST_CASE("fields of a newer version pass, in proportion to what is known") {
  const auto known = field(1, std::string(mib, 'x'));
  // One large field, several small ones, and known numbers of another type.
  CHECK(bound_of<echo::PingMessage>(known + field(9, std::string(mib, 'y')))
        < 3 * mib);
  CHECK(bound_of<echo::PingMessage>(known + repeat("\x48\x01", 10'000)) > mib);
  CHECK(bound_of<echo::PingMessage>(known + repeat("\x08\x01", 10'000)) > mib);
  CHECK(bound_of<echo::PingMessage>(field(9, std::string(60 * kib, 'y')))
        < 70 * kib);
  CHECK(refusal<echo::PingMessage>(field(9, std::string(mib, 'y'))).code
        == errc::oversized_message);
  CHECK(refusal<echo::PingMessage>(known + repeat("\x48\x01", 2 * mib)).code
        == errc::oversized_message);
}

TEST_CASE("messages within messages end somewhere") {
  auto nested = [](size_t depth) {
    std::string result;
    for (size_t i = 0; i < depth; ++i)
      result = field(9, result);
    return result;
  };
  CHECK(bound_of<Oddity>(nested(decode_bound::depth_max)) > 0);
  CHECK(refusal<Oddity>(nested(decode_bound::depth_max + 1)).code
        == errc::oversized_message);
  CHECK(refusal<Oddity>(nested(10'000)).code == errc::oversized_message);
}

TEST_CASE("what cannot be a message is refused") {
  for (std::string_view text :
       {"\x0a", "\x0a\x05xxxx", "\x08", "\x0d\1\2\3", "\x09\1\2\3\4\5\6\7",
        "\x0c", "\x0e\x01", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"})
    CHECK(refusal<echo::PingMessage>(std::string{text}).code
          == errc::malformed_message);
  CHECK(refusal<echo::PingMessage>(std::string(2, '\0')).code
        == errc::malformed_message);
  // A group that we have, without end; with another's; and around its message.
  CHECK(refusal<Oddity>("\x6b").code == errc::malformed_message);
  CHECK(refusal<Oddity>("\x6b\x64").code == errc::malformed_message);
  CHECK(refusal<Oddity>("\x4a\x01\x6b\x6c").code == errc::malformed_message);
  CHECK(bound_of<Oddity>("\x6b\x08\x01\x6c") > 0);
}

// -- whatever it is -----------------------------------------------------------

namespace {

/// Random messages, honest ones and others.
class composer {
public:
  explicit composer(uint64_t seed) : random_(seed) {}

  std::string message(size_t depth = 0) {
    std::string result;
    for (auto n = below(8); n > 0; --n)
      result += one(depth);
    return result;
  }

  /// Changes a few bytes.
  void spoil(std::string& what) {
    for (auto n = below(3); n > 0 && !what.empty(); --n)
      what[below(what.size())] = static_cast<char>(below(256));
  }

private:
  size_t below(size_t end) {
    return random_() % end;
  }

  std::string number() {
    bytes out;
    append_uvarint(out, random_() >> below(64));
    return {reinterpret_cast<const char*>(out.data()), out.size()};
  }

  std::string key(uint32_t number, wire_type type) {
    bytes out;
    append_tag(out, number, type);
    return {reinterpret_cast<const char*>(out.data()), out.size()};
  }

  std::string one(size_t depth) {
    static constexpr uint32_t numbers[]
        = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 40, 41, 50, 100, 101};
    const auto which = numbers[below(std::size(numbers))];
    switch (below(8)) {
      case 0:
        return key(which, wire_type::varint) + number();
      case 1:
        return key(which, wire_type::fixed32) + std::string(4, 'f');
      case 2:
        return key(which, wire_type::fixed64) + std::string(8, 'f');
      case 3:
        return depth < 6 ? key(13, wire_type::group_start) + message(depth + 1)
                               + key(13, wire_type::group_end)
                         : "";
      case 4: {
        std::string packed;
        for (auto n = below(40); n > 0; --n)
          packed += number();
        return field(which, packed);
      }
      case 5:
        return field(which, std::string(below(60), 't'));
      default:
        return depth < 6 ? field(which, message(depth + 1)) : "";
    }
  }

  std::mt19937_64 random_;
};

} // namespace

TEST_CASE("whatever is let through takes no more than was said, and only what "
          "Protobuf refuses is malformed") {
  const decode_bound uut{Oddity::default_instance()};
  composer random{1};
  size_t through = 0;
  for (int i = 0; i < 30'000; ++i) {
    CAPTURE(i);
    auto body = random.message();
    if (i % 2 == 0)
      random.spoil(body);
    auto bound = uut(view(body));
    Oddity message;
    const google::protobuf::LogSilencer silence;
    const auto parsed = message.ParsePartialFromString(body);
    // Protobuf skips unknown groups, and cuts off too large field numbers.
    if (bound) {
      through += parsed ? 1 : 0;
      REQUIRE((!parsed || message.SpaceUsedLong() <= *bound));
    } else if (bound.error().context != "an unknown group"
               && bound.error().context != "a bad field number") {
      REQUIRE_FALSE(parsed);
    }
  }
  CHECK(through > 5000);
}
