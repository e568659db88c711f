// Bytes as text: hexadecimal and RFC 4648 base64. Written here because OpenSSL's decoder accepts
// white space and stray trailing bits, and two spellings of one token would be two tokens.

#include <cstddef>

#include "server/base/crypto_bytes.h"

namespace leasehold {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr uint8_t kNotADigit = 64;

constexpr std::array<uint8_t, 256> Inverse(std::string_view alphabet) {
  std::array<uint8_t, 256> values{};
  for (uint8_t& value : values) value = kNotADigit;
  for (size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<uint8_t>(alphabet[i])] = static_cast<uint8_t>(i);
  }
  return values;
}

constexpr std::array<uint8_t, 256> kBase64Values = Inverse(kBase64);
constexpr std::array<uint8_t, 256> kBase64UrlValues = Inverse(kBase64Url);

std::string Encode(ByteView bytes, std::string_view alphabet) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  uint32_t bits = 0;  // The last `count` bits are not written yet.
  int count = 0;
  for (const uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    count += 8;
    while (count >= 6) {
      count -= 6;
      out.push_back(alphabet[bits >> count & 63]);
    }
  }
  if (count > 0) out.push_back(alphabet[bits << (6 - count) & 63]);
  return out;
}

// `text` is without padding.
bool Decode(std::string_view text, const std::array<uint8_t, 256>& values, std::string* out) {
  out->clear();
  // A rest of one digit holds six bits, which is no byte.
  if (text.size() % 4 == 1) return false;
  out->reserve(text.size() / 4 * 3 + 2);
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const uint8_t value = values[static_cast<uint8_t>(c)];
    if (value == kNotADigit) return false;
    bits = bits << 6 | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out->push_back(static_cast<char>(bits >> count & 255));
    }
  }
  // Bits left over must be zero, or several texts would decode to the same bytes.
  return (bits & ((1U << count) - 1)) == 0;
}

}  // namespace

std::string HexEncode(ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const uint8_t byte : bytes) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

std::string Base64UrlEncode(ByteView bytes) { return Encode(bytes, kBase64Url); }

bool Base64UrlDecode(std::string_view text, std::string* out) {
  return Decode(text, kBase64UrlValues, out);
}

std::string Base64Encode(ByteView bytes) {
  std::string out = Encode(bytes, kBase64);
  while (out.size() % 4 != 0) out.push_back('=');
  return out;
}

bool Base64Decode(std::string_view text, std::string* out) {
  if (text.size() % 4 != 0) return false;
  // At most two padding characters; a third is no base64 digit and fails below.
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return Decode(text, kBase64Values, out);
}

}  // namespace leasehold
