#ifndef LEASEHOLD_SERVER_BASE_TOKEN_TEXT_H_
#define LEASEHOLD_SERVER_BASE_TOKEN_TEXT_H_

// The textual frame that all tokens share:
//
//   prefix    4 characters   "lha_", "lhe_", "lhl_", "lhb_" or "lho_"
//   body      2 or more      the token's bytes, base64url without padding (RFC 4648)
//   checksum  6 characters   CRC-32 (the one of IEEE 802.3 and zlib) of prefix and body as text,
//                            base62, digits 0-9 A-Z a-z, the most significant first
//
// Prefix and checksum let a scanner of source code or logs recognise a leaked token without
// asking us, and let us refuse a mistyped one without looking anything up. They protect nothing:
// anybody can compute them.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/base/crypto_bytes.h"

namespace leasehold {

enum class TokenKind {
  kAgentToken,       // lha_
  kEnrolmentToken,   // lhe_
  kLeaseToken,       // lhl_
  kBrokerHandle,     // lhb_
  kOperatorSession,  // lho_
};

inline constexpr size_t kTokenChecksumSize = 6;
// Our own tokens have about 70 characters. More than this is refused before it is read.
inline constexpr size_t kTokenTextBytesMax = 512;

// "lha_" and so on.
std::string_view TokenPrefix(TokenKind kind);

// `body` is not empty and short enough for kTokenTextBytesMax.
std::string FrameToken(TokenKind kind, ByteView body);

// The body of a token of this kind. TOKEN_MALFORMED where the text is no token, is of another kind
// or has a wrong checksum; the message says which and never quotes the text.
absl::StatusOr<std::string> UnframeToken(TokenKind kind, std::string_view text);

// The kind that the prefix names, valid or not; nullopt where there is no such prefix.
std::optional<TokenKind> TokenKindOf(std::string_view text);

// Whether `text` is a whole token of any kind, or ends in one, with a right checksum. One step for
// each character, however many beginnings of tokens there are: for texts of strangers.
bool EndsInToken(std::string_view text);

// The checksum of a prefix and body, for other texts with the same frame.
std::string TokenChecksum(std::string_view prefix_and_body);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BASE_TOKEN_TEXT_H_
