#ifndef LEASEHOLD_SERVER_LEASES_LEASE_TOKENS_H_
#define LEASEHOLD_SERVER_LEASES_LEASE_TOKENS_H_

// Lease tokens (lhl_) and broker handles (lhb_). The body inside the frame of token_text.h:
//
//   offset  size
//   0       1     format: 1
//   1       2     number of the MAC key, big endian, like all numbers here
//   3       8     log
//   11      8     epoch
//   19      8     lease number
//   27      16    first half of HMAC-SHA256 over bytes 0..26, under a label of the kind
//
// Nothing is stored for a token: the same lease always has the same two.

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/base/ids.h"
#include "server/base/token_text.h"
#include "server/leases/published_state.h"
#include "server/vault/sealable_vault.h"

namespace leasehold {

// What a token that this server issued says.
struct LeaseTokenClaims {
  TokenKind kind = TokenKind::kLeaseToken;
  Epoch epoch;
  LeaseNumber lease;
};

// Safe from any thread, but not while the caller reads the published state; the arguments must
// outlive it.
class LeaseTokens {
 public:
  LeaseTokens(const SealableVault& vault, const PublishedState& published);

  // `claims.kind` is kLeaseToken or kBrokerHandle. SEALED.
  absl::StatusOr<std::string> Issue(const LeaseTokenClaims& claims) const;

  // SEALED; TOKEN_MALFORMED for a text that is neither, TOKEN_FORMAT for one of a later server,
  // TOKEN_FOREIGN for one of another store, UNAUTHENTICATED where the MAC does not fit, or is by a
  // key that was replaced before the lease was issued. Whether epoch and lease are current is for
  // the caller to see. Never quotes the token.
  absl::StatusOr<LeaseTokenClaims> Parse(std::string_view text) const;

 private:
  const SealableVault& vault_;
  const PublishedState& published_;
  const LogId log_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_LEASE_TOKENS_H_
