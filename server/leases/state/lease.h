#ifndef LEASEHOLD_SERVER_LEASES_STATE_LEASE_H_
#define LEASEHOLD_SERVER_LEASES_STATE_LEASE_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "server/base/crypto_bytes.h"
#include "server/base/ids.h"
#include "server/base/millis.h"
#include "server/base/principal.h"
#include "server/policy/decision.h"

namespace leasehold {

// What a delegation leaves of the parent's rights.
struct LeaseNarrowing {
  std::vector<EntityUid> targets;  // ascending; empty = no narrowing
  bool reads_only = false;

  bool Allows(EntityUid target) const {
    return targets.empty() || std::binary_search(targets.begin(), targets.end(), target);
  }

  bool operator==(const LeaseNarrowing&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const LeaseNarrowing& n) {
    return H::combine(std::move(h), n.targets, n.reads_only);
  }
};

// What a lease was issued on and what never changes afterwards. Most leases of an agent have the
// same, so the table keeps each once and leases point to it.
struct LeaseTerms {
  TextId user;         // on whose behalf; empty = none
  LeaseNumber parent;  // that it was delegated from; empty = none
  // Groups at issue, ascending: the agent's, those that its token claimed, and the user's.
  std::vector<EntityUid> groups;
  // Of these, the ones that a verified token claimed: they count as long as the lease lives.
  std::vector<EntityUid> claimed_groups;
  Binding binding = Binding::kIdentity;
  std::optional<Hash> proof;                // SHA-256 of what it is bound to
  uint64_t use_limit = 0;                   // at most so many allowed uses; 0 = no limit
  std::optional<LeaseNarrowing> narrowing;  // of delegated ones
  Hash narrowing_hash{};                    // of the narrowing's body; zeros without one
  uint64_t approval = 0;                    // number of the approval it rests on; 0 = none

  bool operator==(const LeaseTerms&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const LeaseTerms& t) {
    return H::combine(std::move(h), t.user, t.parent, t.groups, t.claimed_groups, t.binding,
                      t.proof.value_or(Hash{}), t.use_limit, t.narrowing_hash, t.approval);
  }
};

// The right of one agent, in one workflow, to use one secret until a time. What is known of it
// follows from the ledger alone.
struct Lease {
  LeaseNumber number;
  LogIndex issue_index;
  EntityUid agent;
  EntityUid secret;
  VersionNumber version;
  TextId workflow;
  TextId policy;
  TextId run;  // empty = none
  CredentialId credential;
  PolicyRevision revision;
  UnixMillis issue_time;
  UnixMillis expire_time;
  UnixMillis max_expire_time;
  uint64_t allowed_uses = 0;
  uint64_t denied_uses = 0;
  LogIndex last_allowed_use;  // 0, where log_created stands, for none
  // Never null in a table, which owns it.
  const LeaseTerms* terms = nullptr;
  // Which life of the store issued it: 0 for the first, counted by epoch_started entries.
  uint32_t epoch_ordinal = 0;
  // Number of the revocation that listed it, being one of a combination; 0 = none.
  uint32_t listed_by = 0;
  Delivery delivery = Delivery::kBrokered;
  // The newest enabled version counts instead of `version`.
  bool follows_latest = true;
  bool released = false;
};

// There are millions of them, twice; what is alike belongs into the terms.
static_assert(sizeof(Lease) <= 152);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_LEASE_H_
