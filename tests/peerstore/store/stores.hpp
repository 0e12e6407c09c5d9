// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <system_error>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "troupe/peerstore/store/peer_store.hpp"
#include "troupe/peerstore/store/sqlite_store.hpp"

namespace troupe::test {

/// A folder for the files of one test.
class scratch_folder {
public:
  scratch_folder() {
    auto name
        = (std::filesystem::temp_directory_path() / "troupe.XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }

  scratch_folder(const scratch_folder&) = delete;

  scratch_folder& operator=(const scratch_folder&) = delete;

  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::filesystem::path operator/(const char* name) const {
    return path_ / name;
  }

  /// The names of the files whose names contain `part`, in order.
  [[nodiscard]] std::vector<std::string> names(const std::string& part) const {
    std::vector<std::string> result;
    for (const auto& file : std::filesystem::directory_iterator{path_})
      if (auto name = file.path().filename().string();
          name.find(part) != std::string::npos)
        result.push_back(std::move(name));
    std::sort(result.begin(), result.end());
    return result;
  }

private:
  std::filesystem::path path_;
};

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

inline void write_file(const std::filesystem::path& path,
                       const std::string& content) {
  std::ofstream{path, std::ios::binary} << content;
}

/// What an operator does with the `sqlite3` shell. @returns the columns of all
/// rows, with "|" behind each.
inline std::string sqlite_shell(const std::filesystem::path& path,
                                const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  std::string result;
  auto take = [](void* to, int count, char** values, char**) {
    for (int i = 0; i < count; ++i)
      static_cast<std::string*>(to)
          ->append(values[i] != nullptr ? values[i] : "NULL")
          .append("|");
    return 0;
  };
  char* error = nullptr;
  sqlite3_exec(db, sql.c_str(), take, &result, &error);
  auto text = std::string{error != nullptr ? error : ""};
  sqlite3_free(error);
  sqlite3_close(db);
  CHECK_MESSAGE(text.empty(), text);
  return result;
}

/// Seconds since the start of 1970, and milliseconds.
inline wall_time at(int64_t seconds, int64_t milliseconds = 0) {
  return wall_time{std::chrono::milliseconds{seconds * 1000 + milliseconds}};
}

inline node_id numbered_id(uint32_t number) {
  std::array<std::byte, node_id::size> raw{};
  raw.fill(std::byte{0x11});
  for (size_t i = 0; i < 4; ++i)
    raw[i] = static_cast<std::byte>(number >> (24 - 8 * i));
  return node_id{raw};
}

inline node_address numbered_address(uint32_t number, uint16_t port = 26656) {
  return {.protocol = "mconn",
          .id = numbered_id(number),
          .hostname = fmt::format("host-{}.example.org", number),
          .port = port};
}

/// A peer of which everything is known.
inline stored_peer full_peer(uint32_t number) {
  auto ipv6 = numbered_address(number, 0);
  ipv6.hostname = "2001:db8::1";
  return {
      .id = numbered_id(number),
      .addresses
      = {{.address = numbered_address(number),
          .failures = 0xffffffff,
          .retry_at = at(1, 1),
          .last_success = at(2),
          .last_failure = at(3)},
         {.address = ipv6, .failures = 7},
         {.address = {.protocol = "memory", .id = numbered_id(number)}}},
      .score_milli = -1'234'567,
      .scored_at = at(4),
      .short_connections = 0xfffffffe,
      .dialable_at = at(5),
      .served_since = at(6),
      .last_connected = at(1'900'000'000, 123),
      .last_disconnected = at(7),
      .stored_at = at(10),
      .ban = stored_ban{.until = at(8),
                        .reason = "said \"no\"\n\xc3\xa9",
                        .by_operator = true},
      .incompatible = stored_incompatibility{.since = at(9),
                                             .reason = errc::wrong_network,
                                             .detail = "it's 'other'",
                                             .with = "us"},
  };
}

/// A peer of which only the ID is known.
inline stored_peer bare_peer(uint32_t number) {
  return {.id = numbered_id(number)};
}

} // namespace troupe::test
