// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/quic/gnutls_tls.hpp"

#include <cstdint>
#include <utility>

#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include "troupe/transport/quic/ngtcp2_version.hpp"

namespace troupe {

namespace {

/// TLS 1.3, and the ciphers that QUIC has (RFC 9001, 5.3) and processors are
/// quick at. The records of QUIC do not pretend to be those of older versions.
constexpr auto priorities
    = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:"
      "+CHACHA20-POLY1305:+AES-256-GCM:-GROUP-ALL:+GROUP-X25519:"
      "+GROUP-SECP256R1:%DISABLE_TLS13_COMPAT_MODE";

/// GnuTLS reads what it is given, and has no word for that.
template <class T>
gnutls_datum_t datum(T data) {
  const void* start = data.data();
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): only read
  return {static_cast<unsigned char*>(const_cast<void*>(start)),
          static_cast<unsigned>(data.size())};
}

} // namespace

struct gnutls_identity::parts {
  gnutls_certificate_credentials_t credentials = nullptr;
  gnutls_priority_t order = nullptr;
  std::vector<std::string> protocols;
};

// -- one connection -----------------------------------------------------------

class gnutls_identity::session final : public quic_tls {
public:
  session(std::shared_ptr<const gnutls_identity> identity, wall_time now)
    : identity_(std::move(identity)),
      now_(now) {}

  ~session() override {
    if (session_)
      gnutls_deinit(session_);
  }

  [[nodiscard]] bool init(direction who) {
    const auto accepts = who == direction::inbound;
    auto flags = static_cast<unsigned>(GNUTLS_NO_TICKETS)
                 | static_cast<unsigned>(GNUTLS_NO_END_OF_EARLY_DATA);
    flags |= accepts ? static_cast<unsigned>(GNUTLS_SERVER)
                     : static_cast<unsigned>(GNUTLS_CLIENT);
    if (gnutls_init(&session_, flags) != GNUTLS_E_SUCCESS)
      return false;
    const auto& shared = *identity_->parts_;
    std::vector<gnutls_datum_t> names;
    names.reserve(shared.protocols.size());
    for (const auto& name : shared.protocols)
      names.push_back(datum(std::string_view{name}));
    auto order = static_cast<unsigned>(GNUTLS_ALPN_MANDATORY);
    if (accepts)
      order |= static_cast<unsigned>(GNUTLS_ALPN_SERVER_PRECEDENCE);
    auto done = gnutls_priority_set(session_, shared.order) == 0
                && gnutls_credentials_set(session_, GNUTLS_CRD_CERTIFICATE,
                                          shared.credentials)
                       == 0
                && gnutls_alpn_set_protocols(
                       session_, names.data(),
                       static_cast<unsigned>(names.size()), order)
                       == 0;
    if (accepts) {
      done = done
             && ngtcp2_crypto_gnutls_configure_server_session(session_) == 0;
      gnutls_certificate_server_set_request(session_, GNUTLS_CERT_REQUIRE);
    } else {
      done = done
             && ngtcp2_crypto_gnutls_configure_client_session(session_) == 0;
    }
    return done;
  }

  void prepare(ngtcp2_callbacks& callbacks) override {
    callbacks.client_initial = ngtcp2_crypto_client_initial_cb;
    callbacks.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
    callbacks.recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb;
    callbacks.encrypt = ngtcp2_crypto_encrypt_cb;
    callbacks.decrypt = ngtcp2_crypto_decrypt_cb;
    callbacks.hp_mask = ngtcp2_crypto_hp_mask_cb;
    callbacks.recv_retry = ngtcp2_crypto_recv_retry_cb;
    callbacks.update_key = ngtcp2_crypto_update_key_cb;
    callbacks.delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
    callbacks.delete_crypto_cipher_ctx
        = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
    callbacks.version_negotiation = ngtcp2_crypto_version_negotiation_cb;
  }

  void attach(ngtcp2_conn* connection) override {
    connection_ = connection;
    reference_.get_conn = [](ngtcp2_crypto_conn_ref* ref) {
      return static_cast<session*>(ref->user_data)->connection_;
    };
    reference_.user_data = this;
    gnutls_session_set_ptr(session_, &reference_);
    ngtcp2_conn_set_tls_native_handle(connection, session_);
  }

