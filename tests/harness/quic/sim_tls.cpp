// SPDX-License-Identifier: Apache-2.0
//
//     client                        level        server
//     client hello        -->       initial
//                         <--       initial      server hello
//                         <--       handshake    certificate, finished
//     certificate, finished  -->    handshake
//
// Keys of the handshake come from both hellos, those of the connection from all
// that was said up to the server's end.
#include "troupe/tests/harness/quic/sim_tls.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "troupe/tests/harness/quic/sim_cipher.hpp"
#include "troupe/tests/harness/quic/sim_tls_messages.hpp"
#include "troupe/transport/quic/ngtcp2_version.hpp"

namespace troupe::testing {

namespace {

// -- what versions of ngtcp2 call by different names --------------------------

#if NGTCP2_VERSION_NUM >= 0x010000

constexpr auto level_initial = NGTCP2_ENCRYPTION_LEVEL_INITIAL;
constexpr auto level_handshake = NGTCP2_ENCRYPTION_LEVEL_HANDSHAKE;

int set_remote_parameters(ngtcp2_conn* connection, byte_view data) {
  return ngtcp2_conn_decode_and_set_remote_transport_params(
      connection, reinterpret_cast<const uint8_t*>(data.data()), data.size());
}

void set_handshake_completed(ngtcp2_conn* connection) {
  ngtcp2_conn_tls_handshake_completed(connection);
}

#else

constexpr auto level_initial = NGTCP2_CRYPTO_LEVEL_INITIAL;
constexpr auto level_handshake = NGTCP2_CRYPTO_LEVEL_HANDSHAKE;

int set_remote_parameters(ngtcp2_conn* connection, byte_view data) {
  return ngtcp2_conn_decode_remote_transport_params(
      connection, reinterpret_cast<const uint8_t*>(data.data()), data.size());
}

void set_handshake_completed(ngtcp2_conn* connection) {
  ngtcp2_conn_handshake_completed(connection);
}

#endif

// -- helpers ------------------------------------------------------------------

/// Alerts of TLS (RFC 8446, 6.2).
enum class alert : uint8_t {
  unexpected_message = 10,
  bad_certificate = 42,
  decode_error = 50,
  decrypt_error = 51,
  no_application_protocol = 120,
};

constexpr size_t iv_size = 12;

/// Keys that were used as often are replaced: far sooner than real ones, so
/// that simulations come across it.
constexpr uint64_t encryptions_max = 4096;
constexpr uint64_t decryption_failures_max = uint64_t{1} << 36;

const uint8_t* raw(byte_view data) {
  return reinterpret_cast<const uint8_t*>(data.data());
}

byte_view view(const uint8_t* data, size_t size) {
  return std::as_bytes(std::span{data, size});
}

byte_span span_of(uint8_t* data, size_t size) {
  return std::as_writable_bytes(std::span{data, size});
}

/// What our keys have in the place of a library's own.
void* mark() {
  static char here;
  return &here;
}

// -- packets ------------------------------------------------------------------

int encrypt(uint8_t* out, const ngtcp2_crypto_aead* aead,
            const ngtcp2_crypto_aead_ctx* context, const uint8_t* plain,
            size_t size, const uint8_t* nonce, size_t nonce_size,
            const uint8_t* beside, size_t beside_size) {
  if (aead->native_handle != mark())
    return ngtcp2_crypto_encrypt_cb(out, aead, context, plain, size, nonce,
                                    nonce_size, beside, beside_size);
  static_cast<const sim_cipher*>(context->native_handle)
      ->seal(span_of(out, size + sim_cipher::overhead), view(plain, size),
             view(nonce, nonce_size), view(beside, beside_size));
  return 0;
}

int decrypt(uint8_t* out, const ngtcp2_crypto_aead* aead,
            const ngtcp2_crypto_aead_ctx* context, const uint8_t* sealed,
            size_t size, const uint8_t* nonce, size_t nonce_size,
            const uint8_t* beside, size_t beside_size) {
  if (aead->native_handle != mark())
    return ngtcp2_crypto_decrypt_cb(out, aead, context, sealed, size, nonce,
                                    nonce_size, beside, beside_size);
  const auto opened
      = static_cast<const sim_cipher*>(context->native_handle)
            ->open(span_of(out, size), view(sealed, size),
                   view(nonce, nonce_size), view(beside, beside_size));
  return opened ? 0 : NGTCP2_ERR_DECRYPT;
}

int make_mask(uint8_t* out, const ngtcp2_crypto_cipher* cipher,
              const ngtcp2_crypto_cipher_ctx* context, const uint8_t* sample) {
  if (cipher->native_handle != mark())
    return ngtcp2_crypto_hp_mask_cb(out, cipher, context, sample);
  const auto result = static_cast<const sim_cipher*>(context->native_handle)
                          ->mask(view(sample, sim_cipher::sample_size));
  std::ranges::copy(result, span_of(out, result.size()).begin());
  return 0;
}

// -- one end ------------------------------------------------------------------

class sim_tls final : public quic_tls {
public:
  sim_tls(std::shared_ptr<const sim_tls_self> self, direction who)
    : self_(std::move(self)),
      server_(who == direction::inbound) {}

