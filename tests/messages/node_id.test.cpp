// SPDX-License-Identifier: Apache-2.0
#include "troupe/messages/node_id.hpp"

#include <algorithm>
#include <cctype>
#include <unordered_set>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "../vectors.hpp"
#include "inspectors.hpp"

using namespace troupe;

namespace {

constexpr std::string_view text = "00112233445566778899aabbccddeeff00112233";

std::string lower(std::string value) {
  std::transform(value.begin(), value.end(), value.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return value;
}

} // namespace

TEST_CASE("an ID is the start of the hash of the public key") {
  auto rows = test::load_vectors("node_id")["ids"];
  CHECK(rows.size() == 11);
  for (const auto& row : rows) {
    CAPTURE(row["note"]);
    auto key = test::from_hex(row["public_key"]);
    REQUIRE(key.size() == 32);
    auto id = node_id::of(std::span<const std::byte, 32>{key});
    CHECK(to_string(id) == row["node_id"]);
    CHECK(*node_id::parse(row["node_id"].get<std::string>()) == id);
    auto digest = test::from_hex(row["sha256_of_public_key"]);
    CHECK(std::equal(id.bytes().begin(), id.bytes().end(), digest.begin()));
  }
}

TEST_CASE("an ID is 40 hexadecimal digits, and lower case unless the "
          "caller is lenient") {
  auto rows = test::load_vectors("node_id")["id_validation_v0_35"];
  CHECK(rows.size() == 9);
  for (const auto& row : rows) {
    CAPTURE(row);
    auto input = row["input"].get<std::string>();
    auto strict = node_id::parse(input);
    CHECK(strict.has_value() == row["validate_ok"].get<bool>());
    auto lenient = node_id::parse_any_case(input);
    REQUIRE(lenient.has_value() == !row.contains("new_node_id_error"));
    if (lenient)
      CHECK(to_string(*lenient) == row["new_node_id"]);
    else
      CHECK(lenient.code() == errc::invalid_node_id);
  }
}

TEST_CASE("hexadecimal digits become bytes, whatever their case") {
  // These rows are shorter than an ID, so zeros fill them up.
  auto rows = test::load_vectors("node_id")["id_bytes_v0_35"];
  CHECK(rows.size() == 5);
  for (const auto& row : rows) {
    CAPTURE(row);
    auto input = row["input"].get<std::string>();
    auto filler = std::string(2 * node_id::size - input.size() - 2, '0');
    auto id = node_id::parse_any_case(input + filler + "01");
    auto strict = node_id::parse(input + filler + "01");
    CHECK(strict.has_value() == (id.has_value() && lower(input) == input));
    // What made the odd row fail there is the length, which we filled up.
    if (row.contains("error") && input.size() % 2 == 0) {
      CHECK_FALSE(id.has_value());
      continue;
    }
    REQUIRE(id.has_value());
    if (row.contains("bytes"))
      CHECK(test::to_hex(id->bytes())
                .starts_with(row["bytes"].get<std::string>()));
  }
  CHECK(node_id::parse_any_case(std::string(39, '0')).code()
        == errc::invalid_node_id);
}

TEST_CASE("every character that is not a digit is refused in every place") {
  for (size_t i = 0; i < text.size(); ++i) {
    for (int c = 0; c < 256; ++c) {
      auto broken = std::string{text};
      broken[i] = static_cast<char>(c);
      auto is_lower = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
      auto is_upper = c >= 'A' && c <= 'F';
      CAPTURE(broken);
      CHECK(node_id::parse(broken).has_value() == is_lower);
      CHECK(node_id::parse_any_case(broken).has_value()
            == (is_lower || is_upper));
    }
  }
}

TEST_CASE("the null ID names nobody") {
  node_id null;
  CHECK_FALSE(null);
  CHECK(to_string(null).empty());
  CHECK(null < *node_id::parse(text));
  CHECK(node_id::parse(std::string(40, '0')).code() == errc::invalid_node_id);
}

TEST_CASE("a refusal shows what was given, cut and on one line") {
  CHECK(node_id::parse("foo").error().context
        == "node ID \"foo\" is not 40 lower-case hexadecimal digits");
  CHECK(node_id::parse_any_case("a\nb").error().context
        == "node ID \"a\\x0ab\" is not 40 hexadecimal digits");
  CHECK(node_id::parse(std::string(100'000, 'x')).error().context.size() < 200);
}

TEST_CASE("IDs are ordered, hashed and printed by their bytes") {
  auto low = *node_id::parse(text);
  auto high = *node_id::parse("f0112233445566778899aabbccddeeff00112233");
  CHECK(low < high);
  CHECK(fmt::format("<{:>42}>", low) == fmt::format("<  {}>", text));
  std::unordered_set<node_id> all{low, high, low};
  CHECK(all.size() == 2);
  // The last byte takes part, too.
  auto other = *node_id::parse("00112233445566778899aabbccddeeff00112234");
  CHECK(std::hash<node_id>{}(low) != std::hash<node_id>{}(other));
}

TEST_CASE("an ID travels as text where people read, as bytes otherwise") {
  auto id = *node_id::parse(text);
  node_id copy;
  CHECK(test::written_text(id) == text);
  CHECK(test::read_text(copy, text));
  CHECK(copy == id);
  auto raw = test::written_octets<node_id::size>(id);
  CHECK(test::to_hex(std::as_bytes(std::span{raw})) == text);
  copy = {};
  CHECK(test::read_octets(copy, raw));
  CHECK(copy == id);
  CHECK_FALSE(test::read_text(copy, "foo"));
  CHECK(test::read_text(copy, ""));
  CHECK(copy == node_id{});
}
