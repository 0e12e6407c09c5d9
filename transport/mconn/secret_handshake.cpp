// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/secret_handshake.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "troupe/messages/wire_reader.hpp"
#include "troupe/messages/wire_writer.hpp"

namespace troupe {

namespace {

// -- what is said -------------------------------------------------------------

/// Reads a BytesValue.
errc parse_ephemeral_key(byte_view message, x25519_public_key& key) {
  byte_view value;
  wire_reader in{message};
  while (in.next())
    if (in.field() == 1)
      value = in.view();
  if (!in.ok())
    return errc::malformed_handshake;
  // The reference copies what is there into an array of 32 zeros.
  value = value.first(std::min(value.size(), key.size()));
  key.fill(std::byte{0});
  std::ranges::copy(value, key.begin());
  return errc::none;
}

/// The content of an AuthSigMessage.
struct proof {
  /// The members of the oneof PublicKey. Releases disagree about what numbers
  /// above 2 mean, but none of those is a key that may authenticate.
  enum class key_type { none, ed25519, secp256k1, other };

  key_type type = key_type::none;
  byte_view key;
  byte_view signature;
};

/// Reads a PublicKey into `out`, on top of what an earlier one has left there.
errc parse_public_key(byte_view message, proof& out) {
  wire_reader in{message};
  while (in.next()) {
    if (in.field() == 1) {
      out.type = proof::key_type::ed25519;
      out.key = in.view();
    } else if (in.field() == 2) {
      out.type = proof::key_type::secp256k1;
      out.key = in.view();
    } else if (out.type == proof::key_type::none) {
      out.type = proof::key_type::other;
    }
  }
  return in.ok() ? errc::none : errc::malformed_handshake;
}

errc parse_proof(byte_view message, proof& out) {
  wire_reader in{message};
  while (in.next()) {
    if (in.field() == 1) {
      if (auto code = parse_public_key(in.view(), out); code != errc::none)
        return code;
    } else if (in.field() == 2) {
      out.signature = in.view();
    }
  }
  return in.ok() ? errc::none : errc::malformed_handshake;
}

/// Checks that the key is of the one type that may authenticate. A key that has
/// not the size of its type is not a key of that type, either.
errc check_key(const proof& what) {
  switch (what.type) {
    case proof::key_type::ed25519:
      return what.key.size() == std::tuple_size_v<ed25519_public_key>
                 ? errc::none
                 : errc::malformed_handshake;
    case proof::key_type::secp256k1:
      return what.key.size() == 33 ? errc::unsupported_key_type
                                   : errc::malformed_handshake;
    case proof::key_type::other:
      return errc::unsupported_key_type;
    default:
      return errc::malformed_handshake;
  }
}

bytes encode_proof(const node_key& identity, byte_view challenge) {
  bytes public_key;
  append_bytes_field(public_key, 1, identity.public_key());
  bytes body;
  append_message_field(body, 1, public_key);
  append_bytes_field(body, 2, identity.sign(challenge));
  bytes message;
  append_delimited(message, body);
  return message;
}

} // namespace

// -- the state machine --------------------------------------------------------

secret_handshake::secret_handshake(
    const node_key& identity, std::span<const std::byte, 32> ephemeral_secret)
  : identity_(identity),
    ephemeral_(ephemeral_secret) {}

bytes secret_handshake::start() const {
  bytes body;
  append_bytes_field(body, 1, ephemeral_.public_key());
  bytes message;
  append_delimited(message, body);
  return message;
}

errc secret_handshake::consume(byte_span input, bytes& output) {
  if (step_ == step::failed)
    return failed_;
  if (step_ == step::done)
    return errc::invalid_state;
  auto code = errc::none;
  if (step_ == step::awaiting_key)
    code = read_key(input, output);
  if (code == errc::none && step_ == step::awaiting_proof)
    code = read_proof(input);
  if (code != errc::none) {
    step_ = step::failed;
    failed_ = code;
  }
  return code;
}

errc secret_handshake::read_key(byte_span& input, bytes& output) {
  byte_view rest = input;
  if (auto code = message_.consume(rest); code != errc::none)
    return code;
  input = input.last(rest.size());
  if (!message_.complete())
    return errc::none;
  if (auto code = agree(message_.take(), output); code != errc::none)
    return code;
  step_ = step::awaiting_proof;
  return errc::none;
}

errc secret_handshake::agree(byte_view message, bytes& output) {
  x25519_public_key remote;
  if (auto code = parse_ephemeral_key(message, remote); code != errc::none)
    return code;
  auto& local = ephemeral_.public_key();
  // A mirror would agree with us on everything.
  if (remote == local)
    return errc::reflected_key;
  secret_array<32> shared;
  if (auto code = ephemeral_.agree(remote, shared); code != errc::none)
    return code;
  auto order = order_of(local, remote);
  auto local_first = order == key_order::local_first;
  challenge_ = derive_challenge(local_first ? local : remote,
                                local_first ? remote : local, shared);
  auto keys = derive_frame_keys(shared, order);
  writer_.emplace(frame_cipher{keys.send.span()});
  reader_.emplace(frame_cipher{keys.recv.span()});
  return send_proof(output);
}

errc secret_handshake::send_proof(bytes& output) {
  auto message = encode_proof(identity_, challenge_.span());
  auto offset = output.size();
  output.resize(offset + frame_writer::sealed_size(message.size()));
  writer_->begin(byte_span{output}.subspan(offset));
  writer_->append(message);
  size_t sealed = 0;
  auto code = writer_->finish(sealed);
  output.resize(offset + sealed);
  return code;
}

errc secret_handshake::read_proof(byte_span input) {
  auto code = reader_->read(input, [this](byte_view chunk) {
    if (step_ == step::awaiting_proof) {
      if (auto code = message_.consume(chunk); code != errc::none)
        return code;
      if (!message_.complete())
        return errc::none;
      if (auto code = check_proof(message_.take()); code != errc::none)
        return code;
      step_ = step::done;
    }
    plaintext_.insert(plaintext_.end(), chunk.begin(), chunk.end());
    return errc::none;
  });
  if (code == errc::none && step_ == step::awaiting_proof
      && reader_->frames() > max_frames)
    return errc::malformed_handshake;
  return code;
}

errc secret_handshake::check_proof(byte_view message) {
  proof received;
  if (auto code = parse_proof(message, received); code != errc::none)
    return code;
  if (auto code = check_key(received); code != errc::none)
    return code;
  std::ranges::copy(received.key, remote_key_.begin());
  if (has_small_order(remote_key_))
    return errc::low_order_point;
  if (!verify(remote_key_, challenge_.span(), received.signature))
    return errc::invalid_signature;
  return errc::none;
}

frame_writer secret_handshake::take_writer() {
  assert(done() && writer_);
  return *std::exchange(writer_, std::nullopt);
}

frame_reader secret_handshake::take_reader() {
  assert(done() && reader_);
  return *std::exchange(reader_, std::nullopt);
}

bytes secret_handshake::take_plaintext() {
  assert(done());
  return std::move(plaintext_);
}

} // namespace troupe
