// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/node_address.hpp"

#include <set>
#include <unordered_set>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "../vectors.hpp"
#include "troupe/messages/host_name.hpp"

using namespace troupe;

namespace {

constexpr std::string_view id_text = "00112233445566778899aabbccddeeff00112233";

const node_id id = *node_id::parse(id_text);

std::string field(const nlohmann::json& row, const char* name) {
  return row.value(name, std::string{});
}

/// Builds an address by hand. Vectors may hold an ID that no `node_id` can;
/// then `id` stands in for it.
node_address from_json(const nlohmann::json& row) {
  auto text = field(row, "node_id");
  auto parsed = node_id::parse(text);
  return {.protocol = field(row, "protocol"),
          .id = text.empty() ? node_id{} : (parsed ? *parsed : id),
          .hostname = field(row, "hostname"),
          .port = row.value("port", uint16_t{0}),
          .path = field(row, "path")};
}

std::string context_of(std::string_view text) {
  auto parsed = node_address::parse(text);
  return parsed ? "no error" : parsed.error().context;
}

/// Whether other nodes take for a host what is none for us: a name that is not
/// ASCII, an IPv6 address without brackets or with a zone.
bool has_no_host(const nlohmann::json& row) {
  const auto host = field(row, "hostname");
  return !row.contains("error") && !host.empty()
         && (validate_host(host).code != errc::none
             || (host.find(':') != std::string::npos
                 && row["input"].get<std::string>().find('[')
                        == std::string::npos));
}

/// Other nodes print a path without slash with one.
std::string with_slash(std::string path) {
  if (!path.empty() && path[0] != '/')
    path.insert(0, 1, '/');
  return path;
}

/// Other nodes print an IPv6 address without port without brackets.
std::string with_brackets(std::string text) {
  const auto at = text.find('@');
  const auto host = at + 1;
  if (at == std::string::npos || text.find('[') != std::string::npos
      || text.find("::", host) == std::string::npos)
    return text;
  return text.substr(0, host) + '[' + text.substr(host) + ']';
}

std::string with_id(std::string_view rest) {
  return std::string{id_text} + std::string{rest};
}

} // namespace

TEST_CASE("addresses parse as other nodes parse them, where hosts are hosts") {
  auto rows = test::load_vectors("node_address_url")["parse"];
  CHECK(rows.size() == 108);
  size_t no_hosts = 0;
  for (const auto& row : rows) {
    CAPTURE(row);
    const auto input = row["input"].get<std::string>();
    auto parsed = node_address::parse(input);
    if (has_no_host(row)) {
      ++no_hosts;
      CHECK(context_of(input).find("host ") != std::string::npos);
      continue;
    }
    REQUIRE(parsed.has_value() == !row.contains("error"));
    if (!parsed) {
      CHECK(parsed.code() == errc::invalid_address);
      continue;
    }
    CHECK(parsed->protocol == row["protocol"]);
    CHECK(to_string(parsed->id) == row["node_id"]);
    CHECK(parsed->hostname == row["hostname"]);
    CHECK(parsed->port == row["port"]);
    CHECK(parsed->path == with_slash(row["path"]));
    CHECK(to_string(*parsed) == with_brackets(row["string"]));
    CHECK(validate(*parsed).code == errc::none);
    auto again = node_address::parse(to_string(*parsed));
    CHECK((again.has_value() && *again == *parsed));
  }
  CHECK(no_hosts == 6);
}

TEST_CASE("a path may look like a protocol if a port tells it apart") {
  auto parsed = node_address::parse(with_id("@host:80/a://b"));
  REQUIRE(parsed.has_value());
  CHECK(parsed->hostname == "host");
  CHECK(parsed->port == 80);
  CHECK(parsed->path == "/a://b");
  CHECK_FALSE(node_address::parse(with_id("@host/a://b")).has_value());
  CHECK_FALSE(node_address::parse(with_id("@host:/a://b")).has_value());
}

TEST_CASE("what is wrong with an address is said for humans") {
  // The kind that the vectors give to each refused input, and what we say.
  auto rows = test::load_vectors("node_address_url")["parse"];
  for (const auto& row : rows) {
    if (!row.contains("error"))
      continue;
    CAPTURE(row);
    auto input = row["input"].get<std::string>();
    auto context = context_of(input);
    CHECK(context.starts_with("address \""));
    CHECK(context.find('\n') == std::string::npos);
    auto says = [&context](std::string_view text) {
      return context.find(text) != std::string::npos;
    };
    auto kind = row["error_kind"].get<std::string>();
    if (kind == "id_missing")
      CHECK(says("it has no node ID, expected"));
    else if (kind == "port_range")
      CHECK(says("is above 65535"));
    else if (kind == "port_without_host")
      CHECK(says("has no host name"));
    else if (kind == "id_malformed")
      CHECK((says("hexadecimal digits") || says("it has no node ID")));
    else
      CHECK_FALSE(says("node ID \""));
  }
}

