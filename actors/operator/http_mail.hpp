// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "troupe/actors/operator/http_desk.hpp"
#include "troupe/actors/operator/line_stream.hpp"

namespace troupe {

/// What other threads leave for the thread of an HTTP server: answers and
/// streams, each under the number of its request.
class http_mail final : public http_desk {
public:
  /// What is new since the last look.
  struct news {
    std::vector<std::pair<uint64_t, http_response>> answers;
    /// Requests that became streams.
    std::vector<uint64_t> streams;
    /// Streams that wait for something to read, and now have it.
    std::vector<uint64_t> readable;
    /// Stays.
    bool closed = false;
  };

  /// @param wakeup an `eventfd` that the server's thread waits for.
  /// @param stream_size_max most bytes that wait in a stream.
  http_mail(int wakeup, size_t stream_size_max, line_stream::notice lost)
    : wakeup_(wakeup),
      size_max_(stream_size_max),
      lost_(std::move(lost)) {}

  // -- for anybody ------------------------------------------------------------

  void answer(uint64_t request, http_response what) override;

  bool stream(uint64_t request) override;

  bool push(uint64_t request, std::string line) override;

  void end(uint64_t request) override;

  void close() override;

  // -- for the server's thread ------------------------------------------------

  /// From now on the request may be answered.
  void expect(uint64_t request);

  /// The request is over.
  void forget(uint64_t request);

  news take();

  /// Reads from a stream. If there is nothing yet, `readable` will tell.
  /// @returns nothing if it is over.
  std::optional<size_t> read(uint64_t request, std::span<char> out);

  /// Ends all streams behind what they hold.
  void end_all();

  /// From now on nobody is woken: the descriptor goes.
  void retire();

private:
  struct open_stream {
    explicit open_stream(line_stream empty) : lines(std::move(empty)) {}

    line_stream lines;
    bool ended = false;
    /// Whether the server waits for something to read.
    bool waits = false;
  };

  void rouse(uint64_t request, open_stream& x);

  /// Does something and wakes the server.
  template <class F>
  void change(F what);

  std::mutex mutex_;
  int wakeup_;
  size_t size_max_;
  line_stream::notice lost_;
  /// Requests that may be answered.
  std::set<uint64_t> known_;
  std::map<uint64_t, open_stream> streams_;
  news news_;
};

} // namespace troupe
