// SPDX-License-Identifier: Apache-2.0
#include "troupe/actors/operator/caf_log.hpp"

#include <filesystem>
#include <map>
#include <mutex>
#include <utility>

#include <unistd.h>

#include <caf/actor_system_config.hpp>
#include <caf/config.hpp>
#include <caf/detail/log_level.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/logger.hpp>
#include <caf/send.hpp>
#include <caf/settings.hpp>

namespace troupe {

namespace {

/// Some minutes of a node's worst days; it is there for a disk that hangs.
constexpr size_t lines_max = 4096;

// -- what differs between versions of CAF -------------------------------------

/// CAF makes its macros away where it was built without a log, as the usual
/// build is; its logger is there nevertheless. Waits if the logger is busy.
#if CAF_MAJOR_VERSION >= 1
void hand_over(caf::logger&, caf_line line) {
  const auto before = caf::logger::thread_local_aid(line.who);
  caf::logger::log(line.level, caf_log::component, "{}", line.text);
  caf::logger::thread_local_aid(before);
}
#else
void hand_over(caf::logger& to, caf_line line) {
  to.log(caf::logger::event{line.level, 0, caf_log::component,
                            "void troupe::event_log::write()", "write",
                            "log.cpp", std::move(line.text), line.thread,
                            line.who, line.time});
}
#endif

// -- which lines CAF's logger is to have --------------------------------------

unsigned level_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
      return CAF_LOG_LEVEL_TRACE;
    case spdlog::level::debug:
      return CAF_LOG_LEVEL_DEBUG;
    case spdlog::level::info:
      return CAF_LOG_LEVEL_INFO;
    case spdlog::level::warn:
      return CAF_LOG_LEVEL_WARNING;
    default:
      return CAF_LOG_LEVEL_ERROR;
  }
}

/// @param option a literal, which all versions of CAF take.
template <size_t N>
bool is_quiet(const caf::actor_system_config& config, const char (&option)[N]) {
  const auto level = caf::get_or(config, option, std::string{"quiet"});
  return level != "error" && level != "warning" && level != "info"
         && level != "debug" && level != "trace";
}

/// Whether CAF could write to its file. The name may have a part that only CAF
/// fills in: such a file is new.
bool may_write(const std::filesystem::path& file) {
  if (file.empty())
    return false;
  if (::access(file.c_str(), F_OK) == 0)
    return ::access(file.c_str(), W_OK) == 0;
  const auto folder = file.has_parent_path() ? file.parent_path() : ".";
  return ::access(folder.c_str(), W_OK | X_OK) == 0;
}

/// Whether CAF's logger takes what it is given. One that has neither a console
/// nor a file that it can open takes nothing, and makes whoever gives it more
/// than 128 lines wait for ever.
bool is_at_work(const caf::actor_system_config& config) {
  return !is_quiet(config, "caf.logger.console.verbosity")
         || may_write(caf::get_or(config, "caf.logger.file.path",
                                  std::string{"actor_log"}));
}

// -- the actor ----------------------------------------------------------------

caf::behavior writer(caf::event_based_actor* self,
                     const std::shared_ptr<caf_lines>& lines) {
  auto write = [self, lines] {
    for (auto& line : lines->take())
      hand_over(self->system().logger(), std::move(line));
  };
  return {
      [write](caf::tick_atom) { write(); },
      [self, write](caf::close_atom) {
        write();
        self->quit();
      },
  };
}

} // namespace

std::shared_ptr<caf_log> caf_log::of(caf::actor_system& sys) {
  if (!sys.logger().accepts(CAF_LOG_LEVEL_ERROR, component)
      || !is_at_work(sys.config()))
    return nullptr;
  // The actors of a system find each other's here. None outlives its system.
  static std::mutex mutex;
  static std::map<caf::actor_system*, std::weak_ptr<caf_log>> all;
  const std::lock_guard guard{mutex};
  std::erase_if(all, [](const auto& each) { return each.second.expired(); });
  auto& entry = all[&sys];
  auto result = entry.lock();
  if (!result) {
    result = std::make_shared<caf_log>(sys);
    entry = result;
  }
  return result;
}

caf_log::caf_log(caf::actor_system& sys)
  : sys_(sys),
    lines_(std::make_shared<caf_lines>(lines_max)),
    writer_(sys.spawn<caf::detached>(writer, lines_)) {}

caf_log::~caf_log() {
  caf::anon_send(writer_, caf::close_atom_v);
}

bool caf_log::accepts(spdlog::level::level_enum level) const {
  return sys_.logger().accepts(level_of(level), component);
}

void caf_log::write(spdlog::level::level_enum level, caf::actor_id who,
                    std::string line) {
  if (lines_->push(
          {.level = level_of(level), .who = who, .text = std::move(line)}))
    caf::anon_send(writer_, caf::tick_atom_v);
}

} // namespace troupe
