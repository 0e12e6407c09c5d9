// SPDX-License-Identifier: Apache-2.0
#include "troupe/tests/harness/quic/sim_tls_messages.hpp"

#include <algorithm>
#include <string_view>

namespace troupe::testing {

namespace {

/// Certificates of real nodes and the signatures in them take about that much
/// more, so that a server has more to say than a client may make it send.
constexpr size_t certificate_padding = 600;

/// Writes a message: parts, each with its size in front of it.
class writer {
public:
  explicit writer(sim_tls_type type)
    : result_{static_cast<std::byte>(type), {}, {}, {}} {}

  writer& add(byte_view part) {
    add_number(part.size(), 2);
    result_.insert(result_.end(), part.begin(), part.end());
    return *this;
  }

  writer& add(std::string_view part) {
    return add(std::as_bytes(std::span{part}));
  }

  bytes finish() {
    const auto size = result_.size() - sim_tls_inbox::head_size;
    for (size_t i = 0; i < 3; ++i)
      result_[1 + i] = static_cast<std::byte>(size >> (8 * (2 - i)));
    return std::move(result_);
  }

private:
  void add_number(size_t number, size_t size) {
    for (auto i = size; i-- > 0;)
      result_.push_back(static_cast<std::byte>(number >> (8 * i)));
  }

  bytes result_;
};

/// Reads such parts.
class reader {
public:
  explicit reader(byte_view from) : rest_(from) {}

  byte_view next() {
    if (rest_.size() < 2)
      return fail();
    const auto size
        = static_cast<size_t>(rest_[0]) << 8 | static_cast<size_t>(rest_[1]);
    if (rest_.size() < 2 + size)
      return fail();
    const auto result = rest_.subspan(2, size);
    rest_ = rest_.subspan(2 + size);
    return result;
  }

  std::string next_text() {
    const auto part = next();
    return {reinterpret_cast<const char*>(part.data()), part.size()};
  }

  template <size_t Size>
  void next_into(std::array<std::byte, Size>& to) {
    const auto part = next();
    if (part.size() == Size)
      std::ranges::copy(part, to.begin());
    else
      good_ = false;
  }

  bytes next_bytes() {
    const auto part = next();
    return {part.begin(), part.end()};
  }

  [[nodiscard]] bool at_end() const {
    return rest_.empty();
  }

  [[nodiscard]] bool good() const {
    return good_;
  }

private:
  byte_view fail() {
    good_ = false;
    rest_ = {};
    return {};
  }

  byte_view rest_;
  bool good_ = true;
};

template <class T>
std::optional<T> if_good(const reader& from, T what) {
  if (!from.good() || !from.at_end())
    return std::nullopt;
  return what;
}

} // namespace

bytes encode(const sim_client_hello& what) {
  auto to = writer{sim_tls_type::client_hello};
  to.add(what.random).add(what.parameters);
  for (const auto& name : what.protocols)
    to.add(name);
  return to.finish();
}

bytes encode(const sim_server_hello& what) {
  return writer{sim_tls_type::server_hello}.add(what.random).finish();
}

bytes encode(const sim_certificate& what) {
  return writer{sim_tls_type::certificate}
      .add(what.key)
      .add(what.proof)
      .add(what.protocol)
      .add(what.parameters)
      .add(bytes(certificate_padding))
      .finish();
}

bytes encode(const sim_finished& what) {
  return writer{sim_tls_type::finished}.add(what.sum).finish();
}

template <>
std::optional<sim_client_hello> decode(byte_view body) {
  auto from = reader{body};
  sim_client_hello result;
  from.next_into(result.random);
  result.parameters = from.next_bytes();
  while (from.good() && !from.at_end())
    result.protocols.push_back(from.next_text());
  return if_good(from, std::move(result));
}

template <>
std::optional<sim_server_hello> decode(byte_view body) {
  auto from = reader{body};
  sim_server_hello result;
  from.next_into(result.random);
  return if_good(from, result);
}

template <>
std::optional<sim_certificate> decode(byte_view body) {
  auto from = reader{body};
  sim_certificate result;
  from.next_into(result.key);
  from.next_into(result.proof);
  result.protocol = from.next_text();
  result.parameters = from.next_bytes();
  from.next();
  return if_good(from, std::move(result));
}

template <>
std::optional<sim_finished> decode(byte_view body) {
  auto from = reader{body};
  sim_finished result;
  from.next_into(result.sum);
  return if_good(from, result);
}

std::optional<sim_tls_inbox::message> sim_tls_inbox::next() {
  if (data_.size() < head_size || overlong()
      || data_.size() < head_size + announced())
    return std::nullopt;
  const auto end
      = data_.begin() + static_cast<ptrdiff_t>(head_size + announced());
  auto result
      = message{static_cast<uint8_t>(data_[0]), bytes{data_.begin(), end}};
  data_.erase(data_.begin(), end);
  return result;
}

size_t sim_tls_inbox::announced() const {
  return static_cast<size_t>(data_[1]) << 16
         | static_cast<size_t>(data_[2]) << 8 | static_cast<size_t>(data_[3]);
}

} // namespace troupe::testing
