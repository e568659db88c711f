#ifndef LEASEHOLD_SERVER_API_SUBMIT_CALL_H_
#define LEASEHOLD_SERVER_API_SUBMIT_CALL_H_

#include <memory>
#include <utility>

#include "server/api/read_pool.h"
#include "server/api/unary_call.h"
#include "server/leases/lease_authority.h"

namespace leasehold {

// Hands in `decide(Transaction&)`, which gives a StatusOr<Result>, and ends `call` once that is
// durable: with its error, or with `describe(const State&, const Result&)` of the published state,
// in which the change is visible.
//
//   SubmitCall<EntityUid>(authority_, Urgency::kNormal, call, decide, describe);
template <typename Result, typename Response, typename Decide, typename Describe>
void SubmitCall(LeaseAuthority& authority, Urgency urgency,
                std::shared_ptr<UnaryCall<Response>> call, Decide decide, Describe describe) {
  auto done = [&authority, call = std::move(call),
               describe = std::move(describe)](absl::StatusOr<Result> result) {
    if (!result.ok()) {
      call->Finish(result.status());
      return;
    }
    call->Finish(authority.published().Read([&](const PublishedState::View& view) {
      return absl::StatusOr<Response>(describe(view.state, *result));
    }));
  };
  authority.Submit<Result>(urgency, std::move(decide), std::move(done));
}

// Runs `read`, which gives a StatusOr<Response> and may wait for the disk, on `pool` and ends
// `call` with it. The request lives until then.
template <typename Response, typename Read>
void ReadCall(ReadPool& pool, const std::shared_ptr<UnaryCall<Response>>& call, Read read) {
  absl::Status accepted = pool.Submit([call, read = std::move(read)] { call->Finish(read()); });
  if (!accepted.ok()) {
    call->Finish(accepted);
  }
}

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_SUBMIT_CALL_H_
