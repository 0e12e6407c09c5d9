// SPDX-License-Identifier: Apache-2.0
//
// Reading and writing are shown with keys, in node_key.test.cpp.
#include "troupe/messages/whole_file.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace troupe;

namespace fs = std::filesystem;

namespace {

struct whole_file_fixture {
  whole_file_fixture() {
    auto pattern = (fs::temp_directory_path() / "troupe-XXXXXX").native();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder = pattern;
  }

  whole_file_fixture(const whole_file_fixture&) = delete;

  whole_file_fixture& operator=(const whole_file_fixture&) = delete;

  ~whole_file_fixture() {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }

  fs::path folder;
};

} // namespace

TEST_CASE_FIXTURE(whole_file_fixture,
                  "a folder is made for its owner alone, those above "
                  "it as usual") {
  const auto umask = ::umask(0);
  auto made = false;
  CHECK_FALSE(make_private_folder(folder / "a/b/", &made));
  ::umask(umask);
  CHECK(made);
  CHECK(fs::status(folder / "a/b").permissions() == fs::perms::owner_all);
  CHECK(fs::status(folder / "a").permissions() == fs::perms::all);
}

TEST_CASE_FIXTURE(whole_file_fixture,
                  "a folder is made where we are if its name says no "
                  "more") {
  const auto before = fs::current_path();
  fs::current_path(folder);
  const auto plain = make_private_folder("home");
  const auto with_slash = make_private_folder("other/");
  fs::current_path(before);
  CHECK_FALSE(plain);
  CHECK_FALSE(with_slash);
  CHECK(fs::is_directory(folder / "home"));
  CHECK(fs::is_directory(folder / "other"));
}

TEST_CASE_FIXTURE(whole_file_fixture, "a folder that exists stays as it is") {
  fs::create_directory(folder / "a");
  fs::permissions(folder / "a", fs::perms::all);
  fs::create_directory_symlink("a", folder / "link");
  auto made = true;
  CHECK_FALSE(make_private_folder(folder / "link", &made));
  CHECK_FALSE(made);
  CHECK(fs::status(folder / "a").permissions() == fs::perms::all);
}

TEST_CASE_FIXTURE(whole_file_fixture, "what cannot be a folder is an error") {
  std::ofstream{folder / "file"} << "content";
  CHECK(make_private_folder(folder / "file") == std::errc::not_a_directory);
  CHECK(make_private_folder(folder / "file/a") == std::errc::not_a_directory);
}

TEST_CASE_FIXTURE(whole_file_fixture, "a folder is said to be none") {
  auto found = read_whole_file(folder, 100);
  REQUIRE_FALSE(found);
  CHECK(found.code() == errc::file_error);
  CHECK(found.error().context == folder.native() + ": is a directory");
}
