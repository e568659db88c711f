#include "server/net/socket/network.h"

#include <charconv>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// Bit `i` of an address, counted from the most significant.
bool Bit(const IpAddress& address, int i) {
  const auto byte = static_cast<unsigned char>(address.bytes()[static_cast<size_t>(i) / 8]);
  return ((byte >> (7 - i % 8)) & 1) != 0;
}

int BitsOf(const IpAddress& address) { return address.is_v4() ? 32 : 128; }

}  // namespace

absl::StatusOr<Network> Network::Parse(std::string_view text, std::string_view what) {
  const size_t slash = text.find('/');
  ASSIGN_OR_RETURN(const IpAddress address, IpAddress::Parse(text.substr(0, slash), what));
  if (slash == std::string_view::npos) return Network(address, BitsOf(address));
  const std::string_view number = text.substr(slash + 1);
  int bits = -1;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), bits);
  if (error != std::errc() || end != number.data() + number.size() || bits < 0 ||
      bits > BitsOf(address)) {
    return Error(Reason::kConfigInvalid, StrCat(what, " \"", text.substr(0, 100), "\" needs 0 to ",
                                                BitsOf(address), " bits behind the slash"));
  }
  for (int i = bits; i < BitsOf(address); ++i) {
    if (Bit(address, i)) {
      return Error(Reason::kConfigInvalid,
                   StrCat(what, " \"", text.substr(0, 100), "\" has bits set behind the first ",
                          bits, "; write the network's first address"));
    }
  }
  return Network(address, bits);
}

bool Network::Contains(const IpAddress& address) const {
  if (address.is_v4() != address_.is_v4()) return false;
  for (int i = 0; i < bits_; ++i) {
    if (Bit(address, i) != Bit(address_, i)) return false;
  }
  return true;
}

std::string Network::ToString() const { return StrCat(address_.ToString(), "/", bits_); }

}  // namespace leasehold
