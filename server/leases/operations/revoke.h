#ifndef LEASEHOLD_SERVER_LEASES_OPERATIONS_REVOKE_H_
#define LEASEHOLD_SERVER_LEASES_OPERATIONS_REVOKE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "server/base/ids.h"
#include "server/base/principal.h"
#include "server/leases/committer/transaction.h"

namespace leasehold {

// A selector as a caller writes it, by names.
struct SelectorNames {
  Selector::Kind kind = Selector::Kind::kAll;
  std::string name;  // Name of the agent, secret or workflow
  Epoch epoch;       // of a lease
  LeaseNumber lease;
};

// NOT_FOUND where nothing has that name; RESTORED_EPOCH for a lease of an earlier epoch.
absl::StatusOr<Selector> ResolveSelector(const State& state, const SelectorNames& names);

struct RevokeRequest {
  Principal principal;
  SelectorNames selector;
  std::string reason;  // a Text
  bool leases_only = false;
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
