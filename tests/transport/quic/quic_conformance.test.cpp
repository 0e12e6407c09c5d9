// SPDX-License-Identifier: Apache-2.0
//
// QUIC does what all transports do.
#include "quic_world.hpp"
#include "troupe/tests/harness/quic/sim_quic_transport_actor.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// The transport of the harness, in virtual time.
struct sim_quic : simulated {
  transport_actor spawn(caf::actor_system& sys, int number) {
    auto options = mconn_options_of(number);
    options->random
        = std::make_shared<sim_random>(static_cast<uint64_t>(number));
    return testing::spawn_sim_quic_transport(
        sys, network, add(sys, number), options,
        std::make_shared<system_wall_clock>());
  }

  endpoint where(const node_id& id) const {
    auto result = simulated::where(id);
    result.protocol = quic_protocol;
    return result;
  }

  static bool speaks(const std::string& protocol) {
    return protocol == quic_protocol;
  }
};

/// And where the network is not at its best. What is lost or late is not among
/// it: who closes a connection does not wait for that.
struct sim_quic_in_rain : sim_quic {
  sim_quic_in_rain() {
    network->set_default_link({.datagram_size_max = 1300,
                               .double_per_mille = 100,
                               .busy_per_mille = 100});
  }
};

} // namespace

TEST_CASE_TEMPLATE("QUIC passes all checks of conformance", Kind,
                   quic_over_ipv4, quic_over_ipv6, sim_quic, sim_quic_in_rain) {
  for (const auto& check : testing::transport_checks()) {
    const auto name = std::string{check.name};
    CAPTURE(name);
    subject_of<Kind> subject;
    CHECK_NOTHROW(check.run(subject));
  }
}
