#include "server/net/socket/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "server/base/check.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// ::ffff:0:0/96, where IPv6 sockets put the addresses of IPv4 peers.
constexpr std::array<uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

absl::Status AddressError(std::string_view what, std::string_view text) {
  return Error(Reason::kConfigInvalid,
               StrCat(what, " \"", text.substr(0, 100),
                      "\" is not an address and port; write it as 127.0.0.1:8640 or [::1]:8640"));
}

std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || text.size() > 5) {
    return std::nullopt;
  }
  return port;
}

}  // namespace

absl::StatusOr<IpAddress> IpAddress::Parse(std::string_view text, std::string_view what) {
  const std::string copy(text);
  sockaddr_storage storage{};
  auto* const v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  // A NUL inside would end the text for inet_pton.
  const bool whole = copy.find('\0') == std::string::npos;
  if (whole && inet_pton(AF_INET, copy.c_str(), &v4->sin_addr) == 1) {
    storage.ss_family = AF_INET;
  } else if (whole && inet_pton(AF_INET6, copy.c_str(), &v6->sin6_addr) == 1) {
    storage.ss_family = AF_INET6;
  } else {
    return Error(Reason::kConfigInvalid,
                 StrCat(what, " \"", text.substr(0, 100), "\" is not an IPv4 or IPv6 address"));
  }
  return *From(storage);
}

std::optional<IpAddress> IpAddress::From(const sockaddr_storage& address) {
  IpAddress ip;
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    std::memcpy(ip.bytes_.data(), &v4.sin_addr, 4);
    return ip;
  }
  if (address.ss_family != AF_INET6) return std::nullopt;
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  const uint8_t* const bytes = v6.sin6_addr.s6_addr;
  if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes)) {
    std::copy_n(bytes + kMappedPrefix.size(), 4, ip.bytes_.begin());
    return ip;
  }
  ip.v4_ = false;
  std::copy_n(bytes, 16, ip.bytes_.begin());
  return ip;
}

bool IpAddress::IsLoopback() const {
  if (v4_) return bytes_[0] == 127;
  return bytes_[15] == 1 &&
         std::all_of(bytes_.begin(), bytes_.end() - 1, [](uint8_t byte) { return byte == 0; });
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN];
  LEASEHOLD_CHECK(inet_ntop(v4_ ? AF_INET : AF_INET6, bytes_.data(), text, sizeof(text)) !=
                  nullptr);
  return text;
}

absl::StatusOr<SocketAddress> SocketAddress::Parse(std::string_view text, std::string_view what) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return AddressError(what, text);
  const auto port = ParsePort(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host == "localhost" && !bracketed) host = "127.0.0.1";
  const auto ip = IpAddress::Parse(host, what);
  // Brackets are for IPv6 and required there: "::1:80" could be read in two ways.
  if (!port.has_value() || !ip.ok() || bracketed != (host.find(':') != std::string_view::npos)) {
    return AddressError(what, text);
  }
  return SocketAddress(*ip, *port);
}

SocketAddress SocketAddress::LoopbackV4(uint16_t port) {
  sockaddr_storage storage{};
  storage.ss_family = AF_INET;
  reinterpret_cast<sockaddr_in*>(&storage)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return SocketAddress(*IpAddress::From(storage), port);
}

SocketAddress SocketAddress::OfSocket(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  LEASEHOLD_CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) == 0);
  const auto ip = IpAddress::From(storage);
  LEASEHOLD_CHECK(ip.has_value(), "not an IP socket");
  const uint16_t port = storage.ss_family == AF_INET
                            ? reinterpret_cast<const sockaddr_in&>(storage).sin_port
                            : reinterpret_cast<const sockaddr_in6&>(storage).sin6_port;
  return SocketAddress(*ip, ntohs(port));
}

std::string SocketAddress::ToString() const {
  return ip_.is_v4() ? StrCat(ip_.ToString(), ":", port_)
                     : StrCat("[", ip_.ToString(), "]:", port_);
}

socklen_t SocketAddress::ToSockaddr(sockaddr_storage* out) const {
  *out = {};
  if (ip_.is_v4()) {
    auto* const v4 = reinterpret_cast<sockaddr_in*>(out);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port_);
    std::memcpy(&v4->sin_addr, ip_.bytes().data(), 4);
    return sizeof(*v4);
  }
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(out);
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(port_);
  std::memcpy(&v6->sin6_addr, ip_.bytes().data(), 16);
  return sizeof(*v6);
}

}  // namespace leasehold