TEST_CASE("the message names the part") {
  CHECK(context_of("x@y")
        == "address \"x@y\": node ID \"x\" is not 40 lower-case hexadecimal "
           "digits");
  CHECK(context_of("localhost:26656")
        == "address \"localhost:26656\": it has no node ID, expected "
           "[PROTOCOL://]ID@HOST[:PORT] or PROTOCOL:ID");
  CHECK(context_of(with_id("@host:99999"))
        == "address \"" + with_id("@host:99999")
               + "\": port \"99999\" is above 65535");
  CHECK(context_of(with_id("@host:8o"))
        == "address \"" + with_id("@host:8o")
               + "\": port \"8o\" is not a number");
  CHECK(context_of(with_id("@ho st"))
        == "address \"" + with_id("@ho st")
               + "\": \" \" cannot be part of a host name");
  CHECK(context_of(with_id("@host/%zz"))
        == "address \"" + with_id("@host/%zz")
               + "\": \"%zz\" is not a percent escape");
  CHECK(context_of(with_id("@[::1"))
        == "address \"" + with_id("@[::1") + "\": there is no ']' after '['");
}

TEST_CASE("addresses of absurd size or unprintable content are refused") {
  auto longest = with_id("@host/");
  longest.resize(node_address::max_text_size, 'x');
  CHECK(node_address::parse(longest).has_value());
  auto refusal = node_address::parse(longest + 'x');
  CHECK(refusal.code() == errc::invalid_address);
  CHECK(refusal.error().context.size() < 300);
  CHECK(context_of(with_id("@host/%ff")).ends_with("is not UTF-8"));
  for (std::string c : {"\t", "\n", "\x1b", "\x7f", "\x1f"})
    CHECK(context_of(with_id("@host/" + c)).ends_with("control character"));
  CHECK(context_of(with_id("@host%25x")).ends_with("in a host name"));
  // An escaped control character is data, but does not come out bare.
  auto parsed = node_address::parse(with_id("@host/%0a"));
  REQUIRE(parsed.has_value());
  CHECK(to_string(*parsed).ends_with("@host/%0A"));
}

TEST_CASE("no prefix of an address and no flipped bit breaks the parser") {
  auto valid = "TCP://" + with_id(":pw@[fe80::1:2]:80/a%2Fb?c=d#e%20f");
  REQUIRE(node_address::parse(valid).has_value());
  for (size_t size = 0; size < valid.size(); ++size)
    (void)node_address::parse(valid.substr(0, size));
  for (size_t i = 0; i < valid.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      auto flipped = valid;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      auto parsed = node_address::parse(flipped);
      if (!parsed)
        continue;
      CHECK(validate(*parsed).code == errc::none);
      auto again = node_address::parse(to_string(*parsed));
      CHECK((again.has_value() && *again == *parsed));
    }
  }
}

TEST_CASE("addresses print as other nodes print them") {
  auto rows = test::load_vectors("node_address_url")["format"];
  CHECK(rows.size() == 16);
  for (const auto& row : rows) {
    CAPTURE(row);
    auto expected = row["string"].get<std::string>();
    // The one ID that is none, percent-encoded.
    constexpr std::string_view odd_id = "%F0%9F%91%A8";
    if (auto pos = expected.find(odd_id); pos != std::string::npos)
      expected.replace(pos, odd_id.size(), id_text);
    CHECK(to_string(from_json(row["address"])) == expected);
  }
  auto parsed = *node_address::parse(with_id("@host:80"));
  CHECK(fmt::format("{}", parsed) == to_string(parsed));
}

TEST_CASE("an address needs protocol and ID, and a port a host") {
  auto rows = test::load_vectors("node_address_url")["validate"];
  CHECK(rows.size() == 9);
  for (const auto& row : rows) {
    CAPTURE(row);
    // A bad ID cannot even get into an address.
    auto text = field(row["address"], "node_id");
    const auto host = field(row["address"], "hostname");
    auto ok = (text.empty() || node_id::parse(text).has_value())
              && validate(from_json(row["address"])).code == errc::none;
    // Nor do we take a name that is not ASCII.
    const auto is_host = host.empty() || validate_host(host).code == errc::none;
    CHECK(ok == (row["ok"].get<bool>() && is_host));
  }
  auto no_host = node_address{.protocol = "mconn", .id = id, .port = 80};
  CHECK(validate(no_host).code == errc::invalid_address);
  CHECK(validate(no_host).context
        == "address \"mconn:" + std::string{id_text}
               + "\": port 80 has no host name");
  auto no_protocol = node_address{.id = id, .hostname = "host"};
  CHECK(validate(no_protocol).context
        == "address \"" + with_id("@host") + "\": it has no protocol");
  CHECK(validate(node_address{.protocol = "mconn", .hostname = "host"}).code
        == errc::invalid_address);
  CHECK(
      validate(node_address{.protocol = "mconn", .id = id, .hostname = "\xff"})
          .code
      == errc::invalid_address);
}

