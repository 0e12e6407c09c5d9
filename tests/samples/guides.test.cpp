// SPDX-License-Identifier: Apache-2.0
//
// What docs/operating.md and docs/first-hour.md say is so: the commands of a
// page, one after the other in one shell, print what it says that they print.
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transcript.hpp"
#include "troupe/messages/entropy.hpp"
#include "troupe/messages/node_key.hpp"

using namespace troupe;

namespace {

struct step {
  std::string command;
  text_lines wanted;
};

std::vector<step> steps_of(const std::string& page) {
  std::vector<step> result;
  for (const auto& block : fenced(page, "```console"))
    for (const auto& line : block)
      if (line.starts_with("$ "))
        result.push_back({line.substr(2), {}});
      else
        result.back().wanted.push_back(line);
  return result;
}

/// A port of loopback that nobody listens at.
std::string free_port() {
  auto fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(where);
  auto* address = reinterpret_cast<sockaddr*>(&where);
  REQUIRE(::bind(fd, address, size) == 0);
  REQUIRE(::getsockname(fd, address, &size) == 0);
  ::close(fd);
  return std::to_string(ntohs(where.sin_port));
}

std::string replaced(std::string text, std::string_view what,
                     const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

/// The longest piece of what is wanted that is no `...`.
std::string telling_part(const text_lines& wanted) {
  std::string best;
  for (const auto& line : wanted)
    for (auto rest = std::string_view{line}; !rest.empty();) {
      const auto part = rest.substr(0, rest.find("..."));
      if (part.size() > best.size())
        best = part;
      rest.remove_prefix(std::min(part.size() + 3, rest.size()));
    }
  return best;
}

/// A folder in which a page comes true.
struct guide {
  guide() {
    std::filesystem::create_directory(folder);
  }

  ~guide() {
    std::filesystem::remove_all(folder);
  }

  guide(const guide&) = delete;

  guide& operator=(const guide&) = delete;

  /// Runs all commands of a page.
  /// @param ports those that it uses, whose place free ones take.
  void run(const std::string& file, const text_lines& ports);

  std::filesystem::path folder = std::filesystem::temp_directory_path()
                                 / fmt::format("troupe-guide-{}", ::getpid());

  /// A free port in the place of one of the page.
  const std::string& free(const std::string& port) {
    auto& result = ports_[port];
    if (result.empty())
      result = free_port();
    return result;
  }

private:
  std::map<std::string, std::string> ports_;
};

void guide::run(const std::string& file, const text_lines& fixed) {
  auto page = read(file);
  for (const auto& port : fixed)
    page = replaced(page, port, free(port));
  const auto steps = steps_of(page);
  REQUIRE(steps.size() > 10);

  // A command that asks for something is repeated until the answer is the one
  // of the guide, as a node takes a moment.
  std::ofstream script{folder / "script"};
  script << "set -m\ntrap 'kill $(jobs -p) 2>/dev/null' EXIT\n";
  size_t number = 0;
  for (const auto& [command, wanted] : steps) {
    script << fmt::format("echo '@{}'\n", number++);
    if (command.ends_with('&')) {
      // Ready when its socket is there.
      const auto home = command.substr(command.find("--home ") + 7);
      script << command << '\n'
             << fmt::format("until [ -S {}/ctl.sock ]; do sleep 0.02; done\n",
                            home.substr(0, home.find(' ')));
    } else if (wanted.empty() || command.starts_with("troupe init")) {
      script << command << " 2>&1\n";
    } else {
      script << fmt::format("for i in $(seq 100); do\n"
                            "out=$({} 2>&1)\n"
                            "printf '%s' \"$out\" | grep -qF -- '{}' && break\n"
                            "sleep 0.1\ndone\nprintf '%s\\n' \"$out\"\n",
                            command,
                            replaced(telling_part(wanted), "'", R"('\'')"));
    }
  }
  script.close();

  const auto programs
      = std::filesystem::path{TROUPE_COMMAND}.parent_path().string();
  auto line = fmt::format("cd '{}' && PATH='{}':$PATH timeout 90 bash script",
                          folder.string(), programs);
  auto* pipe = ::popen(line.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string all;
  std::array<char, 4096> buffer;
  while (auto count = std::fread(buffer.data(), 1, buffer.size(), pipe))
    all.append(buffer.data(), count);
  ::pclose(pipe);

  std::vector<text_lines> found;
  for (const auto& printed : split(all))
    if (printed.starts_with('@'))
      found.emplace_back();
    else if (!found.empty() && !printed.empty())
      found.back().push_back(printed);
  INFO(all);
  REQUIRE(found.size() == steps.size());
  for (size_t i = 0; i < steps.size(); ++i) {
    INFO(steps[i].command);
    CHECK(match_all(found[i], steps[i].wanted));
  }
}

} // namespace

SCENARIO("the commands of the guide print what it says") {
  guide guide;
  guide.run(TROUPE_OPERATING_GUIDE, {"26656", "26657", "26660"});
}

SCENARIO("the first hour of an operator of CometBFT goes as it is told") {
  guide guide;
  // A home as CometBFT 0.38 makes it, and a store as an older version left it.
  const auto comet = guide.folder / "comet";
  std::filesystem::create_directories(comet / "config");
  const std::filesystem::path data{TROUPE_TEST_DATA};
  std::filesystem::copy(data / "peers_version_3.db", guide.folder / "old.db");
  // With the free ports already, which the page's commands look for.
  auto config = read(data / "cometbft_config.toml");
  for (const auto* port : {"26656", "26660"})
    config = replaced(config, port, guide.free(port));
  std::ofstream{comet / "config/config.toml"} << config;
  system_entropy random;
  std::ofstream{comet / "config/genesis.json"}
      << R"({"genesis_time": "2024-01-01T00:00:00Z", "chain_id": "hour-net"})";
  REQUIRE(
      save_node_key(comet / "config/node_key.json", node_key::generate(random))
          .code
      == errc::none);
  guide.run(TROUPE_FIRST_HOUR, {"26656", "26660", "26661", "26662"});
}
