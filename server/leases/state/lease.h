#ifndef LEASEHOLD_SERVER_LEASES_STATE_LEASE_H_
#define LEASEHOLD_SERVER_LEASES_STATE_LEASE_H_

#include <cstdint>

#include "server/base/ids.h"
#include "server/base/millis.h"
#include "server/base/principal.h"
#include "server/policy/decision.h"

namespace leasehold {

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
  // The newest enabled version counts instead of `version`.
  bool follows_latest = true;
  Delivery delivery = Delivery::kBrokered;
  bool released = false;
  // Which life of the store issued it: 0 for the first, counted by epoch_started entries.
  uint32_t epoch_ordinal = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_LEASE_H_
