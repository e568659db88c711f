#ifndef LEASEHOLD_SERVER_API_LEASE_WATCH_H_
#define LEASEHOLD_SERVER_API_LEASE_WATCH_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "leasehold/v1/lease.grpc.pb.h"
#include "server/api/page_token.h"
#include "server/api/stream_call.h"
#include "server/api/stream_holder.h"
#include "server/api/watch_place.h"
#include "server/leases/lease_authority.h"
#include "server/leases/lease_change.h"
#include "storage/store.h"

namespace leasehold {

// Which leases a watch is about. A name stands for everything that ever had it or gets it: a watch
// goes on when an agent is deleted and created anew.
class WatchedLeases {
 public:
  // INVALID_ARGUMENT names the field. An agent watches its own, whatever it asks for.
  static absl::StatusOr<WatchedLeases> Parse(const v1::WatchLeasesRequest& request,
                                             const Principal& principal, const State& state);
  bool Match(const Lease& lease) const;

 private:
  struct Named {
    bool any = true;
    std::vector<EntityUid> uids;
    bool Has(EntityUid uid) const;
  };
  static absl::StatusOr<Named> ParseNamed(const std::string& resource, std::string_view collection,
                                          EntityKind kind, const State& state);

  EntityUid own_;  // empty = anybody's
  Named agents_;
  Named secrets_;
  bool any_workflow_ = true;
  TextId workflow_;
};

// One WatchLeases call, for its handler's thread. What changed is read from the ledger in the
// store, at its caller's pace; which leases an entry changed follows from the entry and the
// published state (LeaseChange). It keeps a piece of leases at a time, and the numbers of delegated
// leases that may still be used: never more, however slow its caller is.
class LeaseWatch {
 public:
  // The arguments outlive it.
  LeaseWatch(LeaseAuthority& authority, Store& store, const PageTokens& tokens,
             const v1::WatchLeasesRequest& request, StreamHolder& holder,
             StreamCall<v1::WatchLeasesEvent>& call);

  // Until the caller goes or may not watch any more; gives why.
  absl::Status Run();

 private:
  using Wanted = absl::FunctionRef<bool(const State&, const Lease&)>;
  using Tell = absl::FunctionRef<absl::Status(LeaseNumber, v1::Lease)>;

  // Begins with a snapshot, or where the resume token says.
  absl::Status Begin();
  absl::Status TellExisting();
  // Remembers the delegated leases that there are.
  void FindDelegated();
  // Tells the changes of a part of the entries below `size`.
  absl::Status Follow(uint64_t size);
  absl::Status TellChange(const LeaseChange& change);
  // Tells what is wanted among the leases with numbers number_at(0), number_at(1), …, looking at a
  // piece at a time so that the Committer does not wait for long.
  absl::Status Walk(size_t count, absl::FunctionRef<LeaseNumber(size_t)> number_at, Wanted wanted,
                    Tell tell);
  // The names of the request, made anew when there is more that they may mean.
  absl::Status Parse();
  absl::Status Heartbeat();
  absl::Status Write(v1::WatchLeasesEvent event);
  std::string TokenAt(WatchPlace place) const;

  LeaseAuthority& authority_;
  Store& store_;
  const PageTokens& tokens_;
  const v1::WatchLeasesRequest& request_;
  StreamHolder& holder_;
  StreamCall<v1::WatchLeasesEvent>& call_;
  const std::string question_;
  Epoch epoch_;
  WatchedLeases leases_;
  size_t entities_ = 0;  // that there were when leases_ was made
  WatchPlace place_;
  std::vector<LeaseNumber> delegated_;  // ascending
  absl::Time last_write_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_LEASE_WATCH_H_
