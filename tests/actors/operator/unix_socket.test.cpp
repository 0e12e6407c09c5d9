// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/unix_socket.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

using namespace troupe;
namespace fs = std::filesystem;

namespace {

struct unix_socket_fixture {
  unix_socket_fixture() {
    auto pattern = (fs::temp_directory_path() / "troupe-XXXXXX").native();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder = pattern;
    socket = folder / "ctl.sock";
  }

  ~unix_socket_fixture() {
    fs::remove_all(folder);
  }

  /// A socket that nobody listens at, as a crash leaves one behind.
  void leave_stale() const {
    auto fd = bind_only();
    // Closed, and not removed.
  }

  [[nodiscard]] unique_socket bind_only() const {
    auto fd = unique_socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    auto native = address(socket);
    REQUIRE(bind(fd.get(), reinterpret_cast<sockaddr*>(&native), sizeof(native))
            == 0);
    return fd;
  }

  static sockaddr_un address(const fs::path& path) {
    sockaddr_un result = {};
    result.sun_family = AF_UNIX;
    REQUIRE(path.native().size() < sizeof(result.sun_path));
    std::copy_n(path.c_str(), path.native().size(), result.sun_path);
    return result;
  }

  static bool can_connect(const fs::path& path) {
    auto where = unix_socket_path::open(path);
    REQUIRE(where);
    auto fd = unique_socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    auto native = address(where->short_path());
    return connect(fd.get(), reinterpret_cast<sockaddr*>(&native),
                   sizeof(native))
           == 0;
  }

  static std::string why_not(const fs::path& path) {
    auto made = unix_listener::open(path);
    REQUIRE_FALSE(made);
    CHECK(made.code() == errc::cannot_listen);
    CHECK(made.error().context.starts_with("socket \""));
    return made.error().context;
  }

  fs::path folder;
  fs::path socket;
};

} // namespace

TEST_CASE_FIXTURE(unix_socket_fixture,
                  "a socket is for its owner only, and goes with its "
                  "listener") {
  {
    // Whatever the process' mask.
    auto mask = umask(0);
    auto made = unix_listener::open(socket);
    umask(mask);
    REQUIRE(made);
    struct stat found = {};
    REQUIRE(stat(socket.c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
    CHECK(can_connect(socket));
    CHECK_FALSE(fs::exists(folder / "ctl.sock.new"));
  }
  CHECK_FALSE(fs::exists(socket));
}

TEST_CASE_FIXTURE(unix_socket_fixture,
                  "a socket that a crash left behind is replaced, one "
                  "in use is not") {
  leave_stale();
  std::ofstream{folder / "ctl.sock.new"} << "an unfinished one";
  auto made = unix_listener::open(socket);
  REQUIRE(made);
  CHECK(can_connect(socket));
  CHECK(why_not(socket).find("another node") != std::string::npos);
  CHECK(can_connect(socket));
}

TEST_CASE_FIXTURE(unix_socket_fixture, "what others put there is left alone") {
  SUBCASE("a file") {
    std::ofstream{socket} << "text";
    CHECK(why_not(socket).find("no socket") != std::string::npos);
    CHECK(fs::file_size(socket) == 4);
  }
  SUBCASE("a link, even one to a stale socket") {
    leave_stale();
    fs::rename(socket, folder / "other");
    fs::create_symlink(folder / "other", socket);
    why_not(socket);
    CHECK(fs::is_symlink(socket));
  }
  SUBCASE("the socket of a program that takes no lock") {
    auto other = bind_only();
    REQUIRE(listen(other.get(), 1) == 0);
    CHECK(why_not(socket).find("another program") != std::string::npos);
    CHECK(can_connect(socket));
  }
  SUBCASE("a link instead of the lock") {
    fs::create_symlink(folder / "elsewhere", folder / "ctl.sock.lock");
    why_not(socket);
    CHECK_FALSE(fs::exists(folder / "elsewhere"));
  }
}

TEST_CASE_FIXTURE(unix_socket_fixture, "a successor's socket is not removed") {
  std::optional<unix_listener> first;
  {
    auto made = unix_listener::open(socket);
    REQUIRE(made);
    first.emplace(std::move(*made));
  }
  fs::remove(socket);
  leave_stale();
  first.reset();
  CHECK(fs::exists(socket));
}

TEST_CASE_FIXTURE(unix_socket_fixture,
                  "a path may be longer than a socket address") {
  auto deep = folder;
  for (int i = 0; i < 5; ++i)
    deep /= std::string(100, 'd');
  fs::create_directories(deep);
  auto made = unix_listener::open(deep / "ctl.sock");
  REQUIRE(made);
  CHECK(can_connect(deep / "ctl.sock"));
  CHECK(why_not(folder / "missing" / "ctl.sock").find("folder")
        != std::string::npos);
  CHECK(why_not(deep / std::string(90, 'n')).find("90 bytes")
        != std::string::npos);
}
