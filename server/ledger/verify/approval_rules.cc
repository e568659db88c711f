#include "server/ledger/verify/approval_rules.h"

#include <algorithm>

#include "server/base/str_cat.h"
#include "server/policy/compiled_policies.h"
#include "server/policy/compiled_policy.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

Objection Violation(uint64_t number, std::string_view why) {
  if (why.empty()) return {};
  return {.what = StrCat("is about approvals/", number, " ", why)};
}

// A selector of leases that there are says nothing about those that may be taken.
bool IsAboutLeases(const ledger::v1::Selector& selector) {
  return selector.lease() != 0 || selector.version() != 0 || selector.credential() != 0 ||
         selector.run() != 0;
}

bool Matches(uint64_t wanted, uint64_t is) { return wanted == 0 || wanted == is; }

bool Lists(const google::protobuf::RepeatedField<uint64_t>& ids, uint64_t id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

Objection ApprovalRules::Add(const Entry& entry, const State& before) {
  if (entry.has_log_created() || entry.has_epoch_started()) {
    now_ms_ = epoch_start_ms_ =
        static_cast<int64_t>(entry.has_log_created() ? entry.log_created().start_time_ms()
                                                     : entry.epoch_started().start_time_ms());
    EndAll();
    return {};
  }
  now_ms_ = epoch_start_ms_ + static_cast<int64_t>(entry.time_ms());
  switch (entry.kind_case()) {
    case Entry::kApprovalRequested:
      return Violation(entry.approval_requested().approval(),
                       AddRequested(entry.approval_requested(), before));
    case Entry::kApprovalDecided:
      return AddDecided(entry.approval_decided(), before);
    case Entry::kLeaseIssued:
      return Violation(entry.lease_issued().approval(), AddIssued(entry.lease_issued()));
    case Entry::kMembersChanged:
      AddMembers(entry.members_changed());
      return {};
    case Entry::kEntityDeleted:
      groups_.erase(entry.entity_deleted().uid());
      return {};
    case Entry::kRevoked:
      AddRevoked(entry.revoked());
      return {};
    case Entry::kClockMark:
      if (entry.clock_mark().through() != 0) EndAll();
      return {};
    default:
      return {};
  }
}

std::string ApprovalRules::AddRequested(const ledger::v1::ApprovalRequested& asked,
                                        const State& before) {
  if (asked.approval() != requests_.size() + 1) return "";  // State says so
  requests_.push_back({.asked = asked,
                       .asked_ms = now_ms_,
                       .end_ms = epoch_start_ms_ + static_cast<int64_t>(asked.expire_time_ms())});
  const std::string_view name = before.texts().Get(TextId(asked.policy()));
  const Entity* group = before.entities().Find(EntityUid(asked.group()));
  for (const CompiledPolicy& policy : before.policies().current().policies()) {
    if (policy.name != name || !policy.approval.has_value()) continue;
    const CompiledApproval& terms = *policy.approval;
    if (group == nullptr || group->deleted || group->name != terms.group ||
        asked.approvers() != terms.approvers || asked.uses() != terms.uses ||
        absl::Milliseconds(static_cast<int64_t>(asked.valid_for_ms())) != terms.valid_for ||
        absl::Milliseconds(requests_.back().end_ms - now_ms_) != terms.expires) {
      return "and asks for something else than its policy does";
    }
    return "";
  }
  return "and names a policy that asks nobody";
}

Objection ApprovalRules::AddDecided(const ledger::v1::ApprovalDecided& decided,
                                    const State& before) {
  Request* request = Find(decided.approval());
  if (request == nullptr) return {};  // State says so
  if (before.texts().Get(TextId(decided.control().actor())).empty() ||
      (decided.approver_user() != 0 &&
       before.texts().Get(TextId(decided.approver_user())).empty())) {
    return {.what = "rests on names that were erased or are not there", .undecidable = true};
  }
  const bool yes = decided.verdict() == ledger::v1::VERDICT_ALLOWED;
  std::string why = WhyNoApprover(*request, decided, before);
  if (why.empty() && (request->over || now_ms_ >= request->end_ms ||
                      (yes ? request->approved : request->used >= request->asked.uses()))) {
    why = "and answers it when it was over";
  }
  if (!yes) {
    request->over = true;
    return Violation(decided.approval(), why);
  }
  request->yes.push_back(decided);
  if (request->yes.size() >= request->asked.approvers()) {
    request->approved = true;
    request->end_ms = now_ms_ + static_cast<int64_t>(request->asked.valid_for_ms());
  }
  return Violation(decided.approval(), why);
}

std::string ApprovalRules::WhyNoApprover(const Request& request,
                                         const ledger::v1::ApprovalDecided& decided,
                                         const State& before) const {
  const uint64_t agent = decided.approver_agent();
  const uint64_t user = decided.approver_user();
  const std::string_view actor = before.texts().Get(TextId(decided.control().actor()));
  const std::string_view person = before.texts().Get(TextId(user));
  const Entity* approver = before.entities().Find(EntityUid(agent));
  const bool is_actor = agent != 0
                            ? approver != nullptr && actor == StrCat("agents/", approver->name)
                            : actor == person || actor == StrCat("operator:", person);
  if (!is_actor) return "and counts as somebody else than who answered";
  const auto group = groups_.find(request.asked.group());
  if (group == groups_.end() ||
      !(agent != 0 ? group->second.agents.contains(agent) : group->second.users.contains(user))) {
    return "and is answered by somebody who is not in the group that its policy names";
  }
  const std::string_view asker = before.texts().Get(TextId(request.asked.user()));
  if (agent == request.asked.agent() ||
      (request.asked.user() != 0 && (user == request.asked.user() || actor == asker))) {
    return "and is answered by who asked";
  }
  if (worked_for_.contains({agent, request.asked.agent()}) ||
      worked_for_.contains({request.asked.agent(), agent})) {
    return "and is answered by an agent that delegated to who asked, or had a lease from it";
  }
  if (decided.verdict() != ledger::v1::VERDICT_ALLOWED) return "";
  for (const ledger::v1::ApprovalDecided& before_it : request.yes) {
    if (before_it.control().actor() == decided.control().actor() ||
        (agent != 0 && before_it.approver_agent() == agent) ||
        (user != 0 && before_it.approver_user() == user)) {
      return "and is approved by the same approver twice";
    }
  }
  return "";
}

std::string ApprovalRules::AddIssued(const ledger::v1::LeaseIssued& issued) {
  if (issued.number() != leases_.size() + 1) return "";  // State says so
  leases_.emplace_back(issued.agent(), issued.parent());
  for (uint64_t above = issued.parent(); above != 0 && above < leases_.size();
       above = leases_[above - 1].second) {
    worked_for_.insert({leases_[above - 1].first, issued.agent()});
  }
  if (issued.approval() == 0) return "";
  Request* request = Find(issued.approval());
  if (request == nullptr) return "and issues a lease on it, though nobody asked for it";
  const ledger::v1::ApprovalRequested& asked = request->asked;
  const uint64_t used = request->used++;
  if (asked.agent() != issued.agent() || asked.secret() != issued.secret() ||
      asked.workflow() != issued.workflow() || asked.user() != issued.user() ||
      asked.policy() != issued.policy() || issued.parent() != 0 ||
      issued.delivery() != ledger::v1::DELIVERY_BROKERED) {
    return "and issues a lease on it that is not the one that was asked for";
  }
  if (request->over) return "and issues a lease on it after it was rejected or ended";
  if (!request->approved) return "and issues a lease on it before enough approvers had agreed";
  if (now_ms_ >= request->end_ms) return "and issues a lease on it after its time";
  return used >= asked.uses() ? "and issues more leases on it than it gives" : "";
}

void ApprovalRules::AddMembers(const ledger::v1::MembersChanged& changed) {
  Members& members = groups_[changed.group()];
  for (uint64_t agent : changed.removed_agents()) members.agents.erase(agent);
  for (uint64_t user : changed.removed_users()) members.users.erase(user);
  members.agents.insert(changed.added_agents().begin(), changed.added_agents().end());
  members.users.insert(changed.added_users().begin(), changed.added_users().end());
}

void ApprovalRules::AddRevoked(const ledger::v1::Revoked& revoked) {
  const ledger::v1::Selector& selector = revoked.selector();
  if (IsAboutLeases(selector)) return;
  for (Request& request : requests_) {
    const ledger::v1::ApprovalRequested& asked = request.asked;
    const bool in_time =
        revoked.issued_before_ms() == 0 ||
        request.asked_ms < epoch_start_ms_ + static_cast<int64_t>(revoked.issued_before_ms());
    const bool in_group = selector.group() == 0 || Lists(revoked.member_agents(), asked.agent()) ||
                          Lists(revoked.member_users(), asked.user());
    if (in_time && in_group && Matches(selector.agent(), asked.agent()) &&
        Matches(selector.secret(), asked.secret()) &&
        Matches(selector.workflow(), asked.workflow()) && Matches(selector.user(), asked.user()) &&
        Matches(selector.policy(), asked.policy())) {
      request.over = true;
    }
  }
}

void ApprovalRules::EndAll() {
  for (Request& request : requests_) request.over = true;
}

ApprovalRules::Request* ApprovalRules::Find(uint64_t number) {
  return number == 0 || number > requests_.size() ? nullptr : &requests_[number - 1];
}

}  // namespace leasehold
