// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "troupe/messages/errc.hpp"
#include "troupe/transport/quic/certificate_check.hpp"

struct ngtcp2_callbacks;
struct ngtcp2_conn;

namespace troupe {

/// The TLS of one connection of QUIC (RFC 9001): what makes keys, and says who
/// the remote is. A seam, as there is no TLS whose random numbers come from
/// elsewhere: simulations have one of their own.
class quic_tls {
public:
  /// Decides whether a remote that has proven who it is may go on.
  using judge = std::function<failure(const certified_node&)>;

  quic_tls() = default;

  quic_tls(const quic_tls&) = delete;

  quic_tls& operator=(const quic_tls&) = delete;

  virtual ~quic_tls() = default;

  /// Fills in those of the library's callbacks that are about keys.
  virtual void prepare(ngtcp2_callbacks& callbacks) = 0;

  /// Comes once, before anything happens. The connection outlives no use of
  /// it.
  virtual void attach(ngtcp2_conn* connection) = 0;

  /// Sets who decides about the remote; nobody passes before. Comes before the
  /// connection goes on.
  virtual void judge_with(judge decides) = 0;

  /// Who the remote is, once it has proven that, whatever comes then.
  [[nodiscard]] virtual const std::optional<certified_node>& remote() const = 0;

  /// What was wrong with the remote's certificate, or with the remote; `none`
  /// so far.
  [[nodiscard]] virtual const failure& refusal() const = 0;

  /// The protocol that both sides agreed on (ALPN); empty before.
  [[nodiscard]] virtual std::string protocol() const = 0;
};

} // namespace troupe
