// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/run_record.hpp"

#include <algorithm>
#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <caf/event_based_actor.hpp>

#include "troupe/proto/echo.pb.h"
#include "troupe/tests/harness/faults.hpp"
#include "troupe/tests/harness/message_faults.hpp"
#include "troupe/tests/harness/network.hpp"

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::testing;

namespace {

constexpr auto hostile = "</script><img src=x onerror=alert(1)>\"\\\x01\xff";

byte_view bytes_of(std::string_view text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}

/// One message a node and second, from node to node. @returns the hash of the
/// run, and what was recorded.
std::pair<uint64_t, nlohmann::json> play(bool record, fidelity how) {
  network net{3, {.how = how}};
  if (record)
    net.start_recording();
  net.add_nodes(3).connect(full_mesh(3));
  net.add_reactor([](auto& sys, const node& home, size_t number) {
    sys.spawn([home, number](caf::event_based_actor* self) -> caf::behavior {
      auto wire = home.open_channel<echo::EchoMessage>(self, {.id = 0x70});
      self->delayed_send(self, 5s, caf::tick_atom_v);
      return {[](const inbound_envelope&) {},
              [self, wire, number](caf::tick_atom) {
                self->delayed_send(self, 1s, caf::tick_atom_v);
                echo::PingMessage ping;
                ping.set_content("said by " + std::to_string(number));
                wire.broadcast(ping);
              }};
    });
  });
  net.at(10s, drop_messages("those to 2", [](const app_message& message) {
           return message.to == 2;
         }));
  net.at(12s, crash(1));
  net.at(15s, calm());
  net.start();
  net.advance(20s);
  const auto hash = net.system().trace().hash();
  return {hash,
          record ? nlohmann::json::parse(net.recorded()) : nlohmann::json{}};
}

} // namespace

SCENARIO("recording a run does not change it") {
  CHECK(play(true, fidelity::mconn).first
        == play(false, fidelity::mconn).first);
  CHECK(play(true, fidelity::messages).first
        == play(false, fidelity::messages).first);
}

SCENARIO("messages are recorded from their sending to their arrival") {
  for (auto how : {fidelity::mconn, fidelity::messages}) {
    const auto run = play(true, how).second;
    const auto& messages = run["messages"];
    REQUIRE(messages.size() > 8 * 50);
    size_t lost = 0;
    int64_t last = 0;
    for (size_t i = 0; i < messages.size(); i += 8) {
      const auto arrived = messages[i].get<int64_t>();
      const auto sent = messages[i + 1].get<int64_t>();
      const auto from = messages[i + 2].get<size_t>();
      const auto to = messages[i + 3].get<size_t>();
      CHECK(from != to);
      CHECK(messages[i + 4].get<int>() == 0x70);
      // A link takes 10 ms at least, and nothing is in its way.
      CHECK(arrived - sent >= 10'000);
      CHECK(arrived - sent < 2'000'000);
      CHECK(arrived >= last);
      last = arrived;
      const auto text
          = run["strings"][messages[i + 6].get<size_t>()].get<std::string>();
      CHECK(text.find("said by " + std::to_string(from)) != std::string::npos);
      const auto is_lost = messages[i + 7].get<int>() == 1;
      CHECK((!is_lost || to == 2));
      lost += is_lost ? 1 : 0;
    }
    CHECK(lost >= 5);
    CHECK(lost < 20);
  }
}

SCENARIO("faults, and what becomes of nodes and peers, are marked") {
  const auto run = play(true, fidelity::messages).second;
  const auto& marks = run["marks"];
  std::vector<std::string> seen;
  for (size_t i = 0; i < marks.size(); i += 4)
    seen.push_back(
        std::to_string(marks[i + 1].get<int>()) + " "
        + std::to_string(marks[i + 2].get<int>()) + " "
        + run["strings"][marks[i + 3].get<size_t>()].get<std::string>());
  auto has = [&seen](const std::string& what) {
    return std::find(seen.begin(), seen.end(), what) != seen.end();
  };
  CHECK(has("1 0 start node-0"));
  CHECK(has("0 -1 crash 1"));
  CHECK(has("3 1 crash node-1"));
  CHECK(has("0 -1 drop those to 2"));
  CHECK(has("6 0 node-1"));
  CHECK(has("0 -1 calm"));
}

SCENARIO("whatever somebody sends stays text in a page") {
  run_record record{time_point{}, hostile};
  record.noted(time_point{1s}, std::string{"failure: "} + hostile);
  record.crossed({.sent = time_point{1s},
                  .arrived = time_point{2s},
                  .from = 0,
                  .to = 1,
                  .body = bytes_of(hostile)});
  sim_delivery step;
  step.receiver = "mine";
  step.content = hostile;
  record.noted(time_point{2s}, step);
  const auto text = record.json(2, time_point{3s});
  CHECK(text.find('<') == std::string::npos);
  CHECK(text.find('\x01') == std::string::npos);
  const auto run = nlohmann::json::parse(text);
  CHECK(run["failure"].get<std::string>().find("</script><img") == 0);
  CHECK(run["messages"].size() == 8);
  CHECK(run["steps"].size() == 8);
  CHECK(run["steps"][7].get<int>() >= 0);
  const auto page = run_page({text});
  // Those of the page itself, and one for the run.
  size_t ends = 0;
  for (size_t at = 0; (at = page.find("</script>", at)) != std::string::npos;
       ++at)
    ++ends;
  CHECK(ends == 5);
}

SCENARIO("a page is made of its parts, and loads nothing") {
  const auto page = run_page({"{}", "{}"});
  CHECK(page.find("class Painter") != std::string::npos);
  CHECK(page.find("class Filter") != std::string::npos);
  CHECK(page.find("--quiet: #") != std::string::npos);
  for (const auto* part : {"@page.css@", "@model.js@", "@runs@",
                           "http:", "https:", " src=", "@import", "url("})
    CHECK(page.find(part) == std::string::npos);
  CHECK(page.find("default-src 'none'") != std::string::npos);
}

SCENARIO("of a long run, the end is kept") {
  run_record record{time_point{}, "1"};
  sim_delivery step;
  step.receiver = "mine";
  for (size_t i = 0; i < run_record::entries_max + 10; ++i)
    record.noted(time_point{std::chrono::microseconds{i}}, step);
  const auto run = nlohmann::json::parse(record.json(1, time_point{1s}));
  CHECK(run["left_out"].get<int>() == 10);
  CHECK(run["steps"].size() == 8 * run_record::entries_max);
  CHECK(run["steps"][0].get<int>() == 10);
}
