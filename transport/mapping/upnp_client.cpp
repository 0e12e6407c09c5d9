// SPDX-License-Identifier: Apache-2.0
#include "troupe/transport/mapping/gateway_client.hpp"

#ifdef TROUPE_HAVE_UPNP

#  include <array>
#  include <chrono>
#  include <string>
#  include <utility>

#  include <fmt/format.h>
#  include <miniupnpc/miniupnpc.h>
#  include <miniupnpc/upnpcommands.h>
#  include <miniupnpc/upnperrors.h>

namespace troupe {

namespace {

/// How long gateways have to answer the search.
constexpr int search_ms = 1000;

/// How many ports are tried where others have the first ones.
constexpr uint16_t ports_tried = 8;

/// Codes of the protocol.
constexpr int port_is_taken = 718;
constexpr int only_for_ever = 725;

/// The gateway that was found, and where it takes orders.
class upnp_gateway {
public:
  upnp_gateway() {
    int error = 0;
    auto* all = upnpDiscover(search_ms, nullptr, nullptr, 0, 0, 2, &error);
    if (all == nullptr)
      return;
#  if MINIUPNPC_API_VERSION >= 18
    std::array<char, 64> wan{};
    const auto kind = UPNP_GetValidIGD(
        all, &urls_, &data_, lan_.data(), static_cast<int>(lan_.size()),
        wan.data(), static_cast<int>(wan.size()));
#  else
    const auto kind = UPNP_GetValidIGD(all, &urls_, &data_, lan_.data(),
                                       static_cast<int>(lan_.size()));
#  endif
    freeUPNPDevlist(all);
    // 1 is a gateway that is connected; 2 is one that says it is not, or whose
    // own address is private. 3 is something else that speaks UPnP.
    has_urls_ = kind != 0;
    found_ = kind == 1 || kind == 2;
  }

  upnp_gateway(const upnp_gateway&) = delete;

  upnp_gateway& operator=(const upnp_gateway&) = delete;

  ~upnp_gateway() {
    if (has_urls_)
      FreeUPNPUrls(&urls_);
  }

  [[nodiscard]] bool found() const {
    return found_;
  }

  result<ip_address> ask_address() {
    std::array<char, 64> text{};
    const auto code = UPNP_GetExternalIPAddress(
        urls_.controlURL, data_.first.servicetype, text.data());
    if (code != UPNPCOMMAND_SUCCESS)
      return refusal(code);
    auto ip = ip_address::parse(text.data());
    if (!ip)
      return {errc::connection_refused, "the gateway does not say its address"};
    return *ip;
  }

  /// @param lease in seconds; 0 means for ever.
  int add(ip_carrier over, uint16_t theirs, uint16_t ours, uint64_t lease) {
    return UPNP_AddPortMapping(urls_.controlURL, data_.first.servicetype,
                               std::to_string(theirs).c_str(),
                               std::to_string(ours).c_str(), lan_.data(),
                               "troupe", name_of(over), nullptr,
                               std::to_string(lease).c_str());
  }

  int remove(ip_carrier over, uint16_t theirs) {
    return UPNP_DeletePortMapping(urls_.controlURL, data_.first.servicetype,
                                  std::to_string(theirs).c_str(), name_of(over),
                                  nullptr);
  }

  static const char* name_of(ip_carrier over) {
    return over == ip_carrier::udp ? "UDP" : "TCP";
  }

  static failure refusal(int code) {
    const auto* text = strupnperror(code);
    return {errc::connection_refused,
            fmt::format("the gateway says no, {}{}{}", code,
                        text != nullptr ? ": " : "",
                        text != nullptr ? text : "")};
  }

private:
  UPNPUrls urls_{};
  IGDdatas data_{};
  std::array<char, 64> lan_{};
  bool has_urls_ = false;
  bool found_ = false;
};

failure nobody() {
  return {errc::timeout, "no gateway answers to UPnP"};
}

class upnp_client final : public gateway_client {
public:
  result<port_grant> map(ip_carrier over, uint16_t port,
                         duration lease) override {
    upnp_gateway gateway;
    if (!gateway.found())
      return nobody();
    auto ip = gateway.ask_address();
    if (!ip)
      return ip.error();
    const auto seconds
        = std::chrono::duration_cast<std::chrono::seconds>(lease);
    auto lasts = static_cast<uint64_t>(seconds.count());
    auto& given = given_[static_cast<size_t>(over)];
    int code = port_is_taken;
    for (uint16_t i = 0; i < ports_tried && code == port_is_taken; ++i) {
      const auto theirs = static_cast<uint16_t>((given ? given : port) + i);
      if (theirs < 1024)
        continue;
      code = gateway.add(over, theirs, port, lasts);
      if (code == only_for_ever) {
        lasts = 0;
        code = gateway.add(over, theirs, port, lasts);
      }
      if (code == UPNPCOMMAND_SUCCESS) {
        given = theirs;
        return port_grant{*ip, theirs, std::chrono::seconds{lasts}};
      }
    }
    return upnp_gateway::refusal(code);
  }

  failure unmap(ip_carrier over, uint16_t) override {
    auto& given = given_[static_cast<size_t>(over)];
    if (given == 0)
      return {};
    upnp_gateway gateway;
    if (!gateway.found())
      return nobody();
    const auto code = gateway.remove(over, std::exchange(given, 0));
    return code == UPNPCOMMAND_SUCCESS ? failure{}
                                       : upnp_gateway::refusal(code);
  }

private:
  /// The port that we have there of TCP, and of UDP; 0 if there is none.
  std::array<uint16_t, 2> given_{};
};

} // namespace

std::unique_ptr<gateway_client> make_upnp_client() {
  return std::make_unique<upnp_client>();
}

} // namespace troupe

#else

namespace troupe {

std::unique_ptr<gateway_client> make_upnp_client() {
  return nullptr;
}

} // namespace troupe

#endif
