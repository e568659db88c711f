#include "server/leases/operations/revoke.h"

#include <algorithm>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/operations/credentials.h"
#include "server/policy/compiled_policies.h"
#include "server/policy/compiled_policy.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

absl::StatusOr<EntityUid> FindUid(const State& state, EntityKind kind, std::string_view word,
                                  std::string_view name) {
  if (name.empty()) {
    return EntityUid();
  }
  const Entity* entity = state.entities().FindByName(kind, name);
  if (entity == nullptr) {
    return Error(Reason::kNotFound, StrCat("there is no ", word, " named ", name));
  }
  return entity->uid;
}

// What exists only in leases.
absl::StatusOr<TextId> FindText(const State& state, ledger::v1::TextKind kind,
                                std::string_view what, std::string_view name) {
  if (name.empty()) {
    return TextId();
  }
  TextId id = state.texts().Find(kind, name);
  if (id.empty()) {
    return Error(Reason::kNotFound, StrCat("no lease was ever taken ", what, " ", name));
  }
  return id;
}

absl::StatusOr<TextId> FindPolicy(const State& state, std::string_view name) {
  if (name.empty()) {
    return TextId();
  }
  TextId id = state.texts().Find(ledger::v1::TEXT_KIND_POLICY, name);
  if (!id.empty()) {
    return id;
  }
  for (const CompiledPolicy& policy : state.policies().current().policies()) {
    if (policy.name == name) {
      return kNoText;
    }
  }
  return Error(Reason::kNotFound, StrCat("there is no policy named ", name));
}

absl::Status CheckLease(const State& state, const SelectorNames& names) {
  if (names.lease.empty()) {
    return absl::OkStatus();
  }
  if (names.epoch != state.epoch()) {
    return Error(Reason::kRestoredEpoch,
                 "the lease was issued before the store was restored and ended with it");
  }
  if (state.leases().Find(names.lease) == nullptr) {
    return Error(Reason::kNotFound, "there is no such lease");
  }
  return absl::OkStatus();
}

absl::Status CheckCredential(const State& state, const SelectorNames& names) {
  if (names.credential.empty()) {
    return absl::OkStatus();
  }
  const Credential* credential = state.credentials().Find(names.credential);
  ASSIGN_OR_RETURN(EntityUid owner,
                   FindUid(state, EntityKind::kAgent, "agent", names.credential_agent));
  if (credential == nullptr || (!owner.empty() && credential->agent != owner)) {
    return Error(Reason::kNotFound, StrCat("there is no credential ", names.credential.value(),
                                           owner.empty() ? "" : " of this agent"));
  }
  return absl::OkStatus();
}

absl::Status CheckVersion(const State& state, EntityUid secret, const SelectorNames& names) {
  if (names.version.empty() || state.versions().Find(secret, names.version) != nullptr) {
    return absl::OkStatus();
  }
  return Error(Reason::kNotFound,
               StrCat("secret ", names.secret, " has no version ", names.version.value()));
}

// The last lease that was issued before `time`. Within an epoch leases are numbered in the order of
// time; those of earlier ones are over.
LeaseNumber LastIssuedBefore(const State& state, UnixMillis time) {
  const LeaseTable& leases = state.leases();
  uint64_t low = state.earlier_epochs_through().value();
  uint64_t high = leases.count();
  while (low < high) {
    const uint64_t middle = low + (high - low + 1) / 2;
    if (leases.Find(LeaseNumber(middle))->issue_time < time) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return LeaseNumber(low);
}

void WriteMembers(const Revocation& revocation, ledger::v1::Revoked& revoked) {
  for (EntityUid agent : revocation.member_agents) {
    revoked.add_member_agents(agent.value());
  }
  for (TextId user : revocation.member_users) {
    revoked.add_member_users(user.value());
  }
}

}  // namespace

