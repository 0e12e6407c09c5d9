// SPDX-License-Identifier: Apache-2.0
//
// Commits to a store until it is killed, and tells when a commit returned:
//
//     troupe_store_writer FILE SEED COMMITS FATAL
//
// FATAL: see `install_deadly_disk`. The part of the crash test that crashes.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include <unistd.h>

#include "crash_script.hpp"
#include "deadly_disk.hpp"
#include "troupe/peerstore/store/sqlite_store.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// Without a buffer in between: what is not in the pipe when the process is
/// killed was not said.
void say(char what) {
  if (write(STDOUT_FILENO, &what, 1) != 1)
    _exit(3);
}

/// Closing copies the log to the database, which is another time to die.
std::unique_ptr<peer_store> open(const char* path,
                                 std::unique_ptr<peer_store> old) {
  old.reset();
  auto store = sqlite_store::open({.path = path});
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().context.c_str());
    std::exit(1);
  }
  return std::move(*store);
}

constexpr size_t commits_between_openings = 5;

} // namespace

int main(int argc, char** argv) {
  if (argc != 5)
    return 2;
  const auto commits = std::stoul(argv[3]);
  install_deadly_disk(std::stoull(argv[4]));
  std::unique_ptr<peer_store> store;
  crash_script script{std::stoull(argv[2])};
  for (size_t i = 0; i < commits; ++i) {
    if (i % commits_between_openings == 0)
      store = open(argv[1], std::move(store));
    const auto changes = script.next();
    const auto before = logs_synchronized();
    say(about_to_commit);
    if (auto bad = store->commit(changes); bad.code != errc::none) {
      std::fprintf(stderr, "%s\n", bad.context.c_str());
      say(failed_commit);
      return 1;
    }
    // Erasing those who are not there leaves nothing to write.
    if (!changes.put.empty() && logs_synchronized() == before)
      say(not_synchronized);
    say(acknowledged);
  }
  return 0;
}