TEST_CASE("addresses that need no lookup resolve to an endpoint") {
  auto rows = test::load_vectors("node_address_url")["resolve_without_dns"];
  CHECK(rows.size() == 12);
  for (const auto& row : rows) {
    CAPTURE(row);
    auto address = from_json(row["address"]);
    auto resolved = to_endpoint(address);
    REQUIRE(resolved.has_value() == !row.contains("error"));
    if (!resolved) {
      CHECK(resolved.code() == errc::invalid_address);
      continue;
    }
    CHECK_FALSE(needs_lookup(address));
    CHECK(resolved->protocol == field(row["endpoint"], "protocol"));
    CHECK((resolved->ip ? to_string(*resolved->ip) : "")
          == field(row["endpoint"], "ip"));
    CHECK(resolved->port == row["endpoint"].value("port", 0));
    CHECK(resolved->path == field(row["endpoint"], "path"));
    CHECK(validate(*resolved).code == errc::none);
  }
}

TEST_CASE("a name resolves to one endpoint for each of its addresses") {
  auto address = *node_address::parse("tcp://" + with_id("@localhost:80/x"));
  CHECK(needs_lookup(address));
  CHECK(to_endpoint(address).code() == errc::unknown_host);
  auto v4 = ip_address::v4(127, 0, 0, 1);
  auto v6 = *ip_address::parse("::1");
  auto all = to_endpoints(address, std::vector{v6, v4});
  REQUIRE(all.has_value());
  CHECK(*all
        == std::vector<endpoint>{{"tcp", v6, 80, "/x"}, {"tcp", v4, 80, "/x"}});
  // Whatever a resolver says about it, an IP address is itself.
  address.hostname = "1.2.3.4";
  all = to_endpoints(address, std::vector{v4});
  REQUIRE(all.has_value());
  CHECK(all->at(0).ip == ip_address::v4(1, 2, 3, 4));
  CHECK(all->size() == 1);
}

TEST_CASE("what cannot be a name is not looked up") {
  auto resolve = [](std::string hostname) {
    return to_endpoint({.protocol = "tcp", .id = id, .hostname = hostname});
  };
  for (auto host : {"127.0.0.1:80", ":", "fe80::1%eth0", "127.1", "\xff"})
    CHECK(resolve(host).code() == errc::invalid_address);
  CHECK(resolve("name.example").code() == errc::unknown_host);
}

TEST_CASE("an IP address has one spelling") {
  auto hostname = [](const std::string& host) {
    auto parsed = node_address::parse(with_id("@" + host));
    return parsed ? parsed->hostname : parsed.error().context;
  };
  CHECK(hostname("[2001:0DB8:0::5]:80") == "2001:db8::5");
  CHECK(hostname("[::ffff:1.2.3.4]:80") == "1.2.3.4");
  CHECK(hostname("1.2.3.4") == "1.2.3.4");
}

TEST_CASE("an IPv6 address without brackets does not lose its end to a port") {
  auto says
      = [](const std::string& host) { return context_of(with_id("@" + host)); };
  CHECK(says("2001:db8::5").find("needs brackets") != std::string::npos);
  CHECK(says("2001:db8::5:26656").find("needs brackets") != std::string::npos);
  CHECK(says("[1.2.3.4]:80").find("is not an IPv6") != std::string::npos);
  CHECK(says("[host]:80").find("is not an IPv6") != std::string::npos);
  CHECK(says("[fe80::1%25eth0]:80").find("zone") != std::string::npos);
}

TEST_CASE("addresses that differ in one field are different") {
  node_address base{
      .protocol = "tcp", .id = id, .hostname = "a", .port = 1, .path = "/a"};
  auto protocol = base, other_id = base, hostname = base, port = base,
       path = base;
  protocol.protocol = "mconn";
  other_id.id = *node_id::parse("f0112233445566778899aabbccddeeff00112233");
  hostname.hostname = "b";
  port.port = 2;
  path.path = "/b";
  auto all = {base, protocol, other_id, hostname, port, path, base};
  CHECK(std::set<node_address>{all}.size() == 6);
  CHECK(std::unordered_set<node_address>{all}.size() == 6);
  std::set<size_t> hashes;
  for (const auto& x : all)
    hashes.insert(std::hash<node_address>{}(x));
  CHECK(hashes.size() == 6);
}