absl::StatusOr<Selector> ResolveSelector(const State& state, const SelectorNames& names) {
  Selector::Parts parts{.all = names.all,
                        .lease = names.lease,
                        .version = names.version,
                        .credential = names.credential};
  RETURN_IF_ERROR(CheckLease(state, names));
  ASSIGN_OR_RETURN(parts.agent, FindUid(state, EntityKind::kAgent, "agent", names.agent));
  ASSIGN_OR_RETURN(parts.secret, FindUid(state, EntityKind::kSecret, "secret", names.secret));
  RETURN_IF_ERROR(CheckVersion(state, parts.secret, names));
  ASSIGN_OR_RETURN(parts.group, FindUid(state, EntityKind::kGroup, "group", names.group));
  ASSIGN_OR_RETURN(parts.workflow, FindText(state, ledger::v1::TEXT_KIND_WORKFLOW,
                                            "in a workflow named", names.workflow));
  ASSIGN_OR_RETURN(parts.user,
                   FindText(state, ledger::v1::TEXT_KIND_USER, "for a user named", names.user));
  ASSIGN_OR_RETURN(parts.run,
                   FindText(state, ledger::v1::TEXT_KIND_RUN, "in a run named", names.run));
  ASSIGN_OR_RETURN(parts.policy, FindPolicy(state, names.policy));
  RETURN_IF_ERROR(CheckCredential(state, names));
  std::optional<Selector> selector = Selector::Of(parts);
  if (!selector.has_value()) {
    return Error(Reason::kInvalidArgument,
                 "the selector names nothing, something beside all, or a version of no secret");
  }
  return *selector;
}

Revocation RevocationNow(const State& state, const Selector& selector, UnixMillis issued_before) {
  Revocation revocation{.selector = selector, .issued_before = issued_before};
  const LeaseNumber newest = issued_before.empty() ? LeaseNumber(state.leases().count())
                                                   : LastIssuedBefore(state, issued_before);
  const LeaseNumber one = selector.parts().lease;
  // Of one lease its own number says more than that of the newest.
  revocation.through = selector.kind() == Selector::Kind::kLease && one <= newest ? one : newest;
  if (const Entity* group = state.entities().Find(selector.parts().group)) {
    revocation.member_agents.assign(group->agents.begin(), group->agents.end());
    revocation.member_users.assign(group->users.begin(), group->users.end());
  }
  return revocation;
}

absl::StatusOr<uint64_t> Revoke(Transaction& tx, const RevokeRequest& request) {
  const State& state = tx.state();
  ASSIGN_OR_RETURN(const RequestIds::Made* made,
                   state.requests().FindRepeated(request.request_hash, tx.now()));
  if (made != nullptr) {
    return made->number;
  }
  ASSIGN_OR_RETURN(Selector selector, ResolveSelector(state, request.selector));
  if (selector.parts().policy == kNoText) {
    Selector::Parts parts = selector.parts();
    parts.policy = tx.DefineText(ledger::v1::TEXT_KIND_POLICY, request.selector.policy);
    selector = *Selector::Of(parts);
  }
  UnixMillis issued_before = request.issued_before;
  if (!issued_before.empty()) {
    // An entry counts from the start of the epoch, before which all leases are over.
    issued_before = std::max(issued_before, state.epoch_start() + absl::Milliseconds(1));
  }
  const Revocation now = RevocationNow(state, selector, issued_before);
  Entry entry;
  ledger::v1::Revoked* revoked = entry.mutable_revoked();
  *revoked->mutable_control() = tx.MakeControl(request.principal, request.request_hash);
  selector.ToEntry(revoked->mutable_selector());
  revoked->set_through(now.through.value());
  revoked->set_issued_before_ms(tx.EpochEndMillis(issued_before));
  WriteMembers(now, *revoked);
  revoked->set_hold(selector.CanHold() && !request.leases_only && issued_before.empty());
  revoked->set_reason(tx.DefineText(ledger::v1::TEXT_KIND_REASON, request.reason).value());
  uint64_t number = state.revocations().size() + 1;
  revoked->set_number(number);
  tx.Append(std::move(entry));
  // As a hold keeps an agent from taking new leases, the end of a credential keeps its holder.
  if (selector.kind() == Selector::Kind::kCredential && !request.leases_only &&
      issued_before.empty()) {
    EndCredential(tx, request.principal, selector.parts().credential);
  }
  return number;
}

absl::StatusOr<LogIndex> Resume(Transaction& tx, const ResumeRequest& request) {
  ASSIGN_OR_RETURN(Selector selector, ResolveSelector(tx.state(), request.selector));
  if (!selector.CanHold() || tx.state().holds().Find(selector) == nullptr) {
    return Error(Reason::kNotFound,
                 "there is no such hold; `leasehold hold list` shows those there are");
  }
  Entry entry;
  ledger::v1::HoldCleared* cleared = entry.mutable_hold_cleared();
  *cleared->mutable_control() = tx.MakeControl(request.principal);
  selector.ToEntry(cleared->mutable_selector());
  cleared->set_reason(tx.DefineText(ledger::v1::TEXT_KIND_REASON, request.reason).value());
  return tx.Append(std::move(entry));
}

}  // namespace leasehold
