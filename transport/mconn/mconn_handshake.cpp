// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/mconn_handshake.hpp"

#include <utility>

#include "troupe/messages/wire_writer.hpp"

namespace troupe {

mconn_handshake::mconn_handshake(
    const node_key& identity, std::span<const std::byte, 32> ephemeral_secret,
    node_info ours, const node_id& expected, acceptance accepted)
  : identity_(identity),
    ours_(std::move(ours)),
    expected_(expected),
    accepted_(accepted),
    keys_(identity, ephemeral_secret) {}

bytes mconn_handshake::start() const {
  return keys_.start();
}

failure mconn_handshake::consume(byte_span input, bytes& output) {
  switch (step_) {
    case step::keys:
      return exchange_keys(input, output);
    case step::infos:
      return exchange_infos(input);
    default:
      return {errc::invalid_state, "the handshake is over"};
  }
}

failure mconn_handshake::exchange_keys(byte_span input, bytes& output) {
  if (auto code = keys_.consume(input, output); code != errc::none)
    return fail({code, {}});
  if (!keys_.done())
    return {};
  writer_ = keys_.take_writer();
  reader_ = keys_.take_reader();
  result_.id = node_id::of(keys_.remote_key());
  if (auto bad = verify_identity(identity_.id(), result_.id, expected_);
      bad.code != errc::none)
    return fail(std::move(bad));
  step_ = step::infos;
  if (auto bad = send_info(output); bad.code != errc::none)
    return fail(std::move(bad));
  return read_info(keys_.take_plaintext());
}

failure mconn_handshake::exchange_infos(byte_span input) {
  failure outcome;
  auto code = reader_->read(input, [this, &outcome](byte_view chunk) {
    outcome = read_info(chunk);
    return outcome.code;
  });
  if (outcome.code != errc::none)
    return outcome;
  if (code == errc::none && step_ == step::infos
      && reader_->frames() > secret_handshake::max_frames)
    code = errc::malformed_handshake;
  return code == errc::none ? failure{} : fail({code, {}});
}

failure mconn_handshake::read_info(byte_view plaintext) {
  if (step_ == step::infos) {
    if (auto code = info_.consume(plaintext); code != errc::none)
      return fail({code, {}});
    if (!info_.complete())
      return {};
    auto theirs = decode_node_info(info_.take());
    if (!theirs)
      return fail(theirs.error());
    if (auto bad = verify_node_info(ours_, *theirs, result_.id, accepted_);
        bad.code != errc::none)
      return fail(std::move(bad));
    result_.info = std::move(*theirs);
    step_ = step::done;
  }
  plaintext_.insert(plaintext_.end(), plaintext.begin(), plaintext.end());
  return {};
}

failure mconn_handshake::send_info(bytes& output) {
  bytes message;
  append_delimited(message, encode(ours_));
  const auto offset = output.size();
  output.resize(offset + frame_writer::sealed_size(message.size()));
  writer_->begin(byte_span{output}.subspan(offset));
  writer_->append(message);
  size_t sealed = 0;
  if (auto code = writer_->finish(sealed); code != errc::none)
    return {code, {}};
  return {};
}

failure mconn_handshake::fail(failure reason) {
  step_ = step::failed;
  return reason;
}

errc mconn_handshake::judged_by_remote() const {
  return compatible(result_.info, ours_).code;
}

handshake_result mconn_handshake::take_result() {
  return std::move(result_);
}

frame_writer mconn_handshake::take_writer() {
  return *std::exchange(writer_, std::nullopt);
}

frame_reader mconn_handshake::take_reader() {
  return *std::exchange(reader_, std::nullopt);
}

bytes mconn_handshake::take_plaintext() {
  return std::move(plaintext_);
}

} // namespace troupe
