// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/operator_request.hpp"

#include <fstream>
#include <set>
#include <sstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "troupe/actors/operator/json_input.hpp"

using namespace troupe;
using namespace troupe::operator_requests;
using namespace std::chrono_literals;

namespace {

const std::string id(40, 'a');

auto parse(const std::string& method, const std::string& target,
           const std::string& body = {},
           operator_surface surface = operator_surface::everything) {
  return parse_operator_request({method, target, body}, surface);
}

template <class T>
T accepted(const std::string& method, const std::string& target,
           const std::string& body = {}) {
  auto result = parse(method, target, body);
  if (auto* response = std::get_if<http_response>(&result))
    FAIL(response->body);
  return std::get<T>(std::get<operator_request>(result));
}

http_response refused(const std::string& method, const std::string& target,
                      const std::string& body = {}) {
  auto result = parse(method, target, body);
  REQUIRE(std::holds_alternative<http_response>(result));
  return std::get<http_response>(result);
}

} // namespace

TEST_CASE("a request is what its method, path and body say") {
  accepted<show_health>("GET", "/health");
  accepted<show_health>("HEAD", "/health?x=y&&=");
  accepted<show_metrics>("GET", "/metrics?");
  CHECK_FALSE(accepted<follow_events>("GET", "/events").headers_only);
  CHECK(accepted<follow_events>("HEAD", "/events").headers_only);
  CHECK(accepted<list_peers>("GET", "/peers").limit == listed_peers_max);
  CHECK(accepted<list_peers>("GET", "/peers?a&limit=7").limit == 7);
  auto peer = R"({"peer":")" + id + R"("})";
  CHECK(to_string(accepted<disconnect>("POST", "/disconnect", peer).peer)
        == id);
  CHECK(accepted<dial>("POST", "/dial", peer).address.protocol.empty());
  CHECK(accepted<dial>("POST", "/dial", R"({"peer":")" + id + R"(@h:1"})")
            .address.hostname
        == "h");
  CHECK(to_string(accepted<forget>("POST", "/forget", peer).peer) == id);
  auto added = accepted<add_peers>("POST", "/peers",
                                   R"({"peers":[")" + id + R"(@h:1",")" + id
                                       + R"(@h:2"]})");
  REQUIRE(added.addresses.size() == 2);
  CHECK(added.addresses[1].port == 2);
  auto order = accepted<ban>(
      "POST", "/ban", R"({"reason":"x","seconds":1.5,"peer":")" + id + R"("})");
  CHECK(order.how_long == 1500ms);
  CHECK(order.reason == "x");
  CHECK(accepted<ban>("POST", "/ban",
                      R"({"seconds":1e-10,"peer":")" + id + R"("})")
            .how_long
        == 1ns);
  CHECK(accepted<ban>("POST", "/ban", R"({"seconds":1,"peer":")" + id + R"("})")
            .reason
        == "by operator");
  auto change = accepted<change_limits>("PATCH", "/limits",
                                        R"({"max_connected":null})");
  REQUIRE(change.patch.max_connected);
  CHECK_FALSE(*change.patch.max_connected);
  CHECK_FALSE(change.patch.max_incoming);
  CHECK(
      accepted<change_limits>("PATCH", "/limits", R"({"subnet_limits":"all"})")
          .patch.subnet_limits
      == subnet_scope::all);
}

