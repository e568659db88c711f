#ifndef LEASEHOLD_SERVER_LEASES_OPERATIONS_REVOKE_H_
#define LEASEHOLD_SERVER_LEASES_OPERATIONS_REVOKE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "server/base/ids.h"
#include "server/base/millis.h"
#include "server/base/principal.h"
#include "server/leases/committer/transaction.h"

namespace leasehold {

// A selector as a caller writes it, by names; what is empty is not named.
struct SelectorNames {
  bool all = false;
  Epoch epoch;  // of `lease`
  LeaseNumber lease;
  std::string agent;  // Names and texts
  std::string secret;
  VersionNumber version;  // of `secret`
  std::string workflow;
  std::string user;
  std::string group;
  std::string policy;
  CredentialId credential;
  std::string credential_agent;  // whose `credential` must be; empty = anybody's
  std::string run;
};

// NOT_FOUND where nothing has a name that is given; RESTORED_EPOCH for a lease of an earlier epoch.
// A policy that no lease was issued under is found where it is in force: its part is then kNoText.
absl::StatusOr<Selector> ResolveSelector(const State& state, const SelectorNames& names);

// Stands for a text that nothing in the ledger refers to yet.
inline constexpr TextId kNoText(~uint64_t{0});

// The revocation as it would be if it were written now: with the members of its group, and the last
// lease that it would cover. `selector` exists; `issued_before` is empty for all leases.
Revocation RevocationNow(const State& state, const Selector& selector, UnixMillis issued_before);

struct RevokeRequest {
  Principal principal;
  SelectorNames selector;
  std::string reason;  // a Text
  bool leases_only = false;
  UnixMillis issued_before;  // empty = all; else only leases issued before, and no hold
  std::string request_hash;
};

// Revokes what was issued up to now, and holds it unless `leases_only` or it cannot be held. The
// number of the revocation.
absl::StatusOr<uint64_t> Revoke(Transaction& tx, const RevokeRequest& request);

struct ResumeRequest {
  Principal principal;
  SelectorNames selector;
  std::string reason;  // a Text
};

// Ends a hold; NOT_FOUND where there is none. The index of the record.
absl::StatusOr<LogIndex> Resume(Transaction& tx, const ResumeRequest& request);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_OPERATIONS_REVOKE_H_
