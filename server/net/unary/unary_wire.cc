#include "server/net/unary/unary_wire.h"

#include <cstdint>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {

absl::StatusOr<std::string_view> MessageIn(std::string_view body) {
  if (body.size() < kMessagePrefixBytes) {
    return Error(Reason::kInvalidArgument, "the call carries no message");
  }
  if (body[0] != 0) {
    return Error(Reason::kInvalidArgument,
                 "the message is compressed, which this socket does not take; send it as it is");
  }
  uint32_t length = 0;
  for (size_t i = 1; i < kMessagePrefixBytes; ++i) {
    length = length << 8 | static_cast<uint8_t>(body[i]);
  }
  body.remove_prefix(kMessagePrefixBytes);
  if (length != body.size()) {
    return Error(Reason::kInvalidArgument, StrCat("the call's message has ", body.size(),
                                                  " bytes and says that it has ", length));
  }
  return body;
}

std::string BodyOf(std::string_view message) {
  std::string body(kMessagePrefixBytes, '\0');
  body.reserve(kMessagePrefixBytes + message.size());
  for (size_t i = 1; i < kMessagePrefixBytes; ++i) {
    body[i] = static_cast<char>(message.size() >> 8 * (kMessagePrefixBytes - 1 - i));
  }
  body += message;
  return body;
}

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (c >= ' ' && c <= '~' && c != '%') {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<uint8_t>(c);
    encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return encoded;
}

std::string Base64Unpadded(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<uint8_t>(c);
    for (count += 8; count >= 6; count -= 6) {
      text += kAlphabet[bits >> (count - 6) & 63];
    }
  }
  if (count > 0) {
    text += kAlphabet[bits << (6 - count) & 63];
  }
  return text;
}

}  // namespace leasehold
