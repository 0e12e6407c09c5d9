// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/metrics_text.hpp"

#include <limits>

#include <doctest/doctest.h>

#include "troupe/actors/operator/peer_metrics.hpp"

using namespace troupe;
using namespace std::chrono_literals;

TEST_CASE("a family has its help and its type before its values") {
  metrics_text text;
  text.family("a_total", metric_kind::counter, "What \"a\" is.");
  text.sample({}, uint64_t{18446744073709551615u});
  text.family("b", metric_kind::gauge, "");
  text.sample({{"x", "1"}, {"y", "2"}}, -3);
  text.sample({{"x", "2"}, {"y", "2"}}, 0.25);
  text.family("c", metric_kind::histogram, "c");
  text.sample({{"le", "+Inf"}}, 1, "_bucket");
  CHECK(text.take()
        == "# HELP a_total What \"a\" is.\n"
           "# TYPE a_total counter\n"
           "a_total 18446744073709551615\n"
           "# HELP b \n"
           "# TYPE b gauge\n"
           "b{x=\"1\",y=\"2\"} -3\n"
           "b{x=\"2\",y=\"2\"} 0.25\n"
           "# HELP c c\n"
           "# TYPE c histogram\n"
           "c_bucket{le=\"+Inf\"} 1\n");
  CHECK(text.take().empty());
}

TEST_CASE("what would end a line or a value is escaped") {
  metrics_text text;
  text.family("a", metric_kind::gauge, "one\ntwo \\");
  text.sample({{"x", "\"}\n\\"}}, 1);
  CHECK(text.take()
        == "# HELP a one\\ntwo \\\\\n"
           "# TYPE a gauge\n"
           "a{x=\"\\\"}\\n\\\\\"} 1\n");
}

TEST_CASE("a number is written as Prometheus reads it") {
  constexpr auto infinity = std::numeric_limits<double>::infinity();
  CHECK(metric_number(infinity) == "+Inf");
  CHECK(metric_number(-infinity) == "-Inf");
  CHECK(metric_number(std::numeric_limits<double>::quiet_NaN()) == "NaN");
  CHECK(metric_number(0.1) == "0.1");
  CHECK(metric_number(1e-05) == "1e-05");
  CHECK(metric_number(1e22) == "1e+22");
}

TEST_CASE("of single peers there are figures if they are connected, by channel "
          "where they have channels") {
  const auto id
      = [](char digit) { return *node_id::parse(std::string(40, digit)); };
  peer_report up{.peer = id('a')};
  up.way = direction::inbound;
  up.score.behaviour = -1.5;
  up.traffic.rtt = 250ms;
  up.traffic.channels = {{.channel = 0x05,
                          .sent_bytes = 10,
                          .received_bytes = 20,
                          .shed = 30,
                          .queued_bytes = 40}};
  peer_report fresh{.peer = id('b')};
  fresh.way = direction::outbound;
  peer_report down{.peer = id('c')};
  metrics_text text;
  append_peers(text, "x_p2p", id('d'), {up, fresh, down});
  auto found = text.take();
  const auto node = "node=\"" + std::string(40, 'd') + "\"";
  const auto of = [&](char digit) {
    return "{" + node + ",peer_id=\"" + std::string(40, digit) + "\"";
  };
  const auto with_channel = of('a') + ",channel=\"0x05\"} ";
  for (const auto& line :
       {"x_p2p_peer_send_bytes_total" + with_channel + "10\n",
        "x_p2p_peer_receive_bytes_total" + with_channel + "20\n",
        "x_p2p_peer_dropped_msgs_total" + with_channel + "30\n",
        "x_p2p_peer_pending_send_bytes" + with_channel + "40\n",
        "x_p2p_peer_rtt_seconds" + of('a') + "} 0.25\n",
        "x_p2p_peer_score" + of('a') + "} -1.5\n",
        "x_p2p_peer_score" + of('b') + "} 0\n"}) {
    CAPTURE(line);
    CHECK(found.find("\n" + line) != std::string::npos);
  }
  CHECK(found.find("rtt_seconds" + of('b')) == std::string::npos);
  CHECK(found.find(of('c')) == std::string::npos);
}
