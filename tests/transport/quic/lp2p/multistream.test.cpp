// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/lp2p/multistream.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "troupe/tests/vectors.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr std::string_view ping = "/ipfs/ping/1.0.0";
constexpr std::string_view channel = "/p2p/cometbft/1.0.0/channel/0x40";

bool is_known(std::string_view name) {
  return name == ping || name == channel;
}

bytes token(std::string_view text) {
  bytes result;
  append_multistream_token(result, text);
  return result;
}

void append(bytes& out, byte_view more) {
  out.insert(out.end(), more.begin(), more.end());
}

/// What came of feeding a side, `step` bytes at a time.
struct outcome {
  errc code = errc::none;
  bytes output;
  bytes rest; // Of the input, from the first byte that is not negotiation.
  std::string agreed;

  friend bool operator==(const outcome&, const outcome&) = default;
};

outcome accept(byte_view input, size_t step,
               const multistream_acceptor::predicate& available = is_known) {
  multistream_acceptor uut;
  outcome result;
  while (!input.empty() && result.code == errc::none) {
    auto part = input.first(std::min(step, input.size()));
    input = input.subspan(part.size());
    result.code = uut.consume(part, available, result.output);
    if (result.code == errc::none)
      append(result.rest, part);
  }
  result.agreed = uut.protocol().value_or("");
  return result;
}

outcome open(std::string_view protocol, byte_view input, size_t step) {
  multistream_opener uut{std::string{protocol}};
  outcome result;
  while (!input.empty() && result.code == errc::none) {
    auto part = input.first(std::min(step, input.size()));
    input = input.subspan(part.size());
    result.code = uut.consume(part);
    if (result.code == errc::none)
      append(result.rest, part);
  }
  result.agreed = uut.agreed() ? std::string{protocol} : "";
  return result;
}

/// The outcome of bytes on either side, which no chunking changes.
outcome accept_all(byte_view input) {
  const auto whole = accept(input, input.size() + 1);
  for (size_t step = 1; step < std::min<size_t>(input.size(), 70); ++step) {
    CAPTURE(step);
    CHECK(accept(input, step) == whole);
  }
  return whole;
}

} // namespace

TEST_CASE("a proposal is a header and a name") {
  CHECK(to_hex(multistream_proposal(ping))
        == "132f6d756c746973747265616d2f312e302e300a"
           "112f697066732f70696e672f312e302e300a");
  CHECK(to_hex(token(multistream_refusal)) == "036e610a");
}

TEST_CASE("both sides do as go-multistream does") {
  for (const auto& vector : load_vectors("lp2p").at("negotiations")) {
    CAPTURE(vector.at("name").get<std::string>());
    const auto available
        = vector.at("available").get<std::vector<std::string>>();
    const auto opener = from_hex(vector.at("opener"));
    const auto acceptor = from_hex(vector.at("acceptor"));
    auto has = [&](std::string_view name) {
      return std::ranges::find(available, name) != available.end();
    };
    const auto whole = accept(opener, opener.size(), has);
    for (size_t step = 1; step < opener.size(); ++step)
      CHECK(accept(opener, step, has) == whole);
    CHECK(whole.code == errc::none);
    CHECK(to_hex(whole.output) == to_hex(acceptor));
    if (vector.at("refused").get<bool>()) {
      CHECK(whole.agreed.empty());
      CHECK(open(channel, acceptor, 3).code == errc::peer_lacks_channel);
      continue;
    }
    CHECK(whole.agreed == vector.at("agreed"));
    CHECK(to_hex(whole.rest) == "022200");
    if (vector.at("name") == "lazy" || vector.at("name") == "eager")
      CHECK(open(channel, acceptor, 3).agreed == channel);
  }
}

TEST_CASE("an acceptor answers at once, with the first thing that it knows") {
  multistream_acceptor uut;
  bytes answer;
  const auto header = token(multistream_header);
  byte_view input{header};
  CHECK(uut.consume(input, is_known, answer) == errc::none);
  CHECK(to_hex(answer) == to_hex(header));
  auto proposals = token("/nope/1");
  append(proposals, token("ls"));
  append(proposals, token(ping));
  append(proposals, from_hex(std::string_view{"aabb"}));
  answer.clear();
  input = proposals;
  CHECK(uut.consume(input, is_known, answer) == errc::none);
  CHECK(uut.protocol() == ping);
  CHECK(to_hex(input) == "aabb");
  auto expected = token("na");
  append(expected, token("na"));
  append(expected, token(ping));
  CHECK(to_hex(answer) == to_hex(expected));
}

TEST_CASE("an acceptor takes no end of proposals") {
  auto input = token(multistream_header);
  for (size_t i = 0; i < multistream_proposals_max - 1; ++i)
    append(input, token("/nope/1"));
  auto one_more = input;
  append(input, token(ping));
  CHECK(accept_all(input).agreed == ping);
  append(one_more, token("/nope/1"));
  CHECK(accept_all(one_more).code == errc::malformed_handshake);
}

TEST_CASE("what is no negotiation is refused wherever it is cut") {
  const auto header = token(multistream_header);
  auto behind_header = [&](std::string_view hex) {
    auto result = header;
    append(result, from_hex(hex));
    return result;
  };
  for (const auto& input : {
           token("/multistream/1.0.1"), token(ping),
           from_hex(std::string_view{"00"}),
           behind_header("00"),             // a length of nothing
           behind_header("8100"),           // a length that is too long
           behind_header("808001"),         // three bytes of length
           behind_header("8108"),           // 1025
           behind_header("036e6120"),       // no newline
           behind_header("ffffffffffffff"), // no end
       }) {
    CAPTURE(to_hex(input));
    const auto found = accept_all(input);
    CHECK(found.code == errc::malformed_handshake);
    CHECK(found.agreed.empty());
  }
}

TEST_CASE("a token may have 1024 bytes") {
  const std::string longest(multistream_token_max - 1, 'x');
  auto input = token(multistream_header);
  append(input, token(longest));
  auto any = [&](std::string_view name) { return name == longest; };
  CHECK(accept(input, 7, any).agreed == longest);
}

TEST_CASE("an opener takes its header and its name, and nothing else") {
  const auto header = token(multistream_header);
  auto answers = [&](byte_view more) {
    auto result = header;
    append(result, more);
    return result;
  };
  for (size_t step : {1u, 2u, 5u, 100u}) {
    CAPTURE(step);
    auto agreed = answers(token(ping));
    append(agreed, from_hex(std::string_view{"0a0b"}));
    const auto good = open(ping, agreed, step);
    CHECK(good.agreed == ping);
    CHECK(to_hex(good.rest) == "0a0b");
    CHECK(open(ping, answers(token("na")), step).code
          == errc::peer_lacks_channel);
    CHECK(open(ping, answers(token(channel)), step).code
          == errc::malformed_handshake);
    CHECK(open(ping, token("na"), step).code == errc::malformed_handshake);
    CHECK(open(ping, header, step).code == errc::none);
    CHECK(open(ping, from_hex(std::string_view{"00"}), step).code
          == errc::malformed_handshake);
  }
}

TEST_CASE("an error sticks") {
  multistream_acceptor uut;
  bytes answer;
  const auto bad = from_hex(std::string_view{"00"});
  byte_view input{bad};
  CHECK(uut.consume(input, is_known, answer) == errc::malformed_handshake);
  const auto good = multistream_proposal(ping);
  input = good;
  CHECK(uut.consume(input, is_known, answer) == errc::malformed_handshake);
  CHECK(answer.empty());
  CHECK_FALSE(uut.protocol().has_value());
}
