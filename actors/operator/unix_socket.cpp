// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/unix_socket.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "troupe/messages/quoted.hpp"

namespace troupe {

namespace {

constexpr size_t path_size_max = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::string_view draft_suffix = ".new";
/// What `/proc/self/fd/N/` and the suffix leave of an address, N having up to
/// seven digits.
constexpr size_t name_size_max = 82;

constexpr int backlog = 64;

std::string shown(const std::filesystem::path& path) {
  return troupe::quoted(path.native(), 256);
}

failure problem(errc code, const std::filesystem::path& path,
                std::string_view why) {
  return {code, fmt::format("socket {}: {}", shown(path), why)};
}

failure system_problem(const std::filesystem::path& path) {
  return problem(errc::cannot_listen, path, std::strerror(errno));
}

sockaddr_un to_native(const std::string& path) {
  sockaddr_un result = {};
  result.sun_family = AF_UNIX;
  std::memcpy(result.sun_path, path.data(),
              std::min(path.size(), path_size_max));
  return result;
}

int call_with(int (*function)(int, const sockaddr*, socklen_t), int fd,
              const std::string& path) {
  auto native = to_native(path);
  return function(fd, reinterpret_cast<const sockaddr*>(&native),
                  sizeof(native));
}

unique_socket open_socket() {
  return unique_socket{
      socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
}

/// Takes the lock that goes with a socket for as long as the descriptor is
/// open, whatever becomes of the process.
result<unique_socket> lock(const unix_socket_path& where,
                           const std::filesystem::path& path) {
  constexpr mode_t rights = S_IRUSR | S_IWUSR;
  auto name = where.name() + ".lock";
  auto fd = unique_socket{openat(where.folder(), name.c_str(),
                                 O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                                 rights)};
  if (!fd)
    return problem(errc::cannot_listen, path,
                   fmt::format("its lock: {}", std::strerror(errno)));
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return problem(errc::cannot_listen, path,
                   errno == EWOULDBLOCK ? "in use by another node"
                                        : std::strerror(errno));
  return fd;
}

/// Whether what is at the path now may be replaced: nothing, or a socket that
/// nobody listens at.
failure check_old(const unix_socket_path& where,
                  const std::filesystem::path& path) {
  struct stat found = {};
  if (fstatat(where.folder(), where.name().c_str(), &found, AT_SYMLINK_NOFOLLOW)
      != 0)
    return errno == ENOENT ? failure{} : system_problem(path);
  if (!S_ISSOCK(found.st_mode))
    return problem(errc::cannot_listen, path, "is there, and is no socket");
  auto fd = open_socket();
  if (!fd)
    return system_problem(path);
  if (call_with(connect, fd.get(), where.short_path()) == 0
      || (errno != ECONNREFUSED && errno != ENOENT))
    return problem(errc::cannot_listen, path, "in use by another program");
  return {};
}

} // namespace

// -- unix_socket_path ---------------------------------------------------------

unix_socket_path::unix_socket_path(std::filesystem::path path,
                                   unique_socket folder)
  : path_(std::move(path)),
    name_(path_.filename().native()),
    folder_(std::move(folder)) {}

result<unix_socket_path>
unix_socket_path::open(const std::filesystem::path& path) {
  auto name = path.filename().native();
  if (name.empty() || name == "." || name == "..")
    return problem(errc::file_error, path, "no name of a file");
  if (name.size() > name_size_max)
    return problem(errc::file_error, path,
                   fmt::format("its name has {} bytes, expected at most {}",
                               name.size(), name_size_max));
  auto parent = path.has_parent_path() ? path.parent_path()
                                       : std::filesystem::path{"."};
  auto fd
      = unique_socket{::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!fd)
    return problem(errc::file_error, path,
                   fmt::format("its folder: {}", std::strerror(errno)));
  return unix_socket_path{path, std::move(fd)};
}

std::string unix_socket_path::short_path(std::string_view suffix) const {
  // Where it fits, it does not depend on /proc.
  auto direct = fmt::format("{}{}", path_.native(), suffix);
  return direct.size() <= path_size_max
             ? direct
             : fmt::format("/proc/self/fd/{}/{}{}", folder_.get(), name_,
                           suffix);
}

// -- unix_listener ------------------------------------------------------------

unix_listener::unix_listener(unix_socket_path where, unique_socket lock,
                             unique_socket socket)
  : where_(std::move(where)),
    lock_(std::move(lock)),
    socket_(std::move(socket)) {
  struct stat made = {};
  if (fstatat(where_.folder(), where_.name().c_str(), &made,
              AT_SYMLINK_NOFOLLOW)
      == 0) {
    device_ = made.st_dev;
    inode_ = made.st_ino;
  }
}

unix_listener::~unix_listener() {
  if (!socket_)
    return;
  struct stat found = {};
  if (fstatat(where_.folder(), where_.name().c_str(), &found,
              AT_SYMLINK_NOFOLLOW)
          == 0
      && found.st_dev == device_ && found.st_ino == inode_)
    unlinkat(where_.folder(), where_.name().c_str(), 0);
}

result<unix_listener> unix_listener::open(const std::filesystem::path& path) {
  auto where = unix_socket_path::open(path);
  if (!where)
    return failure{errc::cannot_listen, where.error().context};
  auto locked = lock(*where, path);
  if (!locked)
    return locked.error();
  if (auto bad = check_old(*where, path); bad.code != errc::none)
    return bad;
  auto fd = open_socket();
  if (!fd)
    return system_problem(path);
  // It gets its rights before it listens, and its name after that. Nobody can
  // connect to it before.
  constexpr mode_t rights = S_IRUSR | S_IWUSR;
  const auto draft = where->name() + std::string{draft_suffix};
  unlinkat(where->folder(), draft.c_str(), 0);
  if (call_with(bind, fd.get(), where->short_path(draft_suffix)) != 0)
    return system_problem(path);
  if (fchmodat(where->folder(), draft.c_str(), rights, 0) != 0
      || listen(fd.get(), backlog) != 0
      || renameat(where->folder(), draft.c_str(), where->folder(),
                  where->name().c_str())
             != 0) {
    auto bad = system_problem(path);
    unlinkat(where->folder(), draft.c_str(), 0);
    return bad;
  }
  return unix_listener{std::move(*where), std::move(*locked), std::move(fd)};
}

} // namespace troupe
