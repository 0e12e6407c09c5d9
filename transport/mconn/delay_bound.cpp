// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/delay_bound.hpp"

#include <chrono>

#include "troupe/transport/mconn/mconn_stream.hpp"
#include "troupe/transport/mconn/rate_slices.hpp"

namespace troupe {

namespace {

duration time_for(size_t bytes, uint64_t rate) {
  return std::chrono::ceil<duration>(std::chrono::duration<double>{
      static_cast<double>(bytes) / static_cast<double>(rate)});
}

} // namespace

duration delay_bound(const mconn_stream_options& options,
                     const network_path& path) {
  const auto packet = options.send_payload_max + max_packet_header_size;
  // The packet in progress and the message itself, and frames that others fill.
  const auto last = 2 * (packet + frame_sealed_size);
  const auto before = mconn_stream::bursts_in_flight * mconn_stream::burst_bytes
                      + path.unsent + path.taken;
  auto result = path.latency + time_for(before + last, path.bandwidth);
  if (options.send_rate && *options.send_rate > 0)
    result += rate_slices::length + time_for(last, *options.send_rate);
  return result;
}

} // namespace troupe
