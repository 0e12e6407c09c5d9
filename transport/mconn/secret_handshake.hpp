// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/errc.hpp"
#include "troupe/messages/node_key.hpp"
#include "troupe/transport/mconn/delimited_reader.hpp"
#include "troupe/transport/mconn/frame_reader.hpp"
#include "troupe/transport/mconn/frame_writer.hpp"
#include "troupe/transport/mconn/key_schedule.hpp"

namespace troupe {

/// One side of the handshake of a SecretConnection (spec p2p, "Authenticated
/// Encryption Handshake"): both sides run the same steps, neither waits for the
/// other. Bytes come in, bytes go out; afterwards there is a pair of encrypted
/// byte streams and the identity that the remote has proven.
///
/// Wire format, repeated:
///
///     clear text : delimited BytesValue      {1: X25519 public key}
///     sealed     : delimited AuthSigMessage  {1: PublicKey{1: ed25519 key},
///                                             2: signature of the challenge}
///
/// Order of calls: send what `start` returns; `consume` what arrives, and send
/// its output, until `done`; then check who `remote_key` is, and take what
/// `take_writer`, `take_reader` and `take_plaintext` hand over. An end of the
/// stream before `done` is the caller's to report.
class secret_handshake {
public:
  /// Longest message that a remote may announce. The reference allows 1 MiB and
  /// needs about 100 bytes; this leaves room for fields to come, and for the
  /// largest key type known, so that it is refused for what it is.
  static constexpr size_t max_message_size = 8 * 1024;

  /// Most frames that a remote may spread its part of a handshake over, node
  /// info included. One is enough for each message; a remote that sends empty
  /// frames, or nearly empty ones, makes us open them for nothing.
  static constexpr uint64_t max_frames = 1024;

  /// @param identity signs the challenge; has to outlive this object.
  /// @param ephemeral_secret 32 random bytes, new for each connection.
  secret_handshake(const node_key& identity,
                   std::span<const std::byte, 32> ephemeral_secret);

  /// Returns the clear-text message that opens the handshake, 35 bytes.
  [[nodiscard]] bytes start() const;

  /// Takes bytes as they arrived, in pieces of any size. Sealed frames in
  /// `input` are opened in place.
  /// @param output what has to be sent is appended to it, also when `consume`
  /// fails: the remote may then learn why from its own checks.
  /// @returns `none` while all is well; `malformed_handshake`,
  /// `oversized_handshake`, `reflected_key`, `low_order_point`,
  /// `unsupported_key_type`, `invalid_signature`, `undecryptable_frame` or
  /// `oversized_frame` when the remote is to be disconnected: the error is
  /// final. `invalid_state` once the handshake is done.
  [[nodiscard]] errc consume(byte_span input, bytes& output);

  /// Whether the remote has proven who it is.
  [[nodiscard]] bool done() const noexcept {
    return step_ == step::done;
  }

  // -- once it is done --------------------------------------------------------

  /// The identity that the remote has proven. Whether it is the expected one is
  /// the caller's to check.
  [[nodiscard]] const ed25519_public_key& remote_key() const noexcept {
    return remote_key_;
  }

  /// The outgoing stream, to be taken once.
  [[nodiscard]] frame_writer take_writer();

  /// The incoming stream, to be taken once. It may hold the start of a frame.
  [[nodiscard]] frame_reader take_reader();

  /// What came behind the remote's last message in the same input, decrypted.
  [[nodiscard]] bytes take_plaintext();

private:
  ///     awaiting_key --> awaiting_proof --> done
  ///          |                 |
  ///          +-----------------+--> failed
  enum class step : uint8_t { awaiting_key, awaiting_proof, done, failed };

  errc read_key(byte_span& input, bytes& output);
  errc read_proof(byte_span input);
  errc agree(byte_view message, bytes& output);
  errc check_proof(byte_view message);
  errc send_proof(bytes& output);

  const node_key& identity_;
  x25519_key ephemeral_;
  delimited_reader message_{max_message_size, errc::oversized_handshake,
                            errc::malformed_handshake};
  std::optional<frame_writer> writer_;
  std::optional<frame_reader> reader_;
  secret_array<32> challenge_;
  ed25519_public_key remote_key_{};
  bytes plaintext_;
  step step_ = step::awaiting_key;
  errc failed_ = errc::none;
};

} // namespace troupe
