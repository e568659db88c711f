#include "server/api/stream_holder.h"

#include "server/base/status.h"
#include "server/leases/operations/credentials.h"
#include "server/leases/operations/standing.h"
#include "server/leases/state/lease_subject.h"

namespace leasehold {

absl::Status StreamHolder::CheckAdmitted() {
  const UnixMillis now = authority_.Now();
  RETURN_IF_ERROR(authority_.published().Read(
      [&](const PublishedState::View& view) { return CheckCaller(view.state, principal_, now); }));
  if (absl::Now() - admitted_ < kAdmitInterval) {
    return absl::OkStatus();
  }
  admitted_ = absl::Now();
  return gate_.Admit(context_, method_).status();
}

absl::Status StreamHolder::CheckNotHeld() const {
  if (principal_.agent.empty()) {
    return absl::OkStatus();
  }
  return authority_.published().Read([&](const PublishedState::View& view) -> absl::Status {
    const State& state = view.state;
    const std::vector<EntityUid> groups = GroupsAtIssueFor(state, principal_).all;
    const Hold* hold = state.holds().Blocking(
        {.agent = principal_.agent,
         .user = principal_.user.empty()
                     ? TextId()
                     : state.texts().Find(ledger::v1::TEXT_KIND_USER, principal_.user),
         .groups = groups});
    return hold == nullptr ? absl::OkStatus() : HeldError(*hold);
  });
}

}  // namespace leasehold
