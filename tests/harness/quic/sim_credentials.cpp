// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/quic/sim_credentials.hpp"

#include <utility>

#include "troupe/tests/harness/quic/sim_tls.hpp"

namespace troupe::testing {

namespace {

class sim_credentials final : public quic_credentials {
public:
  explicit sim_credentials(sim_tls_self self)
    : self_(std::make_shared<const sim_tls_self>(std::move(self))) {}

  [[nodiscard]] result<std::unique_ptr<quic_tls>>
  open(direction who, wall_time) const override {
    return make_sim_tls(self_, who);
  }

private:
  std::shared_ptr<const sim_tls_self> self_;
};

} // namespace

result<std::shared_ptr<const quic_credentials>>
make_sim_credentials(const node_key& key, std::vector<std::string> protocols,
                     entropy& random, wall_time) {
  return make_sim_impostor(key, key.public_key(), std::move(protocols), random);
}

std::shared_ptr<const quic_credentials>
make_sim_impostor(const node_key& key, const ed25519_public_key& claimed,
                  std::vector<std::string> protocols, entropy& random) {
  return std::make_shared<const sim_credentials>(
      sim_tls_self{key, claimed, std::move(protocols), &random});
}

} // namespace troupe::testing
