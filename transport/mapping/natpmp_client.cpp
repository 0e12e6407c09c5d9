// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mapping/gateway_client.hpp"

#ifdef TROUPE_HAVE_NATPMP

#  include <algorithm>
#  include <chrono>
#  include <span>

#  include <fmt/format.h>
#  include <natpmp.h>
#  include <poll.h>
#  include <sys/time.h>

namespace troupe {

namespace {

using clock_type = std::chrono::steady_clock;

/// How long a gateway has to answer a question. The library would ask nine
/// times in two minutes; who has NAT-PMP answers at once.
constexpr auto patience = std::chrono::seconds{2};

/// One conversation with the default gateway.
class natpmp_session {
public:
  natpmp_session() : ready_(initnatpmp(&state_, 0, 0) == 0) {}

  natpmp_session(const natpmp_session&) = delete;

  natpmp_session& operator=(const natpmp_session&) = delete;

  ~natpmp_session() {
    if (ready_)
      closenatpmp(&state_);
  }

  /// @returns our address as the world has it.
  result<ip_address> ask_address() {
    if (!ready_)
      return {errc::timeout, "there is no default gateway"};
    if (sendpublicaddressrequest(&state_) < 0)
      return {errc::timeout, "the gateway is not reached"};
    auto answer = wait();
    if (!answer)
      return answer.error();
    const auto& address = answer->pnu.publicaddress.addr;
    return ip_address::v4(
        std::as_bytes(std::span<const in_addr, 1>{&address, 1}));
  }

  /// @param lifetime in seconds; 0 gives the port back.
  result<natpmpresp_t> ask_port(ip_carrier over, uint16_t ours, uint16_t theirs,
                                uint32_t lifetime) {
    if (!ready_)
      return {errc::timeout, "there is no default gateway"};
    const auto kind
        = over == ip_carrier::udp ? NATPMP_PROTOCOL_UDP : NATPMP_PROTOCOL_TCP;
    if (sendnewportmappingrequest(&state_, kind, ours, theirs, lifetime) < 0)
      return {errc::timeout, "the gateway is not reached"};
    return wait();
  }

private:
  result<natpmpresp_t> wait() {
    const auto limit = clock_type::now() + patience;
    for (;;) {
      natpmpresp_t answer{};
      const auto code = readnatpmpresponseorretry(&state_, &answer);
      if (code == 0)
        return answer;
      if (code != NATPMP_TRYAGAIN)
        return {errc::connection_refused,
                fmt::format("the gateway says no, {}", code)};
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(
          limit - clock_type::now());
      if (left.count() <= 0)
        return {errc::timeout, "the gateway does not answer"};
      timeval wait{};
      static_cast<void>(getnatpmprequesttimeout(&state_, &wait));
      const auto asks_again
          = std::chrono::milliseconds{wait.tv_sec * 1000 + wait.tv_usec / 1000};
      auto socket = pollfd{.fd = state_.s, .events = POLLIN, .revents = 0};
      static_cast<void>(
          poll(&socket, 1,
               static_cast<int>(
                   std::clamp(asks_again, std::chrono::milliseconds{1}, left)
                       .count())));
    }
  }

  natpmp_t state_{};
  bool ready_;
};

class natpmp_client final : public gateway_client {
public:
  result<port_grant> map(ip_carrier over, uint16_t port,
                         duration lease) override {
    natpmp_session session;
    auto ip = session.ask_address();
    if (!ip)
      return ip.error();
    const auto seconds
        = std::chrono::duration_cast<std::chrono::seconds>(lease);
    auto answer = session.ask_port(over, port, port,
                                   static_cast<uint32_t>(seconds.count()));
    if (!answer)
      return answer.error();
    const auto& grant = answer->pnu.newportmapping;
    return port_grant{*ip, grant.mappedpublicport,
                      std::chrono::seconds{grant.lifetime}};
  }

  failure unmap(ip_carrier over, uint16_t port) override {
    natpmp_session session;
    auto answer = session.ask_port(over, port, 0, 0);
    return answer ? failure{} : answer.error();
  }
};

} // namespace

std::unique_ptr<gateway_client> make_natpmp_client() {
  return std::make_unique<natpmp_client>();
}

} // namespace troupe

#else

namespace troupe {

std::unique_ptr<gateway_client> make_natpmp_client() {
  return nullptr;
}

} // namespace troupe

#endif
