// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/address_book/address_book.hpp"

#include <chrono>
#include <set>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace troupe;
using namespace troupe::command;

namespace {

using nlohmann::json;

const std::string one(40, 'a');
const std::string two(40, 'b');
const std::string key = "0123456789abcdef01234567";

/// As CometBFT writes it, in the time zone of its machine.
const std::string from_cometbft = R"({
	"key": "9d0fd0e1a8b5ef1e6ba1d5f0",
	"addrs": [
		{
			"addr": {
				"id": ")"
                                  + one + R"(",
				"ip": "34.65.1.2",
				"port": 26656
			},
			"src": {
				"id": ")"
                                  + two + R"(",
				"ip": "35.1.2.3",
				"port": 26656
			},
			"buckets": [
				12,
				201
			],
			"attempts": 3,
			"bucket_type": 1,
			"last_attempt": "2030-05-04T12:13:14.156789+02:00",
			"last_success": "0001-01-01T00:00:00Z",
			"last_ban_time": "0001-01-01T00:00:00Z"
		},
		{
			"addr": {
				"id": ")"
                                  + two + R"(",
				"ip": "2a01:4f8::1",
				"port": 26000
			},
			"src": {
				"id": ")"
                                  + two + R"(",
				"ip": "35.1.2.3",
				"port": 26656
			},
			"buckets": [
				5
			],
			"attempts": 0,
			"bucket_type": 2,
			"last_attempt": "2030-05-04T12:13:14.156789+02:00",
			"last_success": "2030-05-04T12:13:14.156789+02:00",
			"last_ban_time": "2031-01-01T00:00:00Z"
		}
	]
})";

constexpr wall_time may_2030{std::chrono::milliseconds{1'904'119'994'156}};
constexpr wall_time new_year_2031{std::chrono::milliseconds{1'924'992'000'000}};

std::string refused(std::string_view text) {
  const auto book = parse_address_book(text);
  CHECK(book.code() == errc::invalid_option);
  const auto what = book ? std::string{} : to_string(book.error());
  CHECK(what.find('\n') == std::string::npos);
  return what;
}

json with(const char* pointer, const json& value) {
  auto book = json::parse(from_cometbft);
  book[json::json_pointer{pointer}] = value;
  return book;
}

} // namespace

TEST_CASE("a CometBFT address book is read") {
  const auto book = parse_address_book(from_cometbft);
  REQUIRE_MESSAGE(book, to_string(book.error()));
  REQUIRE(book->size() == 2);
  CHECK(to_string((*book)[0].address) == "mconn://" + one + "@34.65.1.2:26656");
  CHECK((*book)[0].attempts == 3);
  CHECK((*book)[0].last_attempt == may_2030);
  CHECK_FALSE((*book)[0].last_success);
  CHECK_FALSE((*book)[0].banned_until);
  CHECK(to_string((*book)[1].address)
        == "mconn://" + two + "@[2a01:4f8::1]:26000");
  CHECK((*book)[1].last_success == may_2030);
  CHECK((*book)[1].banned_until == new_year_2031);
}

TEST_CASE("what is printed as a CometBFT address book is read as the same") {
  const auto book = *parse_address_book(from_cometbft);
  const auto text = print_addrbook_json(book, key);
  CHECK(*parse_address_book(text) == book);
  const auto printed = json::parse(text);
  CHECK(printed.at("key") == key);
  // CometBFT finds no address twice, and each in a bucket that it has.
  CHECK(printed.at("addrs").at(0).at("bucket_type") == 1);
  CHECK(printed.at("addrs").at(0).at("buckets").at(0) < 256);
  CHECK(printed.at("addrs").at(1).at("bucket_type") == 2);
  CHECK(printed.at("addrs").at(1).at("buckets").at(0) < 64);
  // With the same fields.
  auto names = [](const json& object) {
    std::set<std::string> result;
    for (const auto& [name, value] : object.items())
      result.insert(name);
    return result;
  };
  const auto original = json::parse(from_cometbft);
  CHECK(names(printed) == names(original));
  CHECK(names(printed["addrs"][0]) == names(original["addrs"][0]));
  CHECK(names(printed["addrs"][0]["addr"])
        == names(original["addrs"][0]["addr"]));
}

TEST_CASE("many addresses are spread over the buckets") {
  std::vector<book_entry> entries;
  for (int i = 0; i < 2560; ++i)
    entries.push_back({.address = {.protocol = "mconn",
                                   .id = *node_id::parse(one),
                                   .hostname = "8.8." + std::to_string(i / 250)
                                               + "." + std::to_string(i % 250),
                                   .port = 26656}});
  std::map<int, int> sizes;
  const auto printed = json::parse(print_addrbook_json(entries, key));
  for (const auto& entry : printed.at("addrs"))
    ++sizes[entry.at("buckets").at(0).get<int>()];
  CHECK(sizes.size() == 256);
  for (const auto& [bucket, size] : sizes)
    CHECK(size < 30);
}

