#include "server/broker/address_rules.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace leasehold {
namespace {

constexpr std::string_view kLoopback = "a loopback address";
constexpr std::string_view kPrivate = "a private address";
constexpr std::string_view kLinkLocal = "a link-local address";
constexpr std::string_view kMetadata = "a cloud metadata address";
constexpr std::string_view kMulticast = "a multicast address";
constexpr std::string_view kReserved = "a reserved address";

struct Range4 {
  uint32_t base;
  int bits;
  std::string_view kind;
};

constexpr uint32_t V4(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

// IANA's registry of special purposes for IPv4, and addresses of cloud metadata services.
constexpr std::array kRanges4 = {
    Range4{V4(169, 254, 169, 254), 32, kMetadata},
    Range4{V4(100, 100, 100, 200), 32, kMetadata},
    // Public by its number, but answered by the host of the virtual machine.
    Range4{V4(168, 63, 129, 16), 32, kMetadata},
    Range4{V4(0, 0, 0, 0), 8, kReserved},
    Range4{V4(10, 0, 0, 0), 8, kPrivate},
    Range4{V4(100, 64, 0, 0), 10, kPrivate},
    Range4{V4(127, 0, 0, 0), 8, kLoopback},
    Range4{V4(169, 254, 0, 0), 16, kLinkLocal},
    Range4{V4(172, 16, 0, 0), 12, kPrivate},
    Range4{V4(192, 0, 0, 0), 24, kReserved},
    Range4{V4(192, 0, 2, 0), 24, kReserved},
    Range4{V4(192, 88, 99, 0), 24, kReserved},
    Range4{V4(192, 168, 0, 0), 16, kPrivate},
    Range4{V4(198, 18, 0, 0), 15, kReserved},
    Range4{V4(198, 51, 100, 0), 24, kReserved},
    Range4{V4(203, 0, 113, 0), 24, kReserved},
    Range4{V4(224, 0, 0, 0), 4, kMulticast},
    Range4{V4(240, 0, 0, 0), 4, kReserved},
};

uint8_t ByteAt(std::string_view bytes, size_t at) { return static_cast<uint8_t>(bytes[at]); }

std::string_view Kind4(std::string_view address) {
  const uint32_t value =
      V4(ByteAt(address, 0), ByteAt(address, 1), ByteAt(address, 2), ByteAt(address, 3));
  for (const Range4& range : kRanges4) {
    if ((value ^ range.base) >> (32 - range.bits) == 0) return range.kind;
  }
  return {};
}

constexpr std::string_view kZeros("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);

bool IsMapped(std::string_view address) {
  return address.substr(0, 10) == kZeros.substr(0, 10) && address.substr(10, 2) == "\xff\xff";
}

// 64:ff9b::/96, RFC 6052: a translator sends to the IPv4 address behind it.
bool IsTranslated(std::string_view address) {
  return address.substr(0, 4) == std::string_view("\0\x64\xff\x9b", 4) &&
         address.substr(4, 8) == kZeros.substr(0, 8);
}

std::string_view Kind6(std::string_view address) {
  const uint8_t first = ByteAt(address, 0);
  const uint8_t second = ByteAt(address, 1);
  if (IsMapped(address) || IsTranslated(address)) return Kind4(address.substr(12));
  if (first == 0x20 && second == 0x02) return Kind4(address.substr(2, 4));  // 6to4
  if (address.substr(0, 15) == kZeros && ByteAt(address, 15) == 1) return kLoopback;
  if (address == std::string_view("\xfd\0\x0e\xc2\0\0\0\0\0\0\0\0\0\0\x02\x54", 16)) {
    return kMetadata;
  }
  if ((first & 0xfe) == 0xfc) return kPrivate;
  if (first == 0xfe && (second & 0xc0) == 0x80) return kLinkLocal;
  if (first == 0xfe && (second & 0xc0) == 0xc0) return kPrivate;  // site-local, given up
  if (first == 0xff) return kMulticast;
  // 2001::/23 holds Teredo and other tunnels, 2001:db8::/32 is for documents.
  if (first == 0x20 && second == 0x01 &&
      (ByteAt(address, 2) < 0x02 || address.substr(2, 2) == "\x0d\xb8")) {
    return kReserved;
  }
  // Only 2000::/3 has been given out.
  if ((first & 0xe0) != 0x20) return kReserved;
  return {};
}

}  // namespace

std::string_view InternalAddressKind(std::string_view address) {
  if (address.size() == 4) return Kind4(address);
  if (address.size() == 16) return Kind6(address);
  return kReserved;
}

bool MayConnect(std::string_view address, std::span<const Cidr> allowed) {
  if (InternalAddressKind(address).empty()) return true;
  if (address.size() == 16 && IsMapped(address)) address.remove_prefix(12);
  return std::any_of(allowed.begin(), allowed.end(),
                     [address](const Cidr& cidr) { return cidr.Contains(address); });
}

}  // namespace leasehold
