// SPDX-License-Identifier: Apache-2.0

// The packet decoder: wherever the network cuts what it sends, the same comes
// out, and no more is held than the limits say.
#include "troupe/tests/transport/mconn/packets.hpp"

#include <vector>

#include "fuzz.hpp"

namespace troupe::fuzz {

namespace {

constexpr size_t payload_max = 64;

std::vector<channel_descriptor> channels() {
  return {{.id = 0, .recv_message_capacity = 200},
          {.id = 0x20, .recv_message_capacity = 1},
          {.id = 0xff, .recv_message_capacity = 100'000}};
}

struct outcome {
  errc code = errc::none;
  test::recording_sink sink = {};
};

outcome decode(byte_view wire, draws& cuts) {
  const auto open = channels();
  packet_decoder decoder{payload_max, open};
  outcome result;
  while (!wire.empty() && result.code == errc::none) {
    auto part = wire.first(std::min(cuts.size(), wire.size()));
    wire = wire.subspan(part.size());
    result.code = decoder.decode(part, result.sink);
    require(decoder.buffered_bytes()
                <= 100'201 + packet_size_limit(payload_max),
            "what is buffered has a bound");
  }
  if (result.code != errc::none)
    require(decoder.decode({}, result.sink) == result.code, "an error sticks");
  return result;
}

} // namespace

void run(byte_view input) {
  draws from{input};
  auto cuts = draws{from.take(from.octet())};
  auto at_once = draws{{}};
  const auto wire = from.rest();
  const auto open = channels();
  packet_decoder decoder{payload_max, open};
  outcome whole;
  whole.code = decoder.decode(wire, whole.sink);
  for (auto* how : {&cuts, &at_once}) {
    auto cut = decode(wire, *how);
    require(cut.code == whole.code, "cuts do not change the code");
    require(cut.sink.log == whole.sink.log, "cuts do not change what arrives");
    for (size_t i = 0; i < whole.sink.messages.size(); ++i)
      require(cut.sink.messages[i].body == whole.sink.messages[i].body,
              "cuts do not change a message");
  }
}

} // namespace troupe::fuzz
