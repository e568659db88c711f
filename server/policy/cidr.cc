#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/policy/compiled_target.h"

namespace leasehold {
namespace {

constexpr std::string_view kMappedPrefix{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};

absl::Status Refuse(std::string_view offence) {
  return Error(Reason::kInvalidArgument,
               StrCat("network ", offence, "; write for example 127.0.0.0/8 or fd00::/8"));
}

// Whether the first `bits` bits of two addresses are the same.
bool SamePrefix(const uint8_t* a, const uint8_t* b, int bits) {
  const auto bytes = static_cast<size_t>(bits / 8);
  if (!std::equal(a, a + bytes, b)) return false;
  const int rest = bits % 8;
  return rest == 0 || ((a[bytes] ^ b[bytes]) >> (8 - rest)) == 0;
}

}  // namespace

bool Cidr::Contains(std::string_view address_bytes) const {
  // ::ffff:127.0.0.1 reaches 127.0.0.1, so it is judged as that.
  if (address_bytes.size() == 16 && address_bytes.starts_with(kMappedPrefix)) {
    address_bytes.remove_prefix(kMappedPrefix.size());
  }
  if (address_bytes.size() != (v6 ? 16U : 4U)) return false;
  std::array<uint8_t, 16> other{};
  std::copy(address_bytes.begin(), address_bytes.end(), other.begin());
  return SamePrefix(address.data(), other.data(), prefix_bits);
}

absl::StatusOr<Cidr> ParseCidr(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return Refuse("has no '/' and number of bits");
  const std::string host(text.substr(0, slash));
  const std::string_view bits = text.substr(slash + 1);
  Cidr cidr;
  cidr.v6 = host.find(':') != std::string::npos;
  if (inet_pton(cidr.v6 ? AF_INET6 : AF_INET, host.c_str(), cidr.address.data()) != 1) {
    return Refuse("has no IP address before '/'");
  }
  const char* end = bits.data() + bits.size();
  const auto [parsed, error] = std::from_chars(bits.data(), end, cidr.prefix_bits);
  const bool canonical = !bits.empty() && (bits.front() != '0' || bits.size() == 1);
  if (error != std::errc() || parsed != end || !canonical || cidr.prefix_bits < 0 ||
      cidr.prefix_bits > (cidr.v6 ? 128 : 32)) {
    return Refuse(cidr.v6 ? "has bits that are not 0 to 128" : "has bits that are not 0 to 32");
  }
  // Contains() takes mapped addresses for what they reach, so such a network would match nothing.
  const auto mapped = [](uint8_t byte, char c) { return byte == static_cast<uint8_t>(c); };
  if (cidr.v6 && cidr.prefix_bits >= 96 &&
      std::equal(cidr.address.begin(), cidr.address.begin() + kMappedPrefix.size(),
                 kMappedPrefix.begin(), mapped)) {
    return Refuse("has IPv4 addresses written as IPv6; write the IPv4 network");
  }
  // The address itself is all zeros behind the prefix, else somebody meant another network.
  std::array<uint8_t, 16> network = cidr.address;
  for (int bit = cidr.prefix_bits; bit < 128; ++bit) {
    network[static_cast<size_t>(bit / 8)] &= static_cast<uint8_t>(~(0x80U >> (bit % 8)));
  }
  if (network != cidr.address) return Refuse("has address bits behind the prefix");
  return cidr;
}

}  // namespace leasehold