  void prepare(ngtcp2_callbacks& callbacks) override;

  void attach(ngtcp2_conn* connection) override {
    connection_ = connection;
    ngtcp2_conn_set_tls_native_handle(connection, this);
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
    return protocol_;
  }

private:
  /// What a side says next.
  enum class phase : uint8_t { hello, certificate, finished, done };

  static sim_tls& of(ngtcp2_conn* connection) {
    return *static_cast<sim_tls*>(
        ngtcp2_conn_get_tls_native_handle(connection));
  }

  int begin();
  int receive(ngtcp2_level level, byte_view data);
  int read(const sim_tls_inbox::message& what, ngtcp2_level level);
  int greeted(const sim_tls_inbox::message& what);
  int greeted_by_client(const sim_client_hello& what);
  int greeted_by_server(const sim_server_hello& what);
  int presented(const sim_tls_inbox::message& what);
  int finished(const sim_tls_inbox::message& what);

  int fail(alert why);
  int say(ngtcp2_level level, const bytes& message);
  int say_rest();
  [[nodiscard]] bytes own_parameters() const;
  [[nodiscard]] bytes claim_of(bool server) const;
  [[nodiscard]] sim_finished end_of(bool server) const;

  sim_cipher* make_key(const sim_secret& secret, std::string_view label);
  bool owns(const void* key) const;
  int install_handshake_keys();
  int install_key(bool to_server);
  int update(uint8_t* rx, uint8_t* tx, ngtcp2_crypto_aead_ctx& rx_key,
             uint8_t* rx_iv, ngtcp2_crypto_aead_ctx& tx_key, uint8_t* tx_iv,
             byte_view old_rx, byte_view old_tx);

  std::shared_ptr<const sim_tls_self> self_;
  bool server_;
  ngtcp2_conn* connection_ = nullptr;
  judge judge_;
  std::optional<certified_node> remote_;
  failure refusal_;
  std::string protocol_;

  phase next_ = phase::hello; // Of the remote's.
  sim_tls_inbox initial_;
  sim_tls_inbox handshake_;
  bytes transcript_;
  sim_secret secret_{};
  sim_secret traffic_{};

