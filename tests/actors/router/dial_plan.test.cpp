// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/router/dial_plan.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "troupe/messages/parse_endpoint.hpp"

using namespace std::chrono_literals;
using namespace troupe;

namespace {

constexpr auto start = time_point{} + 1h;

std::vector<ip_address> ips(const std::vector<std::string>& texts) {
  std::vector<ip_address> result;
  for (const auto& text : texts)
    result.push_back(*ip_address::parse(text));
  return result;
}

/// Ports 1 to `count` of one host.
dial_plan plan_of(uint16_t count) {
  std::vector<endpoint> all;
  for (uint16_t port = 1; port <= count; ++port)
    all.push_back({"mconn", ip_address::v4(10, 0, 0, 1), port, {}});
  return dial_plan{all};
}

/// The port to try now; 0 if there is none.
int next(dial_plan& plan, duration after) {
  auto where = plan.next(start + after);
  return where ? where->port : 0;
}

bool may_lead(const std::string& where, const name_limits& limits = {}) {
  return may_lead_to(*parse_endpoint(where), limits);
}

} // namespace

TEST_CASE("families take turns, beginning with the first one's") {
  CHECK(interleave_families({}).empty());
  CHECK(interleave_families(ips({"1.1.1.1"})) == ips({"1.1.1.1"}));
  CHECK(interleave_families(ips({"2::1", "2::2", "1.1.1.1", "2::3"}))
        == ips({"2::1", "1.1.1.1", "2::2", "2::3"}));
  CHECK(interleave_families(ips({"1.1.1.1", "1.1.1.2", "2::1", "2::2"}))
        == ips({"1.1.1.1", "2::1", "1.1.1.2", "2::2"}));
  CHECK(interleave_families(ips({"1.1.1.1", "2::1", "2::2", "2::3"}))
        == ips({"1.1.1.1", "2::1", "2::2", "2::3"}));
}

TEST_CASE("the next attempt begins a quarter of a second after a silent one") {
  auto plan = plan_of(3);
  CHECK(next(plan, 0ms) == 1);
  CHECK(next(plan, 0ms) == 0);
  CHECK(plan.next_wakeup() == start + 250ms);
  CHECK(next(plan, 249ms) == 0);
  CHECK(next(plan, 250ms) == 2);
  CHECK(plan.next_wakeup() == start + 500ms);
  CHECK(next(plan, 600ms) == 3);
  CHECK_FALSE(plan.next_wakeup());
  CHECK_FALSE(plan.is_over());
  for (int i = 0; i < 3; ++i)
    plan.failed();
  CHECK(plan.is_over());
}

TEST_CASE("the next attempt begins at once where one has failed") {
  auto plan = plan_of(3);
  CHECK(next(plan, 0ms) == 1);
  plan.failed();
  CHECK(plan.is_idle());
  CHECK_FALSE(plan.is_over());
  CHECK(next(plan, 1ms) == 2);
  CHECK(next(plan, 2ms) == 0);
  plan.failed();
  CHECK(next(plan, 2ms) == 3);
}

TEST_CASE("no more attempts go on at once than may") {
  auto plan = plan_of(8);
  for (int i = 0; i < 4; ++i)
    CHECK(next(plan, i * 250ms) == i + 1);
  CHECK(next(plan, 10s) == 0);
  CHECK_FALSE(plan.next_wakeup());
  plan.failed();
  CHECK(next(plan, 10s) == 5);
  CHECK(next(plan, 20s) == 0);
}

TEST_CASE("a name has only so many endpoints that are tried") {
  auto plan = plan_of(20);
  size_t tried = 0;
  for (auto now = 0ms; !plan.is_over(); now += 250ms) {
    if (next(plan, now) > 0)
      ++tried;
    plan.failed();
  }
  CHECK(tried == dialer_endpoints_max);
}

TEST_CASE("after a success, no attempt begins") {
  auto plan = plan_of(3);
  CHECK(next(plan, 0ms) == 1);
  CHECK(next(plan, 250ms) == 2);
  plan.succeeded();
  CHECK(next(plan, 500ms) == 0);
  CHECK_FALSE(plan.next_wakeup());
  CHECK_FALSE(plan.is_idle());
  plan.failed();
  CHECK(next(plan, 500ms) == 0);
  CHECK(plan.is_idle());
  CHECK(plan.is_over());
}

TEST_CASE("a stranger's name leads to what all can reach, and not to us") {
  CHECK(may_lead("mconn://1.2.3.4:1"));
  CHECK(may_lead("mconn://[2606:4700::1]:1"));
  for (const auto* where :
       {"mconn://127.0.0.1:1", "mconn://[::1]:1", "mconn://10.0.0.1:1",
        "mconn://192.168.0.1:1", "mconn://169.254.0.1:1", "mconn://[fd00::1]:1",
        "mconn://[fe80::1]:1", "mconn://[::ffff:10.0.0.1]:1"}) {
    CAPTURE(where);
    CHECK_FALSE(may_lead(where));
    CHECK(may_lead(where, {.private_too = true}));
  }
  for (const auto* where :
       {"mconn://0.0.0.0:1", "mconn://[::]:1", "mconn://224.0.0.1:1"}) {
    CAPTURE(where);
    CHECK_FALSE(may_lead(where));
    CHECK_FALSE(may_lead(where, {.private_too = true}));
  }
  const name_limits ours{.own = {*parse_endpoint("mconn://1.2.3.4:5"),
                                 *parse_endpoint("mconn://10.0.0.1:5")},
                         .private_too = true};
  CHECK_FALSE(may_lead("mconn://1.2.3.4:5", ours));
  CHECK_FALSE(may_lead("mconn://10.0.0.1:5", ours));
  CHECK(may_lead("mconn://1.2.3.4:6", ours));
  // What has no IP address knows no names.
  CHECK(may_lead_to({.protocol = "memory", .path = "x"}, {}));
}
