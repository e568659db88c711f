#ifndef LEASEHOLD_SERVER_NET_SOCKET_NETWORK_H_
#define LEASEHOLD_SERVER_NET_SOCKET_NETWORK_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/net/socket/socket_address.h"

namespace leasehold {

// A range of IP addresses: 10.0.0.0/8, ::1/128.
class Network {
 public:
  // "ADDRESS/BITS", or an address alone for exactly that one. Bits behind the prefix have to be
  // zero: 10.1.2.3/8 is more likely a mistake than a wish. CONFIG_INVALID names `what`.
  static absl::StatusOr<Network> Parse(std::string_view text, std::string_view what);

  // Never true for the other family.
  bool Contains(const IpAddress& address) const;
  std::string ToString() const;
  bool operator==(const Network&) const = default;

 private:
  Network(IpAddress address, int bits) : address_(address), bits_(bits) {}
  IpAddress address_;
  int bits_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_SOCKET_NETWORK_H_
