// SPDX-License-Identifier: Apache-2.0
//
// What the tutorial of the harness says is so: its code stands in the test that
// it is about, and that prints what the tutorial prints.
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include "transcript.hpp"

using namespace troupe;

namespace {

/// The blocks of the tutorial that begin with that fence.
std::vector<text_lines> blocks(std::string_view fence) {
  const auto all = read(TROUPE_HARNESS_README);
  const auto first = all.find("## Five minutes");
  const auto last = all.find("\n## ", first + 1);
  REQUIRE(last != std::string::npos);
  return fenced(all.substr(first, last - first), fence);
}

/// Runs a command line where the tutorial does.
std::string run(const std::string& command,
                const std::filesystem::path& folder) {
  const auto programs
      = std::filesystem::path{TROUPE_RUMOURS_TEST}.parent_path().string();
  auto line = fmt::format("cd '{}' && PATH='{}':$PATH && {}", folder.string(),
                          programs, command);
  auto* pipe = ::popen(line.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string result;
  std::array<char, 4096> buffer;
  while (auto count = std::fread(buffer.data(), 1, buffer.size(), pipe))
    result.append(buffer.data(), count);
  ::pclose(pipe);
  return result;
}

} // namespace

SCENARIO(
    "three dots of the tutorial stand for anything, and nothing else does") {
  CHECK(matches("seed 1: 17 of 20", "seed 1: ... of ..."));
  CHECK_FALSE(matches("seed 2: 17 of 20", "seed 1: ... of ..."));
  CHECK_FALSE(matches("seed 1: 17", "seed 1: ... of ..."));
  CHECK(match_all({"a", "b", "c"}, {"a", "...", "c"}));
  CHECK(match_all({"a", "c"}, {"a", "...", "c"}));
  CHECK_FALSE(match_all({"a", "b"}, {"a", "...", "c"}));
}

SCENARIO("the code of the tutorial is that of the test") {
  const auto source = split(read(TROUPE_RUMOURS_SOURCE));
  const auto all = blocks("```cpp");
  REQUIRE(all.size() >= 3);
  for (const auto& block : all) {
    auto next = source.begin();
    for (const auto& line : block) {
      const auto code = trimmed(line);
      if (code.empty() || code == "...")
        continue;
      CAPTURE(line);
      // In this order, and whatever a comment behind it says.
      next = std::find_if(next, source.end(), [code](const auto& x) {
        const auto comment = x.find(" // ");
        return trimmed(std::string_view{x}.substr(0, comment)) == code;
      });
      REQUIRE(next != source.end());
      ++next;
    }
  }
}

SCENARIO("the test prints what the tutorial says that it prints") {
  const auto folder = std::filesystem::temp_directory_path()
                      / fmt::format("troupe-tutorial-{}", ::getpid());
  std::filesystem::create_directory(folder);
  size_t commands = 0;
  for (const auto& block : blocks("```")) {
    // How to build is another matter.
    if (block.front().find("rumours_test") == std::string::npos)
      continue;
    for (size_t i = 0; i < block.size();) {
      REQUIRE(block[i].starts_with("$ "));
      const auto command = block[i].substr(2);
      text_lines wanted;
      for (++i; i < block.size() && !block[i].starts_with("$ "); ++i)
        wanted.push_back(block[i]);
      const auto found = run(command, folder);
      INFO(command);
      INFO(found);
      CHECK(match_all(split(found), wanted));
      ++commands;
    }
  }
  CHECK(commands == 7);
  CHECK(std::filesystem::file_size(folder / "run.html") > 50'000);
  std::filesystem::remove_all(folder);
}
