// SPDX-License-Identifier: Apache-2.0
//
// Certificates that say nothing, or something wrong, in handshakes with
// quic-go: who presents one is no peer, whoever has dialed.
#include <string>

#include <fmt/format.h>

#include "lp2p_world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Somebody who presents a certificate of some kind, and no more.
class impostor : public peer_process {
public:
  explicit impostor(const std::string& certificate)
    : peer_process(interop_program("lp2p-impostor"),
                   {"-certificate", certificate}) {
    const auto listening = wait_for("listening");
    id_ = listening.at("id");
    endpoint_ = listening.at("endpoint");
  }

  [[nodiscard]] const std::string& id() const {
    return id_;
  }

  [[nodiscard]] const std::string& endpoint() const {
    return endpoint_;
  }

private:
  std::string id_;
  std::string endpoint_;
};

struct bad_certificate {
  const char* name;
  errc code;
};

constexpr bad_certificate bad_certificates[]
    = {{"expired", errc::malformed_handshake},
       {"future", errc::malformed_handshake},
       {"bare", errc::malformed_handshake},
       {"critical", errc::malformed_handshake},
       {"two", errc::malformed_handshake},
       {"impersonated", errc::invalid_signature}};

} // namespace

TEST_CASE("whoever is dialed and presents a bad certificate is turned away") {
  for (const auto& [name, code] : bad_certificates) {
    CAPTURE(name);
    impostor there{name};
    auto options = quic_node_options();
    options.persistent_peers
        = {fmt::format("quic://{}@{}", there.id(), there.endpoint())};
    local_node node{options};
    const auto event = node.wait_event(node_event::kind::dial_failed);
    CHECK(to_string(event.code) == to_string(code));
    CHECK_FALSE(there.has_seen("accepted"));
  }
}

TEST_CASE("whoever dials us and presents a bad certificate is turned away") {
  for (const auto& [name, code] : bad_certificates) {
    CAPTURE(name);
    impostor there{name};
    auto options = quic_node_options();
    options.unconditional_peers = {there.id()};
    local_node node{options};
    there.command("dial " + node.endpoint());
    const auto event = node.wait_event(node_event::kind::refused);
    CHECK(to_string(event.code) == to_string(code));
    const std::string reason = there.wait_for("closed").at("reason");
    CAPTURE(reason);
    CHECK(reason.find("CRYPTO_ERROR") != std::string::npos);
  }
}

TEST_CASE("with a good certificate, it gets on") {
  impostor there{"good"};
  auto options = quic_node_options();
  options.persistent_peers
      = {fmt::format("quic://{}@{}", there.id(), there.endpoint())};
  local_node node{options};
  there.wait_for("accepted");
}

TEST_CASE("whoever has another key than the one that was dialed is turned "
          "away") {
  impostor there{"good"};
  auto options = quic_node_options();
  options.persistent_peers
      = {fmt::format("quic://{}@{}", std::string(40, '1'), there.endpoint())};
  local_node node{options};
  const auto event = node.wait_event(node_event::kind::dial_failed);
  CHECK(to_string(event.code) == to_string(errc::unexpected_peer));
  CHECK_FALSE(there.has_seen("accepted"));
}
