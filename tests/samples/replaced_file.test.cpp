// SPDX-License-Identifier: Apache-2.0
#include "troupe/samples/troupe/replaced_file.hpp"

#include <filesystem>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "child.hpp"

using namespace troupe;
using namespace troupe::command;
using namespace troupe::test;

namespace fs = std::filesystem;

namespace {

size_t entries_in(const fs::path& folder) {
  return static_cast<size_t>(
      std::distance(fs::directory_iterator{folder}, fs::directory_iterator{}));
}

} // namespace

TEST_CASE("a file is made, replaced, and nothing else is left") {
  scratch_folder folder;
  const fs::path file = folder / "file";
  CHECK(replace_file(file, "one").code == errc::none);
  CHECK(read_file(file) == "one");
  CHECK(replace_file(file, "").code == errc::none);
  CHECK(read_file(file) == "");
  const std::string much(3'000'000, 'x');
  CHECK(replace_file(file, much).code == errc::none);
  CHECK(read_file(file) == much);
  CHECK(entries_in(file.parent_path()) == 1);
  // As public as the umask allows: it is for others to read.
  struct stat found = {};
  REQUIRE(stat(file.c_str(), &found) == 0);
  const auto mask = umask(0);
  umask(mask);
  CHECK((found.st_mode & 0777) == (0666 & ~mask));
}

TEST_CASE("whoever has the old file open keeps it") {
  scratch_folder folder;
  const fs::path file = folder / "file";
  write_file(file, "old");
  const fs::path other = folder / "other";
  fs::create_hard_link(file, other);
  CHECK(replace_file(file, "new").code == errc::none);
  CHECK(read_file(file) == "new");
  CHECK(read_file(other) == "old");
}

TEST_CASE("a link stays, and what it leads to is replaced") {
  scratch_folder folder;
  const fs::path file = folder / "file";
  const fs::path link = folder / "link";
  write_file(file, "old");
  fs::create_symlink("file", link);
  CHECK(replace_file(link, "new").code == errc::none);
  CHECK(fs::is_symlink(link));
  CHECK(read_file(file) == "new");
}

TEST_CASE("what is no file to write is refused, and stays as it is") {
  scratch_folder folder;
  for (const auto& path :
       {std::string{"/dev/null"}, folder / "", folder / "missing/file",
        std::string{"/proc/version/x"}}) {
    CAPTURE(path);
    const auto bad = replace_file(path, "text");
    CHECK(bad.code == errc::file_error);
    CHECK(bad.context.find('\n') == std::string::npos);
    CHECK(check_replaceable(path).code == errc::file_error);
  }
  CHECK(fs::is_character_file("/dev/null"));
  CHECK(entries_in(folder / "") == 0);
}

TEST_CASE("a draft that a killed process has left is in nobody's way") {
  scratch_folder folder;
  const fs::path file = folder / "file";
  write_file(folder / (".file." + std::to_string(int64_t{getpid()} * 100)),
             "draft");
  CHECK(replace_file(file, "text").code == errc::none);
  CHECK(read_file(file) == "text");
}
