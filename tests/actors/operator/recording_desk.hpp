// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "troupe/actors/operator/http_desk.hpp"

namespace troupe::test {

using nlohmann::json;

/// A server that keeps the answers.
class recording_desk final : public http_desk {
public:
  void answer(uint64_t request, http_response what) override {
    answers[request] = std::move(what);
  }

  bool stream(uint64_t request) override {
    streams[request] = {};
    return true;
  }

  bool push(uint64_t request, std::string line) override {
    if (streams.count(request) == 0)
      return false;
    if (line != "\n")
      streams[request].push_back(json::parse(line));
    return true;
  }

  void end(uint64_t request) override {
    ended.push_back(request);
  }

  void close() override {
    closed = true;
  }

  std::map<uint64_t, http_response> answers;
  std::map<uint64_t, std::vector<json>> streams;
  std::vector<uint64_t> ended;
  bool closed = false;
};

} // namespace troupe::test
