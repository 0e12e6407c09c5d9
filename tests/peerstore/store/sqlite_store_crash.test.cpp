// SPDX-License-Identifier: Apache-2.0

// A writer is killed hundreds of times, at every kind of instant. Each time the
// store is sound and holds what was acknowledged; of the commit that was under
// way it holds all or nothing.

#include <array>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crash_script.hpp"
#include "stores.hpp"

extern char** environ;

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr uint64_t seed = 20'260'104;
constexpr size_t forever = 1'000'000;

/// The other process.
class writer {
public:
  writer(const std::filesystem::path& file, uint64_t script, size_t commits,
         uint64_t fatal) {
    std::array<int, 2> ends = {};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::array words{std::string{TROUPE_STORE_WRITER}, file.string(),
                     std::to_string(script), std::to_string(commits),
                     std::to_string(fatal)};
    std::vector<char*> argv;
    for (auto& word : words)
      argv.push_back(word.data());
    argv.push_back(nullptr);
    auto code
        = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    pipe_ = ends[0];
    REQUIRE(code == 0);
  }

  writer(const writer&) = delete;

  writer& operator=(const writer&) = delete;

  ~writer() {
    finish();
    close(pipe_);
  }

  /// Reads what the writer says up to the `count`-th time that it says `what`.
  void wait_for(char what, size_t count) {
    char c = 0;
    while (count > 0 && read(pipe_, &c, 1) == 1) {
      note(c);
      count -= c == what ? 1 : 0;
    }
  }

  void stab() const {
    kill(pid_, SIGKILL);
  }

  /// Reads to the end. @returns whether the writer was killed.
  bool finish() {
    if (pid_ < 0)
      return false;
    char c = 0;
    while (read(pipe_, &c, 1) == 1)
      note(c);
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    CHECK(unsynchronized == 0);
    CHECK(failed == 0);
    CHECK((WIFSIGNALED(status) || WEXITSTATUS(status) == 0));
    return WIFSIGNALED(status);
  }

  size_t begun = 0;
  size_t acked = 0;
  size_t unsynchronized = 0;
  size_t failed = 0;

private:
  void note(char c) {
    begun += c == about_to_commit ? 1 : 0;
    acked += c == acknowledged ? 1 : 0;
    unsynchronized += c == not_synchronized ? 1 : 0;
    failed += c == failed_commit ? 1 : 0;
  }

  pid_t pid_ = -1;
  int pipe_ = -1;
};

/// A store that survives its writers, and what it has to hold.
struct sqlite_store_crash_fixture {
  /// Checks the store after a writer with that script died.
  void check(uint64_t script, const writer& dead) {
    crash_script changes{script};
    for (size_t i = 0; i < dead.acked; ++i)
      model.apply(changes.next());
    auto with_the_last = model;
    if (dead.begun > dead.acked)
      with_the_last.apply(changes.next());
    REQUIRE(dead.begun <= dead.acked + 1);
    auto found = look();
    CHECK(found.problems == std::vector<std::string>{});
    if (found.peers != model.peers()) {
      REQUIRE(found.peers == with_the_last.peers());
      model = with_the_last;
      ++survivals;
    }
    acked += dead.acked;
    lost += dead.begun - dead.acked;
  }

  /// Every other time through the eyes of somebody who only reads, so that the
  /// next writer finds what the last one left.
  store_contents look() {
    const bool as_reader = ++looks % 2 == 0;
    auto store = as_reader ? sqlite_store::open_read_only(file)
                           : sqlite_store::open({.path = file});
    REQUIRE_MESSAGE(store, to_string(store.error()));
    auto found = (*store)->load();
    REQUIRE_MESSAGE(found, to_string(found.error()));
    if (!as_reader)
      CHECK(sqlite_shell(file, "PRAGMA integrity_check") == "ok|");
    return std::move(*found);
  }

  void report(const std::string& what, size_t kills) const {
    MESSAGE(what << ": " << kills << " kills, " << acked
                 << " commits acknowledged, all there; " << lost
                 << " under way, of which " << survivals << " are there");
  }

  scratch_folder folder;
  std::filesystem::path file = folder / "peers.db";
  crash_model model;
  size_t looks = 0;
  size_t acked = 0;
  size_t lost = 0;
  size_t survivals = 0;
  std::mt19937_64 random{seed};
};

} // namespace

TEST_CASE_FIXTURE(sqlite_store_crash_fixture,
                  "a writer that is killed after an acknowledgement") {
  constexpr size_t kills = 60;
  for (size_t i = 0; i < kills; ++i) {
    writer child{file, i, forever, 0};
    child.wait_for(acknowledged, random() % 12);
    child.stab();
    CHECK(child.finish());
    check(i, child);
  }
  CHECK(acked > kills);
  report("after an acknowledgement", kills);
}

TEST_CASE_FIXTURE(sqlite_store_crash_fixture,
                  "a writer that is killed while it commits") {
  constexpr size_t kills = 60;
  for (size_t i = 0; i < kills; ++i) {
    writer child{file, i, forever, 0};
    child.wait_for(about_to_commit, 1 + random() % 12);
    child.stab();
    CHECK(child.finish());
    check(i, child);
  }
  CHECK(lost > 0);
  report("while it commits", kills);
}

TEST_CASE_FIXTURE(sqlite_store_crash_fixture,
                  "a writer that is killed within a write") {
  constexpr size_t kills = 150;
  for (size_t i = 0; i < kills; ++i) {
    writer child{file, i, forever, 1 + random() % 300};
    CHECK(child.finish());
    check(i, child);
  }
  CHECK(lost > kills / 2);
  report("within a write", kills);
}

TEST_CASE_FIXTURE(sqlite_store_crash_fixture,
                  "a writer that is killed at each step of making a "
                  "store") {
  size_t kills = 0;
  for (uint64_t fatal = 1; fatal < 1000; ++fatal) {
    std::filesystem::remove(file);
    std::filesystem::remove(folder / "peers.db-wal");
    std::filesystem::remove(folder / "peers.db-shm");
    std::filesystem::remove(folder / "peers.db-journal");
    model = {};
    writer child{file, 1, 1, fatal};
    const auto killed = child.finish();
    check(1, child);
    if (!killed)
      break;
    ++kills;
  }
  CHECK(kills > 10);
  report("making a store", kills);
}