  /// Until the end: the library has references of them.
  std::deque<sim_cipher> keys_;
};

void sim_tls::prepare(ngtcp2_callbacks& callbacks) {
  callbacks.client_initial
      = [](ngtcp2_conn* connection, void*) { return of(connection).begin(); };
  // Keys of first packets are made of what everybody sees.
  callbacks.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
  callbacks.recv_retry = ngtcp2_crypto_recv_retry_cb;
  callbacks.version_negotiation = ngtcp2_crypto_version_negotiation_cb;
  callbacks.recv_crypto_data
      = [](ngtcp2_conn* connection, ngtcp2_level level, uint64_t,
           const uint8_t* data, size_t size,
           void*) { return of(connection).receive(level, view(data, size)); };
  callbacks.encrypt = encrypt;
  callbacks.decrypt = decrypt;
  callbacks.hp_mask = make_mask;
  callbacks.update_key
      = [](ngtcp2_conn* connection, uint8_t* rx, uint8_t* tx,
           ngtcp2_crypto_aead_ctx* rx_key, uint8_t* rx_iv,
           ngtcp2_crypto_aead_ctx* tx_key, uint8_t* tx_iv,
           const uint8_t* old_rx, const uint8_t* old_tx, size_t size, void*) {
          return of(connection)
              .update(rx, tx, *rx_key, rx_iv, *tx_key, tx_iv,
                      view(old_rx, size), view(old_tx, size));
        };
  callbacks.delete_crypto_aead_ctx
      = [](ngtcp2_conn* connection, ngtcp2_crypto_aead_ctx* key, void* user) {
          if (!of(connection).owns(key->native_handle))
            ngtcp2_crypto_delete_crypto_aead_ctx_cb(connection, key, user);
        };
  callbacks.delete_crypto_cipher_ctx
      = [](ngtcp2_conn* connection, ngtcp2_crypto_cipher_ctx* key, void* user) {
          if (!of(connection).owns(key->native_handle))
            ngtcp2_crypto_delete_crypto_cipher_ctx_cb(connection, key, user);
        };
}

// -- what is said -------------------------------------------------------------

int sim_tls::begin() {
  // Despite its name, it makes the keys of either side.
  if (auto code = ngtcp2_crypto_recv_client_initial_cb(
          connection_, ngtcp2_conn_get_dcid(connection_), nullptr);
      code != 0)
    return code;
  sim_client_hello hello{.protocols = self_->protocols,
                         .parameters = own_parameters()};
  self_->random->fill(hello.random);
  return say(level_initial, encode(hello));
}

bytes sim_tls::own_parameters() const {
  bytes result(512);
  const auto size = ngtcp2_conn_encode_local_transport_params(
      connection_, reinterpret_cast<uint8_t*>(result.data()), result.size());
  result.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return result;
}

int sim_tls::say(ngtcp2_level level, const bytes& message) {
  transcript_.insert(transcript_.end(), message.begin(), message.end());
  return ngtcp2_conn_submit_crypto_data(connection_, level, raw(message),
                                        message.size());
}

/// Says who we are, and that this is all.
int sim_tls::say_rest() {
  const auto proof = self_->key.sign(claim_of(server_));
  auto certificate = sim_certificate{.key = self_->claimed, .proof = proof};
  if (server_) {
    certificate.protocol = protocol_;
    certificate.parameters = own_parameters();
  }
  if (auto code = say(level_handshake, encode(certificate)); code != 0)
    return code;
  return say(level_handshake, encode(end_of(server_)));
}

/// What a signature is made for: all that was said, by that side.
bytes sim_tls::claim_of(bool server) const {
  const auto sum = derive_sim_secret(
      transcript_, server ? "certificate of a server" : "of a client");
  return {sum.begin(), sum.end()};
}

sim_finished sim_tls::end_of(bool server) const {
  auto all = transcript_;
  all.insert(all.end(), secret_.begin(), secret_.end());
  return {derive_sim_secret(all, server ? "end of a server" : "of a client")};
}

int sim_tls::fail(alert why) {
  ngtcp2_conn_set_tls_alert(connection_, static_cast<uint8_t>(why));
  return NGTCP2_ERR_CRYPTO;
}

// -- what is read -------------------------------------------------------------

int sim_tls::receive(ngtcp2_level level, byte_view data) {
  if (level != level_initial && level != level_handshake)
    return fail(alert::unexpected_message);
  auto& inbox = level == level_initial ? initial_ : handshake_;
  inbox.add(data);
  while (auto message = inbox.next())
    if (auto code = read(*message, level); code != 0)
      return code;
  return inbox.overlong() ? fail(alert::decode_error) : 0;
}

int sim_tls::read(const sim_tls_inbox::message& what, ngtcp2_level level) {
  const auto expected
      = next_ == phase::hello         ? (server_ ? sim_tls_type::client_hello
                                                 : sim_tls_type::server_hello)
        : next_ == phase::certificate ? sim_tls_type::certificate
                                      : sim_tls_type::finished;
  if (next_ == phase::done || what.type != static_cast<uint8_t>(expected)
      || (level == level_initial) != (next_ == phase::hello))
    return fail(alert::unexpected_message);
  auto code = next_ == phase::hello         ? greeted(what)
              : next_ == phase::certificate ? presented(what)
                                            : finished(what);
  if (code == 0)
    next_ = static_cast<phase>(static_cast<uint8_t>(next_) + 1);
  return code;
}

int sim_tls::greeted(const sim_tls_inbox::message& what) {
  transcript_.insert(transcript_.end(), what.all.begin(), what.all.end());
  if (server_) {
    auto hello = decode<sim_client_hello>(what.body());
    return hello ? greeted_by_client(*hello) : fail(alert::decode_error);
  }
  auto hello = decode<sim_server_hello>(what.body());
  return hello ? greeted_by_server(*hello) : fail(alert::decode_error);
}

int sim_tls::greeted_by_client(const sim_client_hello& what) {
  // The server's order counts.
  const auto name = std::ranges::find_if(self_->protocols, [&](const auto& x) {
    return std::ranges::find(what.protocols, x) != what.protocols.end();
  });
  if (name == self_->protocols.end())
    return fail(alert::no_application_protocol);
  protocol_ = *name;
  if (auto code = set_remote_parameters(connection_, what.parameters);
      code != 0)
    return code;
  sim_server_hello hello;
  self_->random->fill(hello.random);
  auto code = say(level_initial, encode(hello));
  if (code == 0)
    code = install_handshake_keys();
  if (code == 0)
    code = say_rest();
  // We may send, and do not know yet to whom.
  return code == 0 ? install_key(false) : code;
}

int sim_tls::greeted_by_server(const sim_server_hello&) {
  return install_handshake_keys();
}

int sim_tls::presented(const sim_tls_inbox::message& what) {
  const auto found = decode<sim_certificate>(what.body());
  if (!found)
    return fail(alert::decode_error);
  if (has_small_order(found->key)) {
    refusal_
        = {errc::low_order_point, "the node key is a point of small order"};
    return fail(alert::bad_certificate);
  }
  if (!verify(found->key, claim_of(!server_), found->proof)) {
    refusal_ = {errc::invalid_signature,
                "the remote does not hold the key that it names"};
    return fail(alert::decrypt_error);
  }
  remote_ = certified_node{found->key, node_id::of(found->key)};
  refusal_ = judge_ ? judge_(*remote_)
                    : failure{errc::invalid_state, "nobody is expected yet"};
  if (refusal_.code != errc::none)
    return fail(alert::bad_certificate);
  transcript_.insert(transcript_.end(), what.all.begin(), what.all.end());
  if (server_)
    return 0;
  if (std::ranges::find(self_->protocols, found->protocol)
      == self_->protocols.end())
    return fail(alert::no_application_protocol);
  protocol_ = found->protocol;
  return set_remote_parameters(connection_, found->parameters);
}

int sim_tls::finished(const sim_tls_inbox::message& what) {
  const auto found = decode<sim_finished>(what.body());
  if (!found)
    return fail(alert::decode_error);
  if (found->sum != end_of(!server_).sum)
    return fail(alert::decrypt_error);
  transcript_.insert(transcript_.end(), what.all.begin(), what.all.end());
  if (server_) {
    const auto code = install_key(true);
    if (code == 0)
      set_handshake_completed(connection_);
    return code;
  }
  traffic_ = derive_sim_secret(transcript_, "traffic");
  if (auto code = say_rest(); code != 0)
    return code;
  for (auto to_server : {false, true})
    if (auto code = install_key(to_server); code != 0)
      return code;
  set_handshake_completed(connection_);
  return 0;
}

// -- keys ---------------------------------------------------------------------

sim_cipher* sim_tls::make_key(const sim_secret& secret,
                              std::string_view label) {
  return &keys_.emplace_back(derive_sim_secret(secret, label));
}

bool sim_tls::owns(const void* key) const {
  return std::ranges::any_of(keys_, [key](const auto& x) { return &x == key; });
}

int sim_tls::install_handshake_keys() {
  auto context = ngtcp2_crypto_ctx{};
  context.aead = {mark(), sim_cipher::overhead};
  context.md.native_handle = mark();
  context.hp.native_handle = mark();
  context.max_encryption = encryptions_max;
  context.max_decryption_failure = decryption_failures_max;
  ngtcp2_conn_set_crypto_ctx(connection_, &context);
  secret_ = derive_sim_secret(transcript_, "handshake");
  for (auto to_server : {false, true}) {
    const auto own
        = derive_sim_secret(secret_, to_server ? "to server" : "to client");
    const auto aead = ngtcp2_crypto_aead_ctx{make_key(own, "key")};
    const auto header = ngtcp2_crypto_cipher_ctx{make_key(own, "header")};
    const auto iv = derive_sim_secret(own, "iv");
    const auto code = to_server == server_
                          ? ngtcp2_conn_install_rx_handshake_key(
                              connection_, &aead, raw(iv), iv_size, &header)
                          : ngtcp2_conn_install_tx_handshake_key(
                              connection_, &aead, raw(iv), iv_size, &header);
    if (code != 0)
      return code;
  }
  return 0;
}

/// Installs the key of what goes one way.
int sim_tls::install_key(bool to_server) {
  // Of what was said when the server had said all.
  if (server_ && !to_server)
    traffic_ = derive_sim_secret(transcript_, "traffic");
  const auto own
      = derive_sim_secret(traffic_, to_server ? "to server" : "to client");
  const auto aead = ngtcp2_crypto_aead_ctx{make_key(own, "key")};
  const auto header = ngtcp2_crypto_cipher_ctx{make_key(own, "header")};
  const auto iv = derive_sim_secret(own, "iv");
  return to_server == server_
             ? ngtcp2_conn_install_rx_key(connection_, raw(own), own.size(),
                                          &aead, raw(iv), iv_size, &header)
             : ngtcp2_conn_install_tx_key(connection_, raw(own), own.size(),
                                          &aead, raw(iv), iv_size, &header);
}

/// Makes the next keys of either way (RFC 9001, 6).
int sim_tls::update(uint8_t* rx, uint8_t* tx, ngtcp2_crypto_aead_ctx& rx_key,
                    uint8_t* rx_iv, ngtcp2_crypto_aead_ctx& tx_key,
                    uint8_t* tx_iv, byte_view old_rx, byte_view old_tx) {
  auto make = [this](uint8_t* out, ngtcp2_crypto_aead_ctx& key, uint8_t* iv,
                     byte_view old) {
    const auto next = derive_sim_secret(old, "next");
    std::ranges::copy(next, span_of(out, next.size()).begin());
    key.native_handle = make_key(next, "key");
    const auto vector = derive_sim_secret(next, "iv");
    std::ranges::copy(byte_view{vector}.first(iv_size),
                      span_of(iv, iv_size).begin());
  };
  make(rx, rx_key, rx_iv, old_rx);
  make(tx, tx_key, tx_iv, old_tx);
  return 0;
}

} // namespace

std::unique_ptr<quic_tls> make_sim_tls(std::shared_ptr<const sim_tls_self> self,
                                       direction who) {
  return std::make_unique<sim_tls>(std::move(self), who);
}

} // namespace troupe::testing
