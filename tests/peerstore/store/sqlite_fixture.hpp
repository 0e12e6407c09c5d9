// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "stores.hpp"

namespace troupe::test {

using peers = std::vector<stored_peer>;

/// 2030-01-02T03:04:05.678Z
inline constexpr auto then
    = wall_time{std::chrono::milliseconds{1'893'553'445'678}};

struct sqlite_fixture {
  auto try_open(sqlite_schema schema = peer_schema()) {
    return sqlite_store::open({.path = file,
                               .now = then,
                               .patience = std::chrono::milliseconds{1},
                               .schema = schema});
  }

  std::unique_ptr<sqlite_store> open() {
    auto opened = try_open();
    REQUIRE_MESSAGE(opened, to_string(opened.error()));
    return std::move(*opened);
  }

  /// A store that holds `full_peer(1)` and `full_peer(2)` and is closed.
  void make() {
    CHECK(open()->commit({.put = {full_peer(1), full_peer(2)}}).code
          == errc::none);
  }

  auto try_read() {
    return sqlite_store::open_read_only(file, std::chrono::milliseconds{1});
  }

  /// Opening fails, for a reason that names the file and these words.
  template <class Result>
  void refused(const Result& opened,
               std::initializer_list<std::string_view> words) {
    REQUIRE_FALSE(opened);
    CHECK(opened.code() == errc::store_failed);
    const auto& text = opened.error().context;
    CHECK(text.find('\n') == std::string::npos);
    CHECK_MESSAGE(text.find(file.native()) != std::string::npos, text);
    for (auto word : words)
      CHECK_MESSAGE(text.find(word) != std::string::npos, text);
  }

  scratch_folder folder;
  std::filesystem::path file = folder / "peers.db";
};

inline store_contents contents(peer_store& store) {
  auto found = store.load();
  REQUIRE_MESSAGE(found, to_string(found.error()));
  return std::move(*found);
}

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// Overwrites a part of a file.
inline void scribble(const std::filesystem::path& file, size_t from,
                     size_t size) {
  auto content = read_file(file);
  REQUIRE(content.size() >= from + size);
  for (size_t i = 0; i < size; ++i)
    content[from + i] = static_cast<char>(0xa5 ^ i);
  write_file(file, content);
}

} // namespace troupe::test
