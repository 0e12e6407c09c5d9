// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/faults.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "troupe/tests/harness/duration_code.hpp"
#include "troupe/tests/harness/message_faults.hpp"
#include "troupe/tests/harness/message_tap.hpp"

namespace troupe::testing {

namespace {

/// An address for documentation, which no host of a simulation has.
constexpr auto unused_ip = "192.0.2.1";

sim_network::host_set hosts(const network& net, const node_group& group) {
  sim_network::host_set result;
  for (auto number : group)
    result.insert(net.host(number));
  return result;
}

std::string code_of(const node_group& group) {
  return fmt::format("{{{}}}", fmt::join(group, ", "));
}

/// Those fields that are not what they are by default.
std::string code_of(const sim_link_options& options) {
  const auto usual = sim_link_options{};
  std::string result;
  auto add = [&result](std::string_view name, const std::string& value) {
    result
        += fmt::format("{}.{} = {}", result.empty() ? "" : ", ", name, value);
  };
  if (options.latency != usual.latency)
    add("latency", options.latency.code());
  if (options.bandwidth != usual.bandwidth)
    add("bandwidth", std::to_string(options.bandwidth));
  if (options.segment_size_max != usual.segment_size_max)
    add("segment_size_max", std::to_string(options.segment_size_max));
  if (options.cut_per_mille != usual.cut_per_mille)
    add("cut_per_mille", std::to_string(options.cut_per_mille));
  if (options.send_buffer_max != usual.send_buffer_max)
    add("send_buffer_max", std::to_string(options.send_buffer_max));
  if (options.receive_window_max != usual.receive_window_max)
    add("receive_window_max", std::to_string(options.receive_window_max));
  if (options.refuse_per_mille != usual.refuse_per_mille)
    add("refuse_per_mille", std::to_string(options.refuse_per_mille));
  if (options.ignore_per_mille != usual.ignore_per_mille)
    add("ignore_per_mille", std::to_string(options.ignore_per_mille));
  if (options.retransmit_max != usual.retransmit_max)
    add("retransmit_max", duration_code(options.retransmit_max));
  if (options.give_up != usual.give_up)
    add("give_up", duration_code(options.give_up));
  if (options.datagram_size_max != usual.datagram_size_max)
    add("datagram_size_max", std::to_string(options.datagram_size_max));
  if (options.lose_per_mille != usual.lose_per_mille)
    add("lose_per_mille", std::to_string(options.lose_per_mille));
  if (options.late_per_mille != usual.late_per_mille)
    add("late_per_mille", std::to_string(options.late_per_mille));
  if (options.double_per_mille != usual.double_per_mille)
    add("double_per_mille", std::to_string(options.double_per_mille));
  if (options.garble_per_mille != usual.garble_per_mille)
    add("garble_per_mille", std::to_string(options.garble_per_mille));
  if (options.busy_per_mille != usual.busy_per_mille)
    add("busy_per_mille", std::to_string(options.busy_per_mille));
  if (options.datagram_wait_max != usual.datagram_wait_max)
    add("datagram_wait_max", duration_code(options.datagram_wait_max));
  return "{" + result + "}";
}

/// Says as well what a fault is in a program.
fault with_code(fault what, std::string code, node_group nodes) {
  what.code = std::move(code);
  what.nodes = std::move(nodes);
  return what;
}

node_group both(node_group a, const node_group& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

} // namespace

// -- one fault each -----------------------------------------------------------

fault partition(node_group a, node_group b) {
  return with_code(
      {fmt::format("partition {} from {}", a, b),
       [=](network& net) {
         net.wires().partition(hosts(net, a), hosts(net, b), net.now());
       }},
      fmt::format("partition({}, {})", code_of(a), code_of(b)), both(a, b));
}

fault isolate(node_group group) {
  return with_code({fmt::format("isolate {}", group),
                    [=](network& net) {
                      net.wires().isolate(hosts(net, group), net.now());
                    }},
                   fmt::format("isolate({})", code_of(group)), group);
}

fault one_way(node_group from, node_group to) {
  return with_code({fmt::format("block {} to {}", from, to),
                    [=](network& net) {
                      net.wires().block(hosts(net, from), hosts(net, to),
                                        net.now());
                    }},
                   fmt::format("one_way({}, {})", code_of(from), code_of(to)),
                   both(from, to));
}

fault heal() {
  return with_code({"heal", [](network& net) { net.wires().heal(net.now()); }},
                   "heal()", {});
}

fault crash(size_t number) {
  return with_code({fmt::format("crash {}", number),
                    [number](network& net) { net.crash(number); }},
                   fmt::format("crash({})", number), {number});
}

fault stop(size_t number) {
  return with_code({fmt::format("stop {}", number),
                    [number](network& net) { net.stop(number); }},
                   fmt::format("stop({})", number), {number});
}

fault start(size_t number) {
  return with_code({fmt::format("start {}", number),
                    [number](network& net) { net.start(number); }},
                   fmt::format("start({})", number), {number});
}

fault stall(size_t from, size_t to, duration span) {
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(span);
  return with_code(
      {fmt::format("stall {} to {} for {} ms", from, to, ms.count()),
       [=](network& net) {
         net.wires().stall(net.host(from), net.host(to), span, net.now());
       }},
      fmt::format("stall({}, {}, {})", from, to, duration_code(span)),
      {from, to});
}

fault reset(size_t a, size_t b) {
  return with_code({fmt::format("reset {} and {}", a, b),
                    [=](network& net) {
                      net.wires().reset_all(net.host(a), net.host(b),
                                            net.now());
                    }},
                   fmt::format("reset({}, {})", a, b), {a, b});
}

fault black_hole(size_t a, size_t b) {
  return with_code({fmt::format("lose what {} and {} say", a, b),
                    [=](network& net) {
                      net.wires().forget_all(net.host(a), net.host(b),
                                             net.now());
                    }},
                   fmt::format("black_hole({}, {})", a, b), {a, b});
}

fault relink(size_t a, size_t b, sim_link_options options) {
  return with_code({fmt::format("relink {} and {}", a, b),
                    [=](network& net) { net.relink(a, b, options); }},
                   fmt::format("relink({}, {}, {})", a, b, code_of(options)),
                   {a, b});
}

fault restore_links() {
  return with_code({"restore links", [](network& net) { net.restore_links(); }},
                   "restore_links()", {});
}

fault weather(sim_link_options options) {
  const auto how = code_of(options);
  return with_code({fmt::format("weather {}", how),
                    [options](network& net) { net.set_weather(options); }},
                   fmt::format("weather({})", how), {});
}

fault slow_name(size_t number, duration wait) {
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(wait);
  return with_code(
      {fmt::format("name of {} takes {} ms", number, ms.count()),
       [=](network& net) {
         net.rename(number, {.latency = sim_latency::fixed(wait)});
       }},
      fmt::format("slow_name({}, {})", number, duration_code(wait)), {number});
}

fault lost_name(size_t number) {
  return with_code({fmt::format("name of {} is lost", number),
                    [=](network& net) {
                      net.rename(number, {.with = sim_dns_entry::mood::fail});
                    }},
                   fmt::format("lost_name({})", number), {number});
}

fault silent_name(size_t number) {
  return with_code({fmt::format("name of {} gets no answer", number),
                    [=](network& net) {
                      net.rename(number, {.with = sim_dns_entry::mood::ignore});
                    }},
                   fmt::format("silent_name({})", number), {number});
}

fault stale_name(size_t number, size_t addresses) {
  return with_code(
      {fmt::format("name of {} has {} old addresses", number, addresses),
       [=](network& net) {
         auto nobody = std::vector(addresses, *ip_address::parse(unused_ip));
         net.rename(number, {.addresses = std::move(nobody)});
       }},
      fmt::format("stale_name({}, {})", number, addresses), {number});
}

fault restore_name(size_t number) {
  return with_code({fmt::format("restore name of {}", number),
                    [number](network& net) { net.restore_name(number); }},
                   fmt::format("restore_name({})", number), {number});
}

fault calm() {
  return with_code({"calm",
                    [](network& net) {
                      heal().apply(net);
                      restore_messages().apply(net);
                      net.messages().senders().reform();
                      restore_links().apply(net);
                      net.restore_names();
                      net.start();
                    }},
                   "calm()", {});
}

} // namespace troupe::testing
