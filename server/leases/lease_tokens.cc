#include "server/leases/lease_tokens.h"

#include "server/base/check.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

constexpr char kFormat = 1;
constexpr size_t kClaimsSize = 27;
constexpr size_t kMacSize = 16;

std::string_view LabelOf(TokenKind kind) {
  return kind == TokenKind::kBrokerHandle ? "leasehold broker handle" : "leasehold lease token";
}

void PutNumber(std::string& out, uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(number >> shift & 0xff));
  }
}

uint64_t GetNumber(std::string_view bytes) {
  uint64_t number = 0;
  for (char c : bytes) {
    number = number << 8 | static_cast<uint8_t>(c);
  }
  return number;
}

}  // namespace

LeaseTokens::LeaseTokens(const SealableVault& vault, const PublishedState& published)
    : vault_(vault),
      published_(published),
      log_(published.Read([](const PublishedState::View& view) { return view.state.log(); })) {}

absl::StatusOr<std::string> LeaseTokens::Issue(const LeaseTokenClaims& claims) const {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Vault> vault, vault_.Open());
  std::string body(1, kFormat);
  uint32_t key = vault->CurrentMacKey();
  LEASEHOLD_CHECK(key <= 0xffff);
  PutNumber(body, key, 2);
  PutNumber(body, log_.value(), 8);
  PutNumber(body, claims.epoch.value(), 8);
  PutNumber(body, claims.lease.value(), 8);
  std::optional<Hash> mac = vault->Mac(key, LabelOf(claims.kind), AsBytes(body));
  LEASEHOLD_CHECK(mac.has_value());
  body.append(AsText(ByteView(*mac).first(kMacSize)));
  return FrameToken(claims.kind, AsBytes(body));
}

absl::StatusOr<LeaseTokenClaims> LeaseTokens::Parse(std::string_view text) const {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Vault> vault, vault_.Open());
  std::optional<TokenKind> kind = TokenKindOf(text);
  if (kind != TokenKind::kLeaseToken && kind != TokenKind::kBrokerHandle) {
    return Error(Reason::kTokenMalformed,
                 "this is neither a lease token (lhl_...) nor a broker handle (lhb_...)");
  }
  // Not moved out: gcc 12 then takes the text for uninitialised.
  absl::StatusOr<std::string> framed = UnframeToken(*kind, text);
  RETURN_IF_ERROR(framed.status());
  const std::string_view body = *framed;
  if (!body.starts_with(kFormat)) {
    return Error(Reason::kTokenFormat,
                 "the token has a format that this server does not know; was it issued by a newer "
                 "one?");
  }
  if (body.size() != kClaimsSize + kMacSize) {
    return Error(Reason::kTokenMalformed, "the token has the wrong length");
  }
  std::string_view claims = body.substr(0, kClaimsSize);
  if (LogId(GetNumber(claims.substr(3, 8))) != log_) {
    return Error(Reason::kTokenForeign, "the token was issued by another Leasehold store");
  }
  auto key = static_cast<uint32_t>(GetNumber(claims.substr(1, 2)));
  std::optional<Hash> mac = vault->Mac(key, LabelOf(*kind), AsBytes(claims));
  if (!mac.has_value() ||
      !ConstantTimeEqual(ByteView(*mac).first(kMacSize), AsBytes(body).subspan(kClaimsSize))) {
    return Error(Reason::kUnauthenticated, "this server did not issue the token");
  }
  const LeaseNumber lease(GetNumber(claims.substr(19, 8)));
  if (key != vault->CurrentMacKey() && !published_.Read([&](const PublishedState::View& view) {
        return view.state.keys().CountsFor(key, lease);
      })) {
    return Error(Reason::kUnauthenticated, "this server did not issue the token");
  }
  return LeaseTokenClaims{
      .kind = *kind, .epoch = Epoch(GetNumber(claims.substr(11, 8))), .lease = lease};
}

}  // namespace leasehold
