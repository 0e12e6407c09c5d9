// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/ip_scope.hpp"

#include <string>
#include <utility>

#include <doctest/doctest.h>

using namespace troupe;

TEST_CASE("an IP address says from where it can be reached") {
  const std::pair<std::string, ip_scope> rows[] = {
      {"0.0.0.0", ip_scope::unspecified},
      {"0.1.2.3", ip_scope::unspecified},
      {"::", ip_scope::unspecified},
      {"127.0.0.1", ip_scope::loopback},
      {"127.255.255.255", ip_scope::loopback},
      {"::1", ip_scope::loopback},
      {"::ffff:127.0.0.1", ip_scope::loopback},
      {"169.254.1.1", ip_scope::link},
      {"fe80::1", ip_scope::link},
      {"febf::1", ip_scope::link},
      {"10.255.0.1", ip_scope::site},
      {"172.16.0.1", ip_scope::site},
      {"172.31.255.255", ip_scope::site},
      {"192.168.0.1", ip_scope::site},
      {"100.64.0.1", ip_scope::site},
      {"fd00::1", ip_scope::site},
      {"::ffff:10.0.0.1", ip_scope::site},
      {"224.0.0.1", ip_scope::nobody},
      {"255.255.255.255", ip_scope::nobody},
      {"ff02::1", ip_scope::nobody},
      {"2001:db8::1", ip_scope::nobody},
      {"1.1.1.1", ip_scope::global},
      {"172.32.0.1", ip_scope::global},
      {"100.128.0.1", ip_scope::global},
      {"2606:4700::1111", ip_scope::global},
      {"2001:db9::1", ip_scope::global},
  };
  for (const auto& [text, expected] : rows) {
    CAPTURE(text);
    const auto ip = *ip_address::parse(text);
    CHECK(scope_of(ip) == expected);
    CHECK(is_private(ip)
          == (expected == ip_scope::loopback || expected == ip_scope::link
              || expected == ip_scope::site));
  }
}
