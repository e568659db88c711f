#include "server/identity/jwt/jwt_verifier.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// Year 9999: what is beyond is no time of a token.
constexpr double kSecondsMax = 253'402'300'799.0;

absl::Status Rejected(std::string_view why) {
  return Error(Reason::kTokenRejected, StrCat("the JSON Web Token ", why));
}

const std::string* TextClaim(const JsonValue& claims, std::string_view name) {
  const JsonValue* const claim = claims.Find(name);
  return claim != nullptr && claim->is_string() ? &claim->text() : nullptr;
}

// nullopt where the claim is not there.
absl::StatusOr<std::optional<absl::Time>> TimeClaim(const JsonValue& claims,
                                                    std::string_view name) {
  const JsonValue* const claim = claims.Find(name);
  if (claim == nullptr) return std::optional<absl::Time>();
  if (!claim->is_number() || claim->number() < 0 || claim->number() > kSecondsMax) {
    return Rejected(StrCat("has no time as its ", name));
  }
  return std::optional(absl::UnixEpoch() + absl::Seconds(claim->number()));
}

// When it ends.
absl::StatusOr<absl::Time> CheckTimes(const JsonValue& claims, absl::Time now) {
  ASSIGN_OR_RETURN(const auto expires, TimeClaim(claims, "exp"));
  ASSIGN_OR_RETURN(const auto begins, TimeClaim(claims, "nbf"));
  ASSIGN_OR_RETURN(const auto issued, TimeClaim(claims, "iat"));
  if (!expires.has_value()) return Rejected("has no end (exp)");
  if (now >= *expires + JwtVerifier::kLeeway) {
    return Error(Reason::kCredentialExpired, "the JSON Web Token has expired; get a new one");
  }
  const absl::Time latest = now + JwtVerifier::kLeeway;
  if (begins.has_value() && *begins > latest) return Rejected("is not valid yet (nbf)");
  if (issued.has_value() && *issued > latest) return Rejected("was issued in the future (iat)");
  return *expires;
}

bool HasAudience(const JsonValue& claims, const std::vector<std::string>& ours) {
  const JsonValue* const claim = claims.Find("aud");
  if (claim == nullptr) return false;
  const std::span<const JsonValue> theirs =
      claim->is_string() ? std::span<const JsonValue>(claim, 1) : claim->items();
  return std::any_of(theirs.begin(), theirs.end(), [&](const JsonValue& one) {
    return one.is_string() && std::find(ours.begin(), ours.end(), one.text()) != ours.end();
  });
}

// "azp": the client that a token was issued to. Providers need not say it; one that says something
// else than a text says nothing that can be checked, so that it is another's.
bool IsIssuedToAnother(const JsonValue& claims, const std::string& client) {
  const std::string* const party = TextClaim(claims, "azp");
  return claims.Find("azp") != nullptr && (party == nullptr || *party != client);
}

