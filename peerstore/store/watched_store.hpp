// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "troupe/peerstore/store/peer_store.hpp"

namespace troupe {

/// A store that passes everything on to another one, and knows whether that
/// takes what it is given. The answer may be had on any thread.
class watched_store final : public peer_store {
public:
  explicit watched_store(std::shared_ptr<peer_store> behind)
    : behind_(std::move(behind)) {}

  result<store_contents> load() override {
    return behind_->load();
  }

  duration begin(const store_changes& changes) override {
    return behind_->begin(changes);
  }

  failure commit(const store_changes& changes) override {
    auto bad = behind_->commit(changes);
    const std::lock_guard guard{lock_};
    problem_ = bad.code == errc::none ? std::string{} : to_string(bad);
    return bad;
  }

  [[nodiscard]] bool blocks() const noexcept override {
    return behind_->blocks();
  }

  /// Why the last change was not taken; empty if it was, or there was none.
  [[nodiscard]] std::string problem() const {
    const std::lock_guard guard{lock_};
    return problem_;
  }

private:
  std::shared_ptr<peer_store> behind_;
  mutable std::mutex lock_;
  std::string problem_;
};

} // namespace troupe