  void judge_with(judge decides) override {
    judge_ = std::move(decides);
  }

  [[nodiscard]] const std::optional<certified_node>& remote() const override {
    return remote_;
  }

  [[nodiscard]] const failure& refusal() const override {
    return refusal_;
  }

  [[nodiscard]] std::string protocol() const override {
    gnutls_datum_t name;
    if (gnutls_alpn_get_selected_protocol(session_, &name) != 0)
      return {};
    return {reinterpret_cast<const char*>(name.data), name.size};
  }

  /// Called by GnuTLS when the remote has presented its certificate. That it
  /// has the key of it is checked right after this.
  static int verify(gnutls_session_t native) {
    auto* ref
        = static_cast<ngtcp2_crypto_conn_ref*>(gnutls_session_get_ptr(native));
    auto& self = *static_cast<session*>(ref->user_data);
    self.refusal_ = self.look();
    return self.refusal_.code == errc::none
               ? 0
               : GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
  }

private:
  failure look() {
    unsigned count = 0;
    const auto* list = gnutls_certificate_get_peers(session_, &count);
    std::vector<byte_view> presented;
    for (unsigned i = 0; list != nullptr && i < count && i < 2; ++i)
      presented.push_back(std::as_bytes(std::span{list[i].data, list[i].size}));
    auto found = check_certificates(presented, now_);
    if (!found)
      return found.error();
    remote_ = *found;
    return judge_ ? judge_(*remote_)
                  : failure{errc::invalid_state, "nobody is expected yet"};
  }

  std::shared_ptr<const gnutls_identity> identity_;
  wall_time now_;
  gnutls_session_t session_ = nullptr;
  ngtcp2_conn* connection_ = nullptr;
  ngtcp2_crypto_conn_ref reference_{};
  judge judge_;
  std::optional<certified_node> remote_;
  failure refusal_;
};

// -- what they share ----------------------------------------------------------

gnutls_identity::gnutls_identity() : parts_(std::make_unique<parts>()) {}

gnutls_identity::~gnutls_identity() {
  if (parts_->order)
    gnutls_priority_deinit(parts_->order);
  if (parts_->credentials)
    gnutls_certificate_free_credentials(parts_->credentials);
}

result<std::shared_ptr<const gnutls_identity>>
gnutls_identity::make(const node_certificate& certificate,
                      std::vector<std::string> protocols) {
  auto made = std::shared_ptr<gnutls_identity>{new gnutls_identity};
  auto& shared = *made->parts_;
  shared.protocols = std::move(protocols);
  auto code = gnutls_certificate_allocate_credentials(&shared.credentials);
  if (code == 0)
    code = gnutls_priority_init(&shared.order, priorities, nullptr);
  if (code == 0) {
    const auto cert = datum(byte_view{certificate.certificate});
    const auto key = datum(certificate.private_key.span());
    code = gnutls_certificate_set_x509_key_mem(shared.credentials, &cert, &key,
                                               GNUTLS_X509_FMT_DER);
  }
  if (code < 0)
    return {errc::invalid_key, std::string{"GnuTLS: "} + gnutls_strerror(code)};
  gnutls_certificate_set_verify_function(shared.credentials, session::verify);
  return std::shared_ptr<const gnutls_identity>{std::move(made)};
}

result<std::unique_ptr<quic_tls>>
gnutls_identity::open(std::shared_ptr<const gnutls_identity> identity,
                      direction who, wall_time now) {
  auto made = std::make_unique<session>(std::move(identity), now);
  if (!made->init(who))
    return {errc::malformed_handshake, "GnuTLS cannot make a session"};
  return std::unique_ptr<quic_tls>{std::move(made)};
}

result<std::unique_ptr<quic_tls>> gnutls_identity::open(direction who,
                                                        wall_time now) const {
  return open(shared_from_this(), who, now);
}

result<std::shared_ptr<const quic_credentials>>
make_gnutls_credentials(const node_key& key, std::vector<std::string> protocols,
                        entropy& random, wall_time now) {
  auto made = gnutls_identity::make(make_certificate(key, random, now),
                                    std::move(protocols));
  if (!made)
    return made.error();
  return std::shared_ptr<const quic_credentials>{std::move(*made)};
}

} // namespace troupe
