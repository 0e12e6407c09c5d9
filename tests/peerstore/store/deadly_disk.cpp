// SPDX-License-Identifier: Apache-2.0
#include "deadly_disk.hpp"

#include <csignal>
#include <cstddef>
#include <new>
#include <string_view>

#include <sqlite3.h>
#include <unistd.h>

namespace troupe::test {

namespace {

uint64_t left_to_live = 0;
uint64_t syncs_of_logs = 0;
sqlite3_vfs* real_vfs = nullptr;

[[noreturn]] void die() {
  kill(getpid(), SIGKILL);
  for (;;)
    pause();
}

/// Whether this is the last thing that the process does.
bool is_fatal() {
  return left_to_live > 0 && --left_to_live == 0;
}

/// A file of ours; the real one lies behind it in memory.
struct deadly_file {
  sqlite3_file base;
  bool is_log;
};

// The size of the front, rounded up so that what is behind it is aligned.
constexpr size_t front_size
    = (sizeof(deadly_file) + alignof(std::max_align_t) - 1)
      / alignof(std::max_align_t) * alignof(std::max_align_t);

sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file)
                                         + front_size);
}

/// Passes a call on.
template <auto Member>
struct pass;

template <class R, class... Ts,
          R (*sqlite3_io_methods::*Member)(sqlite3_file*, Ts...)>
struct pass<Member> {
  static R call(sqlite3_file* file, Ts... xs) {
    return (real(file)->pMethods->*Member)(real(file), xs...);
  }
};

int deadly_close(sqlite3_file* file) {
  return real(file)->pMethods->xClose(real(file));
}

int deadly_write(sqlite3_file* file, const void* data, int size,
                 sqlite3_int64 offset) {
  if (is_fatal()) {
    real(file)->pMethods->xWrite(real(file), data, size / 3, offset);
    die();
  }
  return real(file)->pMethods->xWrite(real(file), data, size, offset);
}

int deadly_truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (is_fatal())
    die();
  return real(file)->pMethods->xTruncate(real(file), size);
}

int deadly_sync(sqlite3_file* file, int flags) {
  if (is_fatal())
    die();
  syncs_of_logs += reinterpret_cast<deadly_file*>(file)->is_log ? 1 : 0;
  return real(file)->pMethods->xSync(real(file), flags);
}

const sqlite3_io_methods methods = [] {
  sqlite3_io_methods x = {};
  x.iVersion = 2;
  x.xClose = deadly_close;
  x.xRead = pass<&sqlite3_io_methods::xRead>::call;
  x.xWrite = deadly_write;
  x.xTruncate = deadly_truncate;
  x.xSync = deadly_sync;
  x.xFileSize = pass<&sqlite3_io_methods::xFileSize>::call;
  x.xLock = pass<&sqlite3_io_methods::xLock>::call;
  x.xUnlock = pass<&sqlite3_io_methods::xUnlock>::call;
  x.xCheckReservedLock = pass<&sqlite3_io_methods::xCheckReservedLock>::call;
  x.xFileControl = pass<&sqlite3_io_methods::xFileControl>::call;
  x.xSectorSize = pass<&sqlite3_io_methods::xSectorSize>::call;
  x.xDeviceCharacteristics
      = pass<&sqlite3_io_methods::xDeviceCharacteristics>::call;
  x.xShmMap = pass<&sqlite3_io_methods::xShmMap>::call;
  x.xShmLock = pass<&sqlite3_io_methods::xShmLock>::call;
  x.xShmBarrier = pass<&sqlite3_io_methods::xShmBarrier>::call;
  x.xShmUnmap = pass<&sqlite3_io_methods::xShmUnmap>::call;
  return x;
}();

int deadly_open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags,
                int* flags_out) {
  auto* front = new (file) deadly_file{};
  front->is_log = name != nullptr && std::string_view{name}.ends_with("-wal");
  auto code = real_vfs->xOpen(real_vfs, name, real(file), flags, flags_out);
  front->base.pMethods = real(file)->pMethods != nullptr ? &methods : nullptr;
  return code;
}

int deadly_delete(sqlite3_vfs*, const char* name, int sync_folder) {
  if (is_fatal())
    die();
  return real_vfs->xDelete(real_vfs, name, sync_folder);
}

} // namespace

void install_deadly_disk(uint64_t fatal) {
  left_to_live = fatal;
  real_vfs = sqlite3_vfs_find(nullptr);
  static auto vfs = *real_vfs;
  vfs.zName = "deadly";
  vfs.szOsFile = static_cast<int>(front_size) + real_vfs->szOsFile;
  vfs.pNext = nullptr;
  vfs.xOpen = deadly_open;
  vfs.xDelete = deadly_delete;
  sqlite3_vfs_register(&vfs, 1);
}

uint64_t logs_synchronized() {
  return syncs_of_logs;
}

} // namespace troupe::test
