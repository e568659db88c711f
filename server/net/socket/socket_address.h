#ifndef LEASEHOLD_SERVER_NET_SOCKET_SOCKET_ADDRESS_H_
#define LEASEHOLD_SERVER_NET_SOCKET_SOCKET_ADDRESS_H_

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace leasehold {

// An IPv4 or IPv6 address. An IPv4 address in IPv6 clothes (::ffff:10.0.0.1) is the IPv4 address:
// the two must not be told apart where networks and limits are checked.
class IpAddress {
 public:
  // "127.0.0.1", "::1"; numbers only, no zone, no port. CONFIG_INVALID names `what`.
  static absl::StatusOr<IpAddress> Parse(std::string_view text, std::string_view what);
  // nullopt for other families.
  static std::optional<IpAddress> From(const sockaddr_storage& address);

  bool is_v4() const { return v4_; }
  // 4 or 16 bytes, most significant first.
  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), v4_ ? size_t{4} : size_t{16}};
  }
  // 127.0.0.0/8 and ::1.
  bool IsLoopback() const;
  std::string ToString() const;
  bool operator==(const IpAddress&) const = default;

 private:
  bool v4_ = true;
  std::array<uint8_t, 16> bytes_ = {};  // Of IPv4 the first four; the others are zero.
};

// An address to listen at: an IP address and a port; port 0 lets the system choose.
class SocketAddress {
 public:
  // "127.0.0.1:8640", "[::1]:8640", "localhost:8640" (which is 127.0.0.1). Other names are refused:
  // what they resolve to can change between the check and the bind. CONFIG_INVALID names `what`.
  static absl::StatusOr<SocketAddress> Parse(std::string_view text, std::string_view what);
  static SocketAddress LoopbackV4(uint16_t port);
  // The address that `fd` is bound to. `fd` is an IP socket.
  static SocketAddress OfSocket(int fd);

  const IpAddress& ip() const { return ip_; }
  uint16_t port() const { return port_; }
  // "127.0.0.1:8640", "[::1]:8640".
  std::string ToString() const;
  // Fills `out` and returns its length.
  socklen_t ToSockaddr(sockaddr_storage* out) const;

 private:
  SocketAddress(IpAddress ip, uint16_t port) : ip_(ip), port_(port) {}
  IpAddress ip_;
  uint16_t port_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_SOCKET_SOCKET_ADDRESS_H_
