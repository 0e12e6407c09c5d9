// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mconn/merlin_transcript.hpp"

#include <array>
#include <cstdint>

namespace troupe {

namespace {

byte_view text_bytes(std::string_view text) {
  return std::as_bytes(std::span{text});
}

std::array<std::byte, 4> little_endian(size_t size) {
  std::array<std::byte, 4> result;
  for (size_t i = 0; i < result.size(); ++i)
    result[i] = static_cast<std::byte>(size >> (8 * i));
  return result;
}

} // namespace

merlin_transcript::merlin_transcript(std::string_view protocol)
  : strobe_("Merlin v1.0") {
  append("dom-sep", text_bytes(protocol));
}

void merlin_transcript::append(std::string_view label, byte_view message) {
  strobe_.meta_ad(text_bytes(label));
  strobe_.meta_ad(little_endian(message.size()), strobe_part::next);
  strobe_.ad(message);
}

void merlin_transcript::challenge(std::string_view label, byte_span out) {
  strobe_.meta_ad(text_bytes(label));
  strobe_.meta_ad(little_endian(out.size()), strobe_part::next);
  strobe_.prf(out);
}

} // namespace troupe
