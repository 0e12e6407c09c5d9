// SPDX-License-Identifier: Apache-2.0

// Both sides of a negotiation: cuts change nothing, what is answered has a
// bound, and an acceptor's answers are understood by an opener.
#include "troupe/transport/quic/lp2p/multistream.hpp"

#include <algorithm>

#include "fuzz.hpp"
#include "troupe/transport/quic/lp2p/lp2p_protocol.hpp"

namespace troupe::fuzz {

namespace {

bool is_known(std::string_view name) {
  return parse_lp2p_protocol(name).has_value();
}

struct outcome {
  errc code = errc::none;
  bytes output = {};
  bytes rest = {};
  std::string agreed = {};

  friend bool operator==(const outcome&, const outcome&) = default;
};

outcome accept(byte_view input, size_t step) {
  multistream_acceptor side;
  outcome result;
  while (!input.empty() && result.code == errc::none) {
    auto part = input.first(std::min(step, input.size()));
    input = input.subspan(part.size());
    result.code = side.consume(part, is_known, result.output);
    if (result.code == errc::none)
      result.rest.insert(result.rest.end(), part.begin(), part.end());
  }
  result.agreed = side.protocol().value_or("");
  return result;
}

outcome open(byte_view input, const std::string& protocol, size_t step) {
  multistream_opener side{protocol};
  outcome result;
  while (!input.empty() && result.code == errc::none) {
    auto part = input.first(std::min(step, input.size()));
    input = input.subspan(part.size());
    result.code = side.consume(part);
    if (result.code == errc::none)
      result.rest.insert(result.rest.end(), part.begin(), part.end());
  }
  result.agreed = side.agreed() ? protocol : "";
  return result;
}

} // namespace

void run(byte_view input) {
  draws from{input};
  const auto step = from.size();
  const auto wire = from.rest();
  const auto accepted = accept(wire, wire.size() + 1);
  require(accept(wire, step) == accepted, "cuts do not change an acceptor");
  require(accepted.output.size() <= 200, "answers have a bound");
  const std::string ping = "/ipfs/ping/1.0.0";
  const auto opened = open(wire, ping, wire.size() + 1);
  require(open(wire, ping, step) == opened, "cuts do not change an opener");
  if (accepted.agreed.empty())
    return;
  require(is_known(accepted.agreed), "what is agreed on is available");
  auto answer = open(accepted.output, accepted.agreed, step);
  require(answer.agreed == accepted.agreed
              || answer.code == errc::peer_lacks_channel,
          "an opener understands the answers");
}

} // namespace troupe::fuzz
