#ifndef LEASEHOLD_SERVER_API_REVOCATION_METHODS_H_
#define LEASEHOLD_SERVER_API_REVOCATION_METHODS_H_

#include <functional>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "leasehold/v1/revocation.pb.h"
#include "server/base/principal.h"
#include "server/leases/lease_authority.h"
#include "server/leases/revocation_count.h"
#include "storage/store.h"

namespace leasehold {

// What RevocationService does, whichever way it is served. Safe from any thread.
class RevocationMethods {
 public:
  template <typename Result>
  using Done = absl::AnyInvocable<void(absl::StatusOr<Result>) &&>;

  // Told when a revocation was acknowledged: its kind of selector ("agent") and how long it took.
  using Observer = std::function<void(std::string_view selector, absl::Duration took)>;

  // Reads, and dry runs, look at all leases and may wait for the disk.
  RevocationMethods(LeaseAuthority& authority, Store& store, Observer observer)
      : authority_(authority), store_(store), observer_(std::move(observer)) {}

  void Revoke(const Principal& principal, const v1::RevokeRequest& request,
              Done<v1::Revocation> done);
  absl::StatusOr<v1::Revocation> GetRevocation(const v1::GetRevocationRequest& request);
  void Resume(const Principal& principal, const v1::ResumeRequest& request,
              Done<v1::ResumeResponse> done);
  absl::StatusOr<v1::ListHoldsResponse> ListHolds(const v1::ListHoldsRequest& request);

 private:
  absl::StatusOr<v1::Revocation> DryRun(const v1::RevokeRequest& request);
  absl::Status AddCount(const RevocationCount& count, v1::Revocation* proto);

  LeaseAuthority& authority_;
  Store& store_;
  const Observer observer_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_REVOCATION_METHODS_H_
