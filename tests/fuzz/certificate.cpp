// SPDX-License-Identifier: Apache-2.0

// The certificate of a remote: looked at as it comes, and with our own
// certificate's parts in the place of some of its bytes, so that a fuzzer gets
// behind the signatures.
#include <algorithm>
#include <array>
#include <chrono>

#include "fuzz.hpp"
#include "troupe/transport/quic/certificate_check.hpp"
#include "troupe/transport/quic/certificate_parts.hpp"
#include "troupe/transport/quic/libp2p_key.hpp"
#include "troupe/transport/quic/p256_key.hpp"
#include "troupe/transport/quic/peer_id.hpp"

namespace troupe::fuzz {

namespace {

const auto now = wall_time{std::chrono::seconds{1'750'000'000}};

bool lies_within(byte_view part, byte_view whole) {
  return part.empty()
         || (part.data() >= whole.data()
             && part.data() + part.size() <= whole.data() + whole.size());
}

void look_at(byte_view certificate) {
  const std::array presented = {certificate};
  const auto checked = check_certificates(presented, now);
  const auto parts = split_certificate(certificate);
  if (!parts) {
    require(!checked, "what cannot be taken apart identifies nobody");
    require(parts.code() == errc::malformed_handshake, "it is malformed then");
    return;
  }
  for (auto part : {parts->signed_part, parts->algorithm, parts->signature,
                    parts->key_info, parts->node_key, parts->node_signature})
    require(lies_within(part, certificate), "parts are within it");
  (void)verify_p256(p256_public_key(parts->key_info), parts->signed_part,
                    parts->signature);
  const auto id = peer_id::of(parts->node_key);
  require(peer_id::parse(to_string(id)) == id, "an ID parses back");
  if (!checked)
    return;
  require(std::ranges::equal(encode_libp2p_key(checked->key), parts->node_key),
          "a key has one encoding");
  require(id.key() == checked->key, "an ID holds its key");
}

} // namespace

void run(byte_view input) {
  look_at(input);
  if (auto key = decode_libp2p_key(input))
    require(std::ranges::equal(encode_libp2p_key(*key), input),
            "a key has one encoding");
  (void)peer_id::parse(text_of(input));
  (void)peer_id::from_bytes(input);
}

} // namespace troupe::fuzz
