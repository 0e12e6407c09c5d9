// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/handshake_check.hpp"

#include <array>
#include <cstddef>
#include <exception>
#include <new>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/node_key.hpp"
#include "troupe/transport/mconn/secret_handshake.hpp"

namespace troupe {

namespace {

failure broken(std::string_view what) {
  return {errc::broken_cryptography,
          fmt::format("no handshake with any peer can succeed here: {}", what)};
}

/// One side of the handshake. Nothing depends on its keys, so that anybody may
/// know them.
struct side {
  explicit side(std::byte secret)
    : identity(node_key::from_seed(filled(secret))),
      handshake(identity, filled(secret)),
      to_send(handshake.start()) {}

  static std::array<std::byte, 32> filled(std::byte with) {
    std::array<std::byte, 32> result;
    result.fill(with);
    return result;
  }

  errc hear(bytes said) {
    return handshake.consume(said, to_send);
  }

  node_key identity;
  secret_handshake handshake;
  bytes to_send;
};

failure shake_hands() {
  side a{std::byte{1}};
  side b{std::byte{2}};
  // Keys go to and fro, then proofs.
  for (int i = 0; i < 2; ++i) {
    const auto of_a = std::exchange(a.to_send, {});
    const auto of_b = std::exchange(b.to_send, {});
    for (auto code : {a.hear(of_b), b.hear(of_a)})
      if (code != errc::none)
        return broken(to_string(code));
  }
  if (!a.handshake.done() || !b.handshake.done())
    return broken("it has no end");
  return {};
}

} // namespace

const failure& check_handshake() {
  static const auto result = [] {
    try {
      return shake_hands();
    } catch (const std::bad_alloc&) {
      // That says nothing, and the next call tries again.
      throw;
    } catch (const std::exception& e) {
      return broken(e.what());
    }
  }();
  return result;
}

} // namespace troupe