// Of the client with which people log in come ID tokens, which have it in `aud`, and perhaps
// others, which name it as `azp`. They are good for a login: as a credential, one would have its
// person's role whatever the nonce, more than once, and beyond the end of the session.
absl::Status CheckIsCredential(const JsonValue& claims, const std::string& client) {
  if (client.empty()) return absl::OkStatus();
  const bool names_party = claims.Find("azp") != nullptr;
  if (HasAudience(claims, {client}) || (names_party && !IsIssuedToAnother(claims, client))) {
    return Rejected("is of a person's login and no credential; run `leasehold login`");
  }
  if (names_party && TextClaim(claims, "azp") == nullptr) return Rejected("has no text as its azp");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<JwtVerifier>> JwtVerifier::Start(std::vector<JwtIssuer> issuers,
                                                                const KeyTimes& times) {
  std::unique_ptr<JwtVerifier> verifier(new JwtVerifier(std::move(issuers)));
  for (const JwtIssuer& issuer : verifier->issuers_) {
    ASSIGN_OR_RETURN(ClaimRules rules, ClaimRules::Compile(issuer));
    ASSIGN_OR_RETURN(std::unique_ptr<KeySource> keys, KeySource::Start(issuer, times));
    verifier->sources_.push_back({std::move(rules), std::move(keys)});
  }
  return verifier;
}

absl::StatusOr<VerifiedJwt> JwtVerifier::Check(const Jws& jws, absl::Time now) const {
  const std::string* const name = TextClaim(jws.claims, "iss");
  if (name == nullptr) return Rejected("names no issuer (iss)");
  const auto found = std::find_if(issuers_.begin(), issuers_.end(),
                                  [&](const JwtIssuer& one) { return one.issuer == *name; });
  if (found == issuers_.end()) return Rejected("is of an issuer that is not trusted here (iss)");
  if (std::find(found->algorithms.begin(), found->algorithms.end(), jws.algorithm) ==
      found->algorithms.end()) {
    return Rejected("is signed with an algorithm that is not allowed for its issuer (alg)");
  }
  VerifiedJwt verified;
  verified.issuer = static_cast<size_t>(found - issuers_.begin());
  KeySource& keys = *sources_[verified.issuer].keys;
  // Before the key is looked up: a change in between makes what is remembered old, never new. Where
  // the first keys come in between it is 0, and nothing is remembered.
  verified.generation = keys.Generation();
  ASSIGN_OR_RETURN(const Jwk key, keys.Find(jws.kid, jws.algorithm));
  if (!key.Verifies(jws.algorithm, jws.signed_text, jws.signature)) {
    return Rejected("has a signature that is not its issuer's");
  }
  // What follows is true by now, so the errors may be exact.
  if (!HasAudience(jws.claims, found->audiences)) {
    return Rejected("is meant for somebody else (aud)");
  }
  ASSIGN_OR_RETURN(verified.expire_time, CheckTimes(jws.claims, now));
  return verified;
}

absl::StatusOr<std::shared_ptr<const VerifiedJwt>> JwtVerifier::Verify(std::string_view token,
                                                                       absl::Time now) {
  if (token.size() > kJwtBytesMax) return ParseJws(token).status();
  const Hash hash = Sha256Of(AsBytes(token));
  if (auto known = cache_.Find(hash);
      known != nullptr && known->generation != 0 && now < known->expire_time + kLeeway &&
      known->generation == sources_[known->issuer].keys->Generation()) {
    return known;
  }
  ASSIGN_OR_RETURN(const Jws jws, ParseJws(token));
  ASSIGN_OR_RETURN(VerifiedJwt verified, Check(jws, now));
  RETURN_IF_ERROR(CheckIsCredential(jws.claims, issuers_[verified.issuer].login.client_id));
  ASSIGN_OR_RETURN(verified.who, sources_[verified.issuer].rules.Match(jws.claims));
  auto shared = std::make_shared<const VerifiedJwt>(std::move(verified));
  cache_.Add(hash, shared);
  return shared;
}

absl::StatusOr<VerifiedJwt> JwtVerifier::VerifyLogin(std::string_view token, std::string_view nonce,
                                                     absl::Time now) {
  ASSIGN_OR_RETURN(const Jws jws, ParseJws(token));
  ASSIGN_OR_RETURN(VerifiedJwt verified, Check(jws, now));
  const std::string& client = issuers_[verified.issuer].login.client_id;
  if (client.empty()) return Rejected("is of an issuer where nobody logs in (no login.client_id)");
  if (!HasAudience(jws.claims, {client}) || IsIssuedToAnother(jws.claims, client)) {
    return Rejected("was issued to another client (aud, azp)");
  }
  const std::string* const theirs = TextClaim(jws.claims, "nonce");
  // One without comes from a login by device, which has no browser whose answer could be another's.
  if (theirs == nullptr ? !nonce.empty() : nonce.empty() || *theirs != nonce) {
    return Rejected("does not carry the nonce of this login");
  }
  if (verified.expire_time > now + kLoginTokenMax) {
    return Rejected("is valid for longer than a login may be remembered: 23 hours");
  }
  ASSIGN_OR_RETURN(verified.who, sources_[verified.issuer].rules.Match(jws.claims));
  if (verified.who.role == Role::kNone) {
    return Rejected("stands for an agent by the configuration's rules; agents do not log in");
  }
  return verified;
}

}  // namespace leasehold
