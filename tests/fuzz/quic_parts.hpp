// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "fuzz.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/transport/quic/gnutls_tls.hpp"
#include "troupe/transport/quic/node_certificate.hpp"

// What fuzzers of QUIC share. GnuTLS draws its own random numbers, so that keys
// differ from run to run; what a remote sees of ours does not.

namespace troupe::fuzz {

/// Draws the same in each run.
class plain_entropy final : public entropy {
public:
  void fill(byte_span out) override {
    for (auto& x : out)
      x = static_cast<std::byte>(engine_() & 0xff);
  }

private:
  std::minstd_rand engine_{1};
};

/// A day at which certificates are valid.
inline const auto fuzz_day = wall_time{std::chrono::seconds{1'798'761'600}};

inline node_key fuzz_key(int number) {
  return node_key::from_seed(filled_key(number));
}

/// What a node presents.
inline std::shared_ptr<const gnutls_identity>
make_identity(int number, std::vector<std::string> protocols) {
  plain_entropy random;
  auto made = gnutls_identity::make(
      make_certificate(fuzz_key(number), random, fuzz_day),
      std::move(protocols));
  require(made.has_value(), "GnuTLS takes our certificate");
  return std::move(*made);
}

inline std::unique_ptr<quic_tls>
open_tls(const std::shared_ptr<const gnutls_identity>& who, direction way) {
  auto made = gnutls_identity::open(who, way, fuzz_day);
  require(made.has_value(), "GnuTLS opens a connection");
  return std::move(*made);
}

} // namespace troupe::fuzz
