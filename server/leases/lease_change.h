#ifndef LEASEHOLD_SERVER_LEASES_LEASE_CHANGE_H_
#define LEASEHOLD_SERVER_LEASES_LEASE_CHANGE_H_

#include <optional>

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/base/ids.h"
#include "server/base/millis.h"
#include "server/leases/state/state.h"

namespace leasehold {

// Which leases one entry of the ledger changed: issued, renewed, released or ended. Found from the
// entry and a state that has gone on since, and for each later state it comes to the same leases:
// what ended a lease is never undone, and what has ended is neither renewed nor released. So
// whoever reads the ledger later tells the same as who read along.
//
// A lease that had ended in another way before may be among them once more: by its agent's
// deletion, say, and then by a revocation of that agent. A use changes no lease here.
class LeaseChange {
 public:
  // nullopt for an entry of a kind that changes none. `time` is the entry's.
  static std::optional<LeaseChange> Of(LogIndex index, const ledger::v1::Entry& entry,
                                       UnixMillis time);

  enum class Reach {
    kOne,    // lease()
    kBelow,  // lease() and those that were delegated from it
    kMany,   // any that was there
  };
  Reach reach() const { return reach_; }
  // Not of kMany.
  LeaseNumber lease() const { return lease_; }
  LogIndex index() const { return index_; }
  UnixMillis time() const { return time_; }

  // Whether it changed `lease`, one of `state`, in which the entry is folded. Does not allocate.
  bool Changed(const State& state, const Lease& lease) const;

 private:
  LeaseChange(LogIndex index, UnixMillis time, Reach reach)
      : index_(index), time_(time), reach_(reach) {}
  // Whether the entry is what ended `lease` itself.
  bool Ends(const State& state, const Lease& lease) const;

  LogIndex index_;
  UnixMillis time_;
  Reach reach_;
  LeaseNumber lease_;
  CredentialId credential_;  // that was revoked
  EntityUid entity_;         // that was deleted
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_LEASE_CHANGE_H_
