// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/node/option_info.hpp"

#include <chrono>

#include <doctest/doctest.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

using list = std::vector<std::string>;

option_info of(option_type type) {
  return {.name = "a-name", .group = "", .type = type, .help = ""};
}

/// What is read, or what is said against it.
std::string read(const option_info& info, std::string_view text) {
  auto value = read_option(info, text);
  return value ? print_option(*value) : value.error().context;
}

failure refuse_x(std::string_view text) {
  return text == "x" ? failure{errc::invalid_address, "\"x\" is bad"}
                     : failure{};
}

} // namespace

TEST_CASE("a number is all digits, within its bounds, which are told") {
  auto info = of(option_type::count);
  CHECK(read(info, "0") == "0");
  CHECK(read(info, "18446744073709551615") == "18446744073709551615");
  for (auto text :
       {"", "-1", "+1", "1x", " 1", "1.5", "18446744073709551616", "none"})
    CHECK(read_option(info, text).code() == errc::invalid_option);
  CHECK(read(info, "many") == "\"many\" is not a number");
  info.least = uint64_t{1};
  CHECK(read(info, "0") == "\"0\" is not a number of at least 1");
  info.most = uint64_t{32};
  CHECK(read(info, "33") == "\"33\" is not a number from 1 to 32");
  auto rate = of(option_type::number);
  rate.least = 0.0;
  CHECK(read(rate, "0.01") == "0.01");
  for (auto text : {"nan", "inf", "-1", "fast", ""})
    CHECK(read_option(rate, text).code() == errc::invalid_option);
}

TEST_CASE("where 0 has a meaning, it can be written as none") {
  auto info = of(option_type::count);
  info.zero = "no limit";
  CHECK(read(info, "none") == "0");
}

TEST_CASE("a time is a number with a unit, and nothing that overflows") {
  const auto info = of(option_type::time);
  const auto time = [&](std::string_view text) {
    auto value = read_option(info, text);
    REQUIRE(value.has_value());
    return std::get<duration>(*value);
  };
  CHECK(time("500ms") == 500ms);
  CHECK(time("1.5s") == 1500ms);
  CHECK(time("-2min") == -2min);
  CHECK(time("3153600000s") == 3153600000s);
  for (auto text : {"", "5", "s", "2m", "5 s", "1h30min", "1e3s", "five s"})
    CHECK(read(info, text)
          == "\"" + std::string{text}
                 + "\" is not a time like 500ms, 5s or "
                   "2min");
  for (auto text : {"9000000000s", "99999999999999h", "-99999999999999h",
                    "9223372036854775808s"})
    CHECK(read(info, text).find("is too long, expected at most a century")
          != std::string::npos);
  auto endless = std::string(400, '9');
  endless += 's';
  CHECK(read(info, endless).find("too long") != std::string::npos);
  auto positive = info;
  positive.least = duration{1};
  CHECK(read(positive, "0s")
        == "\"0s\" is not a time like 500ms, 5s or 2min, above 0");
}

TEST_CASE("what is printed is read as the same again") {
  const auto info = of(option_type::time);
  for (duration x : std::initializer_list<duration>{
           0ns, 1ns, 1500ms, 90s, 2min, 24h, -250ms, 1234567891ns}) {
    auto again = read_option(info, print_option(x));
    REQUIRE(again.has_value());
    CHECK(std::get<duration>(*again) == x);
  }
  CHECK(print_option(duration{120s}) == "2min");
  CHECK(print_option(duration{90s}) == "90s");
  CHECK(print_option(list{"a", "b"}) == "a,b");
  CHECK(print_option(true) == "true");
}

TEST_CASE("a list has commas, or brackets as in a configuration file") {
  CHECK(split_list("").empty());
  CHECK(split_list(" , ").empty());
  CHECK(split_list("a, b ,c") == list{"a", "b", "c"});
  CHECK(split_list("[]").empty());
  CHECK(split_list(R"([ "a", 'b' , c ])") == list{"a", "b", "c"});
  CHECK(split_list(R"(["mconn://[::]:1", "mconn://0.0.0.0:1"])")
        == list{"mconn://[::]:1", "mconn://0.0.0.0:1"});
  CHECK(split_list("mconn://[::1]:1") == list{"mconn://[::1]:1"});
  CHECK(split_list("[") == list{"["});
  // Commas alone are no list of nothing.
  CHECK(read(of(option_type::list), ",").find("is not a list")
        != std::string::npos);
}

TEST_CASE("each item of a list is checked, and a word is one of those there "
          "are") {
  auto info = of(option_type::list);
  info.check = refuse_x;
  CHECK(read(info, "a,b") == "a,b");
  CHECK(read_option(info, "a,x").code() == errc::invalid_address);
  CHECK(check_option(info, list{"x"}).context == "a_name: \"x\" is bad");
  auto word = of(option_type::word);
  word.words = {"public", "all"};
  CHECK(read(word, "all") == "all");
  CHECK(read(word, "none") == "\"none\" is not public or all");
}

TEST_CASE("a value that a program made is checked like one that was read") {
  auto info = of(option_type::count);
  info.least = uint64_t{1};
  CHECK(check_option(info, uint64_t{1}).code == errc::none);
  CHECK(check_option(info, uint64_t{0}).context
        == "a_name: is \"0\", expected a number of at least 1");
}

TEST_CASE("an option goes by our name and by CometBFT's, with dashes or "
          "underscores") {
  auto info = of(option_type::list);
  info.cometbft = "seeds bootstrap_peers";
  for (auto name :
       {"a-name", "a_name", "seeds", "bootstrap-peers", "bootstrap_peers"})
    CHECK(is_called(info, name));
  for (auto name : {"", "seed", "a.name", "seeds bootstrap_peers"})
    CHECK_FALSE(is_called(info, name));
}
