// SPDX-License-Identifier: Apache-2.0
#include "scenario.hpp"

#include <utility>

#include <fmt/format.h>

#include "troupe/tests/harness/faults.hpp"
#include "troupe/tests/harness/probe.hpp"

namespace troupe::testing {

namespace {

using namespace std::chrono_literals;

/// Once nothing breaks any more, the network is whole after this time at most:
/// the longest backoff, the longest dial, and keepalive's patience with
/// connections whose other end is gone.
constexpr duration healing_max = 10min;

/// Without faults, all dials and handshakes of a start take no longer than
/// this, which is less than the wait after a connection that ended.
constexpr duration calm_start_max = 1900ms;

/// Of a thousand nodes, how many are known to others by name.
constexpr unsigned known_by_name_per_mille = 400;

/// Then nothing may happen to a connection for this long.
constexpr duration quiet = 2min;

/// Actors of a node never have more messages than this waiting for them: what
/// they let each other send is bounded, and so are the options of the probe.
constexpr size_t mailbox_peak_max = 1000;

/// A whole network has exactly one connection for each pair, and both ends
/// agree on it.
void check_connections(network& net) {
  size_t ends = 0;
  for (size_t i = 0; i < net.size(); ++i)
    for (const auto& [peer, update] : net.peers(i).up()) {
      ++ends;
      if (auto other = net.number_of(peer); !net.sees(other, i))
        net.system().report(fmt::format(
            "node-{} sees node-{}, which does not see it", i, other));
    }
  // A connection over datagrams is a port for the remote, and no more.
  const auto open = net.wires().connections() + net.wires().dialed_ports();
  if (ends != 2 * open)
    net.system().report(fmt::format(
        "{} connections are open, and {} ends of peers are up", open, ends));
  net.system().throw_if_failed();
}

/// What nobody would call a fault of a network of datagrams: connections have
/// to last all the same.
fault draw_weather(sim_random& random) {
  auto per_mille = [&random](uint64_t most) {
    return random.chance(500) ? static_cast<unsigned>(random.below(most)) : 0;
  };
  sim_link_options link;
  link.lose_per_mille = per_mille(30);
  link.late_per_mille = per_mille(50);
  link.double_per_mille = per_mille(30);
  link.garble_per_mille = per_mille(5);
  link.busy_per_mille = per_mille(50);
  link.datagram_size_max = 1200 + random.below(300);
  return weather(link);
}

void check_mailboxes(network& net) {
  for (const auto& [name, peak] : net.system().mailbox_peaks())
    if (peak > mailbox_peak_max)
      net.system().report(
          fmt::format("{} messages waited for one {}", peak, name));
  net.system().throw_if_failed();
}

std::string missing_edges(const network& net) {
  std::string result;
  for (const auto& [a, b] : net.edges())
    if (!net.sees(a, b) || !net.sees(b, a))
      result += fmt::format(" {}-{}", a, b);
  return result;
}

/// Both ends of all edges dial at the same moment, and the network is whole
/// before anybody would have to dial again.
void start_calmly(network& net) {
  net.start();
  if (!net.run_until([&net] { return net.meshed(); }, calm_start_max))
    net.system().report("a start without faults did not connect:"
                        + missing_edges(net));
  net.system().throw_if_failed();
}

void play(network& net, const scenario& what) {
  auto& random = net.system().random();
  net.add_nodes(what.nodes, [](size_t, node_options& node) {
    // Backoff as long as a scenario would only make scenarios longer.
    node.retry.max_retry_time = 60s;
    node.retry.max_retry_time_persistent = 20s;
  });
  for (size_t i = 0; i < what.nodes; ++i)
    if (random.chance(known_by_name_per_mille))
      net.know_by_name(i);
  net.connect(random_graph(what.nodes, 4, random));
  auto talk = probe{net,
                    {.burst_per_mille = 10,
                     .report_per_mille = 4,
                     .report_wait_max = 5s,
                     .queue_messages = 32}};
  if (random.chance(500))
    start_calmly(net);
  for (const auto& [when, each] : what.faults)
    net.at(when, each);
  net.start();
  net.advance(what.span);
  talk.rest();
  if (!net.run_until([&net] { return net.meshed(); }, healing_max))
    net.system().report(fmt::format(
        "{} s without faults did not make the network whole; missing:{}",
        std::chrono::duration_cast<std::chrono::seconds>(healing_max).count(),
        missing_edges(net)));
  net.system().throw_if_failed();
  // What still hangs from before may end in this time.
  net.advance(quiet);
  auto downs = [&net] {
    uint64_t result = 0;
    for (size_t i = 0; i < net.size(); ++i)
      result += net.peers(i).downs();
    return result;
  };
  auto before = downs();
  net.advance(quiet);
  if (downs() != before)
    net.system().report(fmt::format("{} connections ended while nothing broke",
                                    downs() - before));
  if (!net.meshed())
    net.system().report("the network fell apart while nothing broke; missing:"
                        + missing_edges(net));
  net.system().throw_if_failed();
  check_connections(net);
  talk.audit();
  check_mailboxes(net);
  net.finish();
}

} // namespace

drawn_scenario draw_scenario(uint64_t seed, const scenario_options& options) {
  auto random = sim_random{~seed};
  const auto datagrams = options.how == fidelity::quic;
  auto wanted = chaos_options{.span = options.chaos, .black_holes = true};
  wanted.set_datagrams(datagrams);
  const auto swarm = draw_swarm(wanted, random);
  auto faults = draw_chaos(options.nodes, swarm, random);
  if (datagrams && random.chance(500))
    faults.emplace(faults.begin(), duration{}, draw_weather(random));
  return {{seed, options.nodes, options.chaos, std::move(faults)},
          kinds_of(swarm)};
}

scenario_result run_scenario(const drawn_scenario& drawn, fidelity how,
                             bool record) {
  scenario_result result;
  const auto& what = drawn.what;
  auto net = network{what.run, {.how = how}};
  if (record)
    net.start_recording();
  net.system().describe("kinds of faults: " + drawn.kinds);
  net.system().set_replay(fmt::format(
      "troupe_sim --seed {} --nodes {} --minutes {} --mode {}", what.run.seed,
      what.nodes,
      std::chrono::duration<double, std::ratio<60>>{what.span}.count(),
      to_string(how)));
  try {
    play(net, what);
  } catch (const sim_failure& problem) {
    result.failure = problem.what();
    result.problem = problem.problem();
  }
  if (record)
    result.record = net.recorded();
  result.hash = net.system().trace().hash();
  result.entries = net.system().trace().size();
  result.simulated = net.system().elapsed();
  result.properties = net.system().properties();
  return result;
}

scenario_result run_scenario(uint64_t seed, const scenario_options& options) {
  return run_scenario(draw_scenario(seed, options), options.how);
}

} // namespace troupe::testing