TEST_CASE("an address book leaves out names and what nobody dials over TCP") {
  std::vector<book_entry> entries;
  for (const auto& text :
       {one + "@example.org:1", "memory:" + one, one + "@8.8.8.8",
        "tcp://" + two + "@8.8.8.8:7", "unix://" + two + "@8.8.8.8:7",
        "quic://" + two + "@8.8.8.8:8"})
    entries.push_back({.address = *node_address::parse(text)});
  const auto book = parse_address_book(print_addrbook_json(entries, key));
  REQUIRE(book);
  REQUIRE(book->size() == 2);
  CHECK(to_string((*book)[0].address) == "mconn://" + one + "@8.8.8.8:26656");
  CHECK(to_string((*book)[1].address) == "mconn://" + two + "@8.8.8.8:7");
}

TEST_CASE("a list has an address a line, comments and blanks") {
  const auto book
      = parse_address_book("# ours\n\n  " + one
                           + "@8.8.8.8:1 # that one\r\n\t\n"
                             "tcp://"
                           + two + "@Example.org:2\n" + two + "@[::1]:3");
  REQUIRE_MESSAGE(book, to_string(book.error()));
  REQUIRE(book->size() == 3);
  CHECK(print_peer_list(*book)
        == one + "@8.8.8.8:1\ntcp://" + two + "@example.org:2\n" + two
               + "@[::1]:3\n");
  CHECK(*parse_address_book(print_peer_list(*book)) == *book);
  CHECK(parse_address_book("")->empty());
  CHECK(parse_address_book("# nothing\n")->empty());
}

TEST_CASE("a list keeps addresses of QUIC as what they are") {
  const auto text = "quic://" + one + "@8.8.8.8:1\n" + two + "@8.8.8.8:1\n";
  const auto book = parse_address_book(text);
  REQUIRE_MESSAGE(book, to_string(book.error()));
  REQUIRE(book->size() == 2);
  CHECK((*book)[0].address.protocol == "quic");
  CHECK_FALSE(fits_addrbook_json((*book)[0].address));
  CHECK(fits_addrbook_json((*book)[1].address));
  CHECK(print_peer_list(*book) == text);
}

TEST_CASE("a bad file is refused in one line that says where it is bad") {
  CHECK(refused(one + "@8.8.8.8:1\nsomebody@8.8.8.8:1\n").find("line 2: ")
        == 0);
  CHECK(refused(one + "@8.8.8.8:99999").find("line 1: ") == 0);
  CHECK(refused("memory:" + one).find("line 1: ") == 0);
  CHECK(refused(std::string(100'000, 'x')).size() < 500);
  CHECK(refused("\xff\xfe\x00").find("line 1: ") == 0);
  CHECK(refused("{") == "is no JSON");
  CHECK(refused(from_cometbft.substr(0, 700)) == "is no JSON");
  CHECK(refused("{}").find("addrs") != std::string::npos);
  CHECK(refused(R"({"addrs": 7})").find("addrs") != std::string::npos);
  CHECK(refused(R"({"addrs": [7]})").find("entry 1") == 0);
  for (const auto& [pointer, value] : std::vector<std::pair<const char*, json>>{
           {"/addrs/1", nullptr},
           {"/addrs/1/addr", "text"},
           {"/addrs/1/addr/id", "short"},
           {"/addrs/1/addr/id", 7},
           {"/addrs/1/addr/ip", "example.org"},
           {"/addrs/1/addr/ip", "300.1.1.1"},
           {"/addrs/1/addr/port", 65'536},
           {"/addrs/1/addr/port", -1},
           {"/addrs/1/addr/port", "26656"},
           {"/addrs/1/attempts", -1},
           {"/addrs/1/attempts", 1e30},
           {"/addrs/1/last_attempt", "yesterday"},
           {"/addrs/1/last_success", 7},
       }) {
    CAPTURE(pointer);
    CAPTURE(value.dump());
    CHECK(refused(with(pointer, value).dump()).find("entry 2 of addrs: ") == 0);
  }
}

TEST_CASE("other programs may leave out all but the address") {
  const auto book = parse_address_book(
      R"({"addrs": [{"addr": {"id": ")" + one
      + R"(", "ip": "8.8.8.8", "port": 1}}], "more": {}})");
  REQUIRE_MESSAGE(book, to_string(book.error()));
  CHECK(book->size() == 1);
  // Go has it so where there is nobody.
  CHECK(parse_address_book(R"({"key": "", "addrs": null})")->empty());
}
