// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/tcp/socket_watch.hpp"

#include <atomic>
#include <utility>

#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>
#include <caf/io/network/default_multiplexer.hpp>
#include <caf/io/network/event_handler.hpp>

#include "troupe/transport/tcp/shared_core.hpp"

namespace troupe {

using caf::io::network::default_multiplexer;
using caf::io::network::event_handler;
using caf::io::network::operation;

namespace {

operation native(readiness what) {
  return what == readiness::read ? operation::read : operation::write;
}

/// Counts as an actor that runs, so that the system does not end before us. In
/// its end it stops the loop, and what is still in there stays for ever; and
/// with CAF 1.x an actor counts no more when its state goes away.
class running_entry {
public:
  explicit running_entry(caf::actor_registry& where) : where_(where) {
    where_.inc_running();
  }

  running_entry(const running_entry&) = delete;

  running_entry& operator=(const running_entry&) = delete;

  ~running_entry() {
    where_.dec_running();
  }

private:
  caf::actor_registry& where_;
};

} // namespace

class socket_watch::handler final : public event_handler {
public:
  handler(caf::io::broker* owner, unique_socket fd, callback ready)
    : event_handler(dynamic_cast<default_multiplexer&>(owner->backend()),
                    fd.release()),
      running_(owner->system().registry()),
      broker_(owner),
      owner_(owner->ctrl()),
      ready_(std::move(ready)) {}

  ~handler() override {
    if (last_)
      last_(this->fd());
  }

  void at_end(void (*what)(int)) {
    last_ = what;
  }

  void watch(operation what) {
    backend().add(what, this->fd(), this);
  }

  void ignore(operation what) {
    backend().del(what, this->fd(), this);
  }

  /// The loop may know us until the end of its turn, so that we go in the next.
  static void detach(handler* ptr) {
    ptr->detached_ = true;
    auto owned = std::shared_ptr<handler>{ptr};
    ptr->backend().dispatch([owned] {
      owned->ignore(operation::read);
      owned->ignore(operation::write);
      owned->backend().post([owned] {});
    });
  }

  void handle_event(operation what) override {
    wait_for_turns();
    // The loop holds no reference to the broker. Without ours, its state could
    // go away on another thread in the middle of the callback.
    auto owner = owner_.lock();
    if (!owner || is_ending() || detached_) {
      // The loop would call for the same again until `detach` gets its turn.
      ignore(operation::read);
      ignore(operation::write);
      return;
    }
    if (what != operation::propagate_error) {
      ready_(what == operation::read ? readiness::read : readiness::write);
      return;
    }
    // The loop drops us after an error, whatever we asked for.
    ready_(readiness::read);
    if (!detached_)
      ready_(readiness::write);
  }

  void removed_from_loop(operation) override {
    // Nobody waits for this: `detach` outlives the turn.
  }

  void graceful_shutdown() override {
    // Only called for handlers that a broker's servant owns.
  }

private:
  /// With CAF 1.x, a broker that nobody refers to any more gives out references
  /// while its state goes away, on the thread that dropped the last handle; but
  /// it has closed its mailbox before. @pre there is a reference to it.
  [[nodiscard]] bool is_ending() const {
    return broker_->mailbox().closed();
  }

  running_entry running_;
  caf::io::broker* broker_;
  caf::weak_actor_ptr owner_;
  callback ready_;
  void (*last_)(int) = nullptr;
  std::atomic<bool> detached_ = false;
};

void socket_watch::detach::operator()(handler* ptr) const {
  handler::detach(ptr);
}

socket_watch::socket_watch(caf::io::broker* owner, unique_socket fd,
                           callback ready)
  : handler_(new handler(owner, std::move(fd), std::move(ready))) {}

int socket_watch::fd() const {
  return handler_->fd();
}

void socket_watch::at_end(void (*what)(int)) {
  handler_->at_end(what);
}

void socket_watch::watch(readiness what) {
  handler_->watch(native(what));
}

void socket_watch::ignore(readiness what) {
  handler_->ignore(native(what));
}

} // namespace troupe
