#include "server/base/token_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "server/base/check.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

struct KindRow {
  TokenKind kind;
  std::string_view prefix;
  std::string_view words;
};

constexpr std::array kKinds = {
    KindRow{TokenKind::kAgentToken, "lha_", "an agent token"},
    KindRow{TokenKind::kEnrolmentToken, "lhe_", "an enrolment token"},
    KindRow{TokenKind::kLeaseToken, "lhl_", "a lease token"},
    KindRow{TokenKind::kBrokerHandle, "lhb_", "a broker handle"},
    KindRow{TokenKind::kOperatorSession, "lho_", "an operator session"},
};

const KindRow& RowOf(TokenKind kind) {
  for (const KindRow& row : kKinds) {
    if (row.kind == kind) return row;
  }
  CheckFailed(__FILE__, __LINE__, "kind", "a token kind without a row");
}

// CRC-32 a byte at a time, with the reversed polynomial of IEEE 802.3.
constexpr std::array<uint32_t, 256> kCrcTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < table.size(); ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320U : 0);
    table[byte] = crc;
  }
  return table;
}();

// Which entry of the table has this high byte. They are all different, so every step of the CRC can
// be taken back.
constexpr std::array<uint8_t, 256> kCrcEntryOf = [] {
  std::array<uint8_t, 256> entries{};
  for (size_t i = 0; i < entries.size(); ++i) {
    entries[kCrcTable[i] >> 24] = static_cast<uint8_t>(i);
  }
  return entries;
}();

constexpr uint32_t kCrcStart = 0xffffffffU;

// What the CRC was before it took in `c`.
uint32_t CrcBefore(uint32_t after, char c) {
  const uint8_t entry = kCrcEntryOf[after >> 24];
  return (after ^ kCrcTable[entry]) << 8 | (entry ^ static_cast<uint8_t>(c));
}

uint32_t Crc32(std::string_view text) {
  uint32_t crc = kCrcStart;
  for (const char c : text) crc = crc >> 8 ^ kCrcTable[(crc ^ static_cast<uint8_t>(c)) & 255];
  return ~crc;
}

constexpr std::string_view kDigits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static_assert(kDigits.size() == 62);

// The CRC that a checksum writes down; nullopt where it is none.
std::optional<uint32_t> CrcOf(std::string_view checksum) {
  uint64_t crc = 0;
  for (const char c : checksum) {
    const size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    crc = crc * kDigits.size() + digit;
  }
  if (crc > UINT32_MAX) return std::nullopt;
  return static_cast<uint32_t>(crc);
}

absl::Status Malformed(std::string_view message) { return Error(Reason::kTokenMalformed, message); }

}  // namespace

std::string_view TokenPrefix(TokenKind kind) { return RowOf(kind).prefix; }

std::string TokenChecksum(std::string_view prefix_and_body) {
  uint32_t rest = Crc32(prefix_and_body);
  // 62^6 is more than 2^32, so six digits always do.
  std::string text(kTokenChecksumSize, kDigits[0]);
  for (size_t i = text.size(); i > 0; --i, rest /= 62) text[i - 1] = kDigits[rest % 62];
  return text;
}

std::string FrameToken(TokenKind kind, ByteView body) {
  LEASEHOLD_CHECK(!body.empty());
  std::string text = StrCat(TokenPrefix(kind), Base64UrlEncode(body));
  text += TokenChecksum(text);
  LEASEHOLD_CHECK(text.size() <= kTokenTextBytesMax);
  return text;
}

absl::StatusOr<std::string> UnframeToken(TokenKind kind, std::string_view text) {
  const KindRow& expected = RowOf(kind);
  if (!text.starts_with(expected.prefix)) {
    const std::optional<TokenKind> other = TokenKindOf(text);
    return Malformed(StrCat("this is ", other.has_value() ? RowOf(*other).words : "no token",
                            ", but ", expected.words, " (", expected.prefix, "...) is needed"));
  }
  if (text.size() > kTokenTextBytesMax) {
    return Malformed(
        StrCat("this token is longer than ", kTokenTextBytesMax, " characters; copy it again"));
  }
  if (text.size() < expected.prefix.size() + kTokenChecksumSize) {
    return Malformed("this token is cut short; copy it again, whole");
  }
  const std::string_view framed = text.substr(0, text.size() - kTokenChecksumSize);
  // An ordinary comparison: the checksum is no secret.
  if (TokenChecksum(framed) != text.substr(framed.size())) {
    return Malformed("this token's checksum does not match; copy it again, whole");
  }
  std::string body;
  if (!Base64UrlDecode(framed.substr(expected.prefix.size()), &body) || body.empty()) {
    return Malformed("this token holds no base64url; copy it again, whole");
  }
  return body;
}

bool EndsInToken(std::string_view text) {
  text.remove_prefix(text.size() - std::min(text.size(), kTokenTextBytesMax));
  if (text.size() < kTokenChecksumSize) return false;
  const size_t framed = text.size() - kTokenChecksumSize;
  const std::optional<uint32_t> crc = CrcOf(text.substr(framed));
  if (!crc.has_value()) return false;
  // Backwards from what the checksum says: the token begins where the CRC has its first value.
  uint32_t before = ~*crc;
  for (size_t at = framed; at > 0; --at) {
    before = CrcBefore(before, text[at - 1]);
    if (before != kCrcStart) continue;
    const std::string_view token = text.substr(at - 1);
    const std::optional<TokenKind> kind = TokenKindOf(token);
    if (kind.has_value() && UnframeToken(*kind, token).ok()) return true;
  }
  return false;
}

std::optional<TokenKind> TokenKindOf(std::string_view text) {
  for (const KindRow& row : kKinds) {
    if (text.starts_with(row.prefix)) return row.kind;
  }
  return std::nullopt;
}

}  // namespace leasehold
