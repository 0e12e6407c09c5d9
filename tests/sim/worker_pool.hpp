// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <sys/types.h>

#include "scenario.hpp"

namespace troupe::testing {

/// Plays seeds in processes of their own, so that one that crashes or runs into
/// an assertion is a failed seed like any other, and so that nothing that a
/// run leaves in its process reaches many others.
class worker_pool {
public:
  using player = std::function<scenario_result(uint64_t seed)>;

  /// The next seed; nothing if there is no further one.
  using source = std::function<std::optional<uint64_t>()>;

  using sink = std::function<void(uint64_t seed, const scenario_result& what)>;

  /// @param workers how many processes there are at most.
  worker_pool(unsigned workers, player play);

  worker_pool(const worker_pool&) = delete;

  worker_pool& operator=(const worker_pool&) = delete;

  /// Ends the processes.
  ~worker_pool();

  /// Plays what `next` gives, and hands over what became of it, in the order in
  /// which it ends.
  void run(const source& next, const sink& done);

private:
  struct worker {
    pid_t process = -1;
    int orders = -1;
    int results = -1;
    uint64_t seed = 0;
  };

  [[nodiscard]] worker start();
  [[noreturn]] void work(int orders, int results);
  static void order(worker& who, uint64_t seed);
  [[nodiscard]] static scenario_result end(worker& who);

  unsigned most_;
  player play_;
  std::vector<worker> workers_;
};

} // namespace troupe::testing
