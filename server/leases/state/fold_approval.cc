// What requests for approval and their answers do to the state.

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/state/fold_error.h"
#include "server/leases/state/state.h"

namespace leasehold {

using ledger::v1::Entry;

absl::Status State::FoldApproval(LogIndex index, const Entry& entry) {
  return entry.has_approval_requested() ? FoldRequested(index, entry.approval_requested())
                                        : FoldDecided(index, entry.approval_decided());
}

absl::Status State::FoldRequested(LogIndex index, const ledger::v1::ApprovalRequested& requested) {
  if (requested.approval() != approvals_.next()) {
    return FoldError(index, "asks for approval under a number that is not the next");
  }
  const auto is = [&](uint64_t uid, EntityKind kind) {
    const Entity* entity = entities_.Find(EntityUid(uid));
    return entity != nullptr && entity->kind == kind;
  };
  const auto means = [&](uint64_t text, ledger::v1::TextKind kind) {
    return texts_.KindOf(TextId(text)) == kind;
  };
  if (!is(requested.agent(), EntityKind::kAgent) || !is(requested.secret(), EntityKind::kSecret) ||
      !is(requested.group(), EntityKind::kGroup) ||
      !means(requested.workflow(), ledger::v1::TEXT_KIND_WORKFLOW) ||
      !means(requested.policy(), ledger::v1::TEXT_KIND_POLICY) ||
      !means(requested.purpose(), ledger::v1::TEXT_KIND_REASON) ||
      (requested.user() != 0 && !means(requested.user(), ledger::v1::TEXT_KIND_USER))) {
    return FoldError(index, "asks for approval of something that was never defined");
  }
  if (requested.approvers() == 0 || requested.uses() == 0 || requested.valid_for_ms() == 0 ||
      At(requested.expire_time_ms()) <= last_time_) {
    return FoldError(index, "asks for approval of nothing, by nobody or for no time");
  }
  approvals_.Add({.number = requested.approval(),
                  .index = index,
                  .key = {.agent = EntityUid(requested.agent()),
                          .secret = EntityUid(requested.secret()),
                          .workflow = TextId(requested.workflow()),
                          .policy = TextId(requested.policy()),
                          .user = TextId(requested.user())},
                  .purpose = TextId(requested.purpose()),
                  .run = TextId(requested.run()),
                  .address = TextId(requested.address()),
                  .group = EntityUid(requested.group()),
                  .approvers = requested.approvers(),
                  .uses = requested.uses(),
                  .valid_for = absl::Milliseconds(static_cast<int64_t>(requested.valid_for_ms())),
                  .create_time = last_time_,
                  .expire_time = At(requested.expire_time_ms())});
  return absl::OkStatus();
}

absl::Status State::FoldDecided(LogIndex index, const ledger::v1::ApprovalDecided& decided) {
  const Approval* approval = approvals_.Find(decided.approval());
  const bool approved = decided.verdict() == ledger::v1::VERDICT_ALLOWED;
  if (approval == nullptr || (!approved && decided.verdict() != ledger::v1::VERDICT_DENIED) ||
      !texts_.Known(TextId(decided.control().actor())) ||
      approval->key.agent != EntityUid(decided.agent()) ||
      approval->key.secret != EntityUid(decided.secret()) ||
      approval->key.workflow != TextId(decided.workflow())) {
    return FoldError(index, "answers a request for approval that there is not, or in no way");
  }
  approvals_.Answer(approval->number, {.actor = TextId(decided.control().actor()),
                                       .agent = EntityUid(decided.approver_agent()),
                                       .user = TextId(decided.approver_user()),
                                       .approved = approved,
                                       .reason = TextId(decided.reason()),
                                       .time = last_time_});
  return absl::OkStatus();
}

}  // namespace leasehold
