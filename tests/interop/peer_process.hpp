// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <csignal>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>
#include <sys/types.h>

namespace troupe::test {

/// How long anything that must happen may take.
inline constexpr auto patience = std::chrono::seconds{20};

/// Returns an environment variable that CTest sets.
std::string environment(const char* name);

/// Path of a program that `tests/interop/build` makes.
std::string interop_program(std::string_view name);

/// The peers of all releases of CometBFT.
inline constexpr std::array releases
    = {"cometbft-v0.38", "cometbft-v0.40", "cometbft-v1.0"};

/// The CometBFT peer under test, `cometbft-v0.38`: CTest runs the same tests
/// once for each release and names it in TROUPE_INTEROP_PEER.
std::string release_name();

/// A program of another implementation, as a child process: commands go to its
/// standard input, a line each, events come from its standard output, a JSON
/// object a line. It is killed in the end.
///
/// A wait that fails ends the test case and prints the events that nobody
/// waited for and what the child wrote to its standard error.
class peer_process {
public:
  using json = nlohmann::json;
  using predicate = std::function<bool(const json&)>;

  explicit peer_process(const std::string& program,
                        const std::vector<std::string>& arguments = {});

  peer_process(const peer_process&) = delete;

  peer_process& operator=(const peer_process&) = delete;

  ~peer_process();

  /// Sends a line.
  void command(const std::string& line);

  /// Returns the first event of that kind that `wanted` approves of, and
  /// forgets it. Other events stay for later calls.
  json wait_for(const std::string& event, const predicate& wanted = {});

  /// Likewise, of any of these kinds.
  json wait_for_any(const std::vector<std::string>& events,
                    const predicate& wanted = {});

  /// Sends a command and returns the event that answers it.
  json ask(const std::string& line, const std::string& event);

  /// Repeats a command, unhurriedly, until its answer is as wanted.
  json ask_until(const std::string& line, const std::string& event,
                 const predicate& wanted);

  /// Whether an event of that kind came that nobody has waited for.
  bool has_seen(const std::string& event);

  /// The first 4 KiB of its standard error.
  [[nodiscard]] std::string errors() const;

  void signal(int number);

  /// Waits for the end of the process. @returns its exit status, or 128 and
  /// the number of the signal that ended it.
  int wait_for_exit();

private:
  using clock = std::chrono::steady_clock;

  std::optional<json> take(const predicate& wanted);
  bool read_more(clock::time_point deadline);
  void parse_lines();
  [[noreturn]] void give_up(const std::string& why);

  std::string program_;
  pid_t pid_ = -1;
  int pipe_ = -1;   // Both ways, the child's standard input and output.
  int errors_ = -1; // A file that holds its standard error.
  std::string unparsed_;
  std::deque<json> events_;
};

} // namespace troupe::test
