// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "troupe/messages/bytes.hpp"
#include "troupe/messages/node_id.hpp"
#include "troupe/messages/node_info.hpp"
#include "troupe/messages/node_key.hpp"
#include "troupe/transport/connection_messages.hpp"
#include "troupe/transport/mconn/delimited_reader.hpp"
#include "troupe/transport/mconn/secret_handshake.hpp"
#include "troupe/transport/verify_peer.hpp"

namespace troupe {

/// The whole handshake of a TCP connection: keys, then node infos (spec p2p,
/// "SecretConnection" and "NodeInfo handshake"). Bytes in, bytes out.
///
///     keys --> infos --> done
///       |        |
///       +--------+--> failed
///
/// A remote that is not the one we dialed, or that is we ourselves, learns
/// nothing of our node info.
class mconn_handshake {
public:
  /// @param identity has to outlive this object.
  /// @param ephemeral_secret 32 random bytes, new for each connection.
  /// @param expected whom we dialed, or null if the remote dialed us.
  /// @param accepted which remotes we go on with.
  mconn_handshake(const node_key& identity,
                  std::span<const std::byte, 32> ephemeral_secret,
                  node_info ours, const node_id& expected,
                  acceptance accepted = acceptance::compatible);

  /// Returns the bytes that open the handshake.
  [[nodiscard]] bytes start() const;

  /// Takes bytes as they arrived and appends what has to be sent to `output`,
  /// also when it fails.
  /// @returns `none`, or why the remote has to be disconnected; final.
  [[nodiscard]] failure consume(byte_span input, bytes& output);

  /// Whether the remote is verified and its node info accepted.
  [[nodiscard]] bool done() const noexcept {
    return step_ == step::done;
  }

  /// Who the remote is, as soon as it has proven it, whatever comes then; null
  /// before.
  [[nodiscard]] const node_id& proven() const noexcept {
    return result_.id;
  }

  // -- once it is done --------------------------------------------------------

  /// What the remote finds when it compares our node info with its own, as we
  /// have done: if it is an error, the remote is about to hang up.
  [[nodiscard]] errc judged_by_remote() const;

  /// Whether something came behind the remote's node info.
  [[nodiscard]] bool has_plaintext() const noexcept {
    return !plaintext_.empty();
  }

  // -- once it is done, each to be taken once ---------------------------------

  [[nodiscard]] handshake_result take_result();

  [[nodiscard]] frame_writer take_writer();

  [[nodiscard]] frame_reader take_reader();

  /// What came behind the remote's node info, decrypted.
  [[nodiscard]] bytes take_plaintext();

private:
  enum class step : uint8_t { keys, infos, done, failed };

  failure exchange_keys(byte_span input, bytes& output);
  failure exchange_infos(byte_span input);
  failure read_info(byte_view plaintext);
  failure send_info(bytes& output);
  failure fail(failure reason);

  const node_key& identity_;
  node_info ours_;
  node_id expected_;
  acceptance accepted_;
  secret_handshake keys_;
  delimited_reader info_{max_node_info_size, errc::oversized_handshake,
                         errc::malformed_handshake};
  std::optional<frame_writer> writer_;
  std::optional<frame_reader> reader_;
  handshake_result result_;
  bytes plaintext_;
  step step_ = step::keys;
};

} // namespace troupe