TEST_CASE("what makes no sense is refused with what was expected") {
  CHECK(refused("GET", "/").status == 404);
  CHECK(refused("GET", "").status == 404);
  CHECK(refused("GET", "/peers/").status == 404);
  // RPC of CometBFT, asked of the port of its metrics.
  CHECK(
      std::get<http_response>(
          parse_operator_request({.method = "GET", .target = "/status"},
                                 operator_surface::read_only))
          .body.find(R"(there is no \"/status\", there are /health, /metrics")")
      != std::string::npos);
  CHECK(refused("GET", "//health").status == 404);
  CHECK(refused("GET", "http://other/health").status == 404);
  auto other = refused("DELETE", "/limits");
  CHECK(other.status == 405);
  CHECK(other.allow == "GET, HEAD, PATCH");
  CHECK(refused("GET", "/dial").status == 405);
  CHECK(refused("HEAD", "/dial").status == 405);
  const std::pair<const char*, std::string> bad[] = {
      {"/dial", ""},
      {"/dial", "[]"},
      {"/dial", "{"},
      {"/dial", "{}"},
      {"/dial", R"({"peer":7})"},
      {"/dial", R"({"peer":"somebody"})"},
      {"/dial", R"({"peer":")" + id + R"(","more":1})"},
      {"/disconnect", R"({"peer":")" + id + R"(@host:1"})"},
      {"/ban", R"({"peer":")" + id + R"("})"},
      {"/ban", R"({"seconds":0,"peer":")" + id + R"("})"},
      {"/ban", R"({"seconds":-1,"peer":")" + id + R"("})"},
      {"/ban", R"({"seconds":1e300,"peer":")" + id + R"("})"},
      {"/ban", R"({"seconds":"1h","peer":")" + id + R"("})"},
      {"/ban", R"({"seconds":1,"peer":")" + id + R"(","reason":")"
                   + std::string(257, 'x') + R"("})"},
      {"/unban", "{\"peer\":\"\xff\xfe\"}"},
      {"/forget", R"({"peer":"somebody"})"},
      {"/peers", "{}"},
      {"/peers", R"({"peers":")" + id + R"(@h:1"})"},
      {"/peers", R"({"peers":[7]})"},
      {"/peers", R"({"peers":[")" + id + R"(@h:1","somebody"]})"},
  };
  for (const auto& [path, body] : bad) {
    CAPTURE(body);
    auto answer = refused("POST", path, body);
    CHECK(answer.status == 400);
    CHECK(nlohmann::json::parse(answer.body).at("error") == "invalid_option");
  }
  for (const std::string body :
       {R"({"max_peers":1})", R"({"max_connected":0.5})",
        R"({"max_connected":-1})", R"({"max_connected":1e30})",
        R"({"max_per_ip":null})", R"({"max_connected_upgrade":null})",
        R"({"ip_rate":0})", R"({"ip_rate":"fast"})", R"({"ip_rate":-1})",
        R"({"subnet_limits":"some"})", R"({"subnet_limits":null})"}) {
    CAPTURE(body);
    CHECK(refused("PATCH", "/limits", body).status == 400);
  }
  for (const std::string query : {"limit=", "limit=x", "limit=10001",
                                  "limit=-1", "limit=99999999999999999999"})
    CHECK(refused("GET", "/peers?" + query).status == 400);
}

TEST_CASE("a body that is nested deeply is refused before it is parsed") {
  CHECK(parse_json_object(" \n")->empty());
  CHECK(parse_json_object(R"({"a":{"b":[[]]}})"));
  CHECK_FALSE(parse_json_object(std::string(60'000, '[')));
  CHECK_FALSE(parse_json_object(std::string{"{\"a\":"}.append(60'000, '{')));
}

TEST_CASE("a patch changes what it names, and the same rate keeps its burst") {
  operator_limits limits;
  const auto before = limits;
  limits_patch::parse(R"({"ip_rate":10})")->apply(limits);
  CHECK(limits == before);
  limits_patch::parse(R"({"ip_rate":null,"total_rate":2.5,"max_per_ip":9,
                          "max_outgoing":3})")
      ->apply(limits);
  CHECK_FALSE(limits.inbound.ip_rate);
  CHECK(limits.inbound.total_rate->per_second == 2.5);
  CHECK(limits.inbound.max_per_ip == 9);
  CHECK(limits.connections.max_outgoing == 3);
  CHECK(limits.connections.max_connected == before.connections.max_connected);
}

TEST_CASE("the README of the folder names each route, and no other") {
  std::ifstream file{TROUPE_OPERATOR_README};
  REQUIRE(file);
  // | `GET /peers` | ...
  std::set<std::string> documented;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `GET /") && !line.starts_with("| `POST /")
        && !line.starts_with("| `PATCH /"))
      continue;
    std::istringstream words{line.substr(3, line.find('`', 3) - 3)};
    std::string method;
    std::string path;
    words >> method >> path;
    documented.insert(method + " " + path);
    auto result = parse(method, path);
    if (auto* answer = std::get_if<http_response>(&result))
      CHECK_MESSAGE(answer->status == 400, line);
    // The table's second column says whether a port has it, too.
    auto open = parse(method, path, {}, operator_surface::read_only);
    auto* answer = std::get_if<http_response>(&open);
    auto hidden = answer != nullptr && answer->status == 404;
    CHECK_MESSAGE(hidden == (line.find("| socket |") != std::string::npos),
                  line);
  }
  CHECK(documented.size() == operator_route_count());
}
