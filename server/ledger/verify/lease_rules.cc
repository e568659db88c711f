#include "server/ledger/verify/lease_rules.h"

#include <algorithm>
#include <set>

#include "server/base/reason.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

Objection Violation(std::string what) { return {.what = std::move(what)}; }
Objection Undecidable(std::string what) { return {.what = std::move(what), .undecidable = true}; }

}  // namespace

Objection LeaseRules::Add(uint64_t index, const Entry& entry) {
  if (entry.has_log_created()) {
    now_ms_ = epoch_start_ms_ = static_cast<int64_t>(entry.log_created().start_time_ms());
    return {};
  }
  if (entry.has_epoch_started()) {
    now_ms_ = epoch_start_ms_ = static_cast<int64_t>(entry.epoch_started().start_time_ms());
    ++epoch_;  // which ends every lease that was issued in an earlier one, and every credential
    credentials_ended_ = credentials_.size();
    return {};
  }
  now_ms_ = At(entry.time_ms());
  switch (entry.kind_case()) {
    case Entry::kUse:
      return AddUse(entry.use());
    case Entry::kLeaseIssued:
    case Entry::kLeaseRenewed:
    case Entry::kLeaseReleased:
      return AddLease(index, entry);
    case Entry::kRevoked:
    case Entry::kClockMark:
    case Entry::kHoldSet:
    case Entry::kHoldCleared:
      return AddStop(index, entry);
    case Entry::kUseContinued:
      return Undecidable("judges a running stream again, which this version cannot check");
    default:
      AddOther(entry);
      return {};
  }
}

Objection LeaseRules::AddUse(const ledger::v1::Use& use) {
  const Lease* lease = FindLease(use.lease());
  if (lease == nullptr) return Violation("uses a lease that was never issued");
  if (!ReasonFromNumber(use.reason()).has_value()) {
    return Undecidable(
        StrCat("gives the reason ", use.reason(), ", which this version does not know"));
  }
  if (use.revision() != revision_) {
    return Violation(StrCat("was judged by policy revision ", use.revision(), ", but revision ",
                            revision_, " was in force"));
  }
  // The denial of a policy in observe mode is a record; the use went on, and the rest must hold.
  const bool allowed = use.verdict() == ledger::v1::VERDICT_ALLOWED;
  if (allowed && use.not_enforced()) return Violation("does not enforce what it allows");
  if (!allowed && !use.not_enforced()) {
    return use.revealed() ? Violation("reveals a value without being allowed") : Objection{};
  }
  allowed_uses_ += allowed ? 1 : 0;
  if (std::string why = WhyUnusable(*lease); !why.empty()) {
    return Violation(StrCat("allows a use of lease ", use.lease(), ", ", why));
  }
  if (const uint64_t used_up = CountUse(use.lease()); used_up != 0) {
    return Violation(
        StrCat("allows a use of lease ", use.lease(), " beyond the use limit of lease ", used_up));
  }
  if (!IsRightVersion(*lease, use.version())) {
    return Violation(StrCat("allows a use of lease ", use.lease(), " with version ", use.version(),
                            " of its secret, which is not the one that it may use"));
  }
  if (use.revealed() && !lease->may_reveal) {
    return Violation(StrCat("reveals the value of lease ", use.lease(), ", which is brokered"));
  }
  if (!use.revealed() && FindEntity(use.target(), ledger::v1::ENTITY_KIND_TARGET) == nullptr) {
    return Violation(
        StrCat("allows a use of lease ", use.lease(), " at a target that is not there"));
  }
  return {};
}

Objection LeaseRules::AddLease(uint64_t index, const Entry& entry) {
  if (entry.has_lease_issued()) {
    const ledger::v1::LeaseIssued& issued = entry.lease_issued();
    if (issued.number() != leases_.size() + 1) return {};  // State says so
    const std::string why = WhyNotIssued(issued);
    leases_.push_back(
        {.agent = issued.agent(),
         .secret = issued.secret(),
         .version = issued.version(),
         .workflow = issued.workflow(),
         .policy = issued.policy(),
         .run = issued.run(),
         .credential = issued.credential(),
         .user = issued.user(),
         .parent = issued.parent(),
         .use_limit = issued.use_limit(),
         .approval = issued.approval(),
         .groups = {issued.groups().begin(), issued.groups().end()},
         .claimed_groups = {issued.claimed_groups().begin(), issued.claimed_groups().end()},
         .issue_ms = now_ms_,
         .proof = issued.proof_hash(),
         .narrowing_hash = issued.narrowing_hash(),
         .binding = issued.binding(),
         .expire_ms = At(issued.expire_time_ms()),
         .max_expire_ms = At(issued.max_expire_time_ms()),
         .epoch = epoch_,
         .follows_latest = issued.follows_latest(),
         .may_reveal = issued.delivery() == ledger::v1::DELIVERY_REVEALED});
    if (why.empty()) return {};
    return Violation(StrCat("issues lease ", issued.number(), " ", why));
  }
  if (entry.has_lease_renewed()) {
    const ledger::v1::LeaseRenewed& renewed = entry.lease_renewed();
    Lease* lease = FindLease(renewed.number());
    if (lease == nullptr) return {};
    const int64_t expire_ms = At(renewed.expire_time_ms());
    const std::string why = WhyNotRenewed(*lease, expire_ms);
    lease->expire_ms = expire_ms;
    if (why.empty()) return {};
    return Violation(StrCat("renews lease ", renewed.number(), ", ", why));
  }
  Lease* lease = FindLease(entry.lease_released().number());
  if (lease != nullptr && lease->released_by == 0) lease->released_by = index;
  return {};
}

std::string LeaseRules::WhyNotIssued(const ledger::v1::LeaseIssued& issued) const {
  if (std::string why = WhyAgentCannot(issued.agent()); !why.empty()) {
    return StrCat("to an agent who ", why);
  }
  if (FindEntity(issued.secret(), ledger::v1::ENTITY_KIND_SECRET) == nullptr) {
    return "of a secret that is not there";
  }
  if (std::string why = WhyHeld({issued.agent(),
                                 issued.secret(),
                                 issued.workflow(),
                                 issued.user(),
                                 {issued.claimed_groups().begin(), issued.claimed_groups().end()}});
      !why.empty()) {
    return why;
  }
  if (issued.parent() != 0 && issued.parent() <= leases_.size()) {
    const Lease& parent = leases_[issued.parent() - 1];
    if (std::string why = WhyUnusable(parent); !why.empty()) {
      return StrCat("from lease ", issued.parent(), ", ", why);
    }
    if (std::string why = WhyHeldAbove(parent); !why.empty()) return why;
  }
  const std::vector<Version>& versions = VersionsOf(issued.secret());
  if (issued.version() == 0 || issued.version() > versions.size() ||
      !IsUsable(versions[issued.version() - 1])) {
    return StrCat("of version ", issued.version(), ", which cannot be used");
  }
  if (issued.revision() != revision_) {
    return StrCat("by policy revision ", issued.revision(), ", but revision ", revision_,
                  " was in force");
  }
  if (At(issued.expire_time_ms()) <= now_ms_ ||
      issued.expire_time_ms() > issued.max_expire_time_ms()) {
    return "with an end that is past, or beyond its maximum";
  }
  if (!HasItsGroups(issued)) return "with groups that are not those of its agent and user";
  if (issued.credential() == 0) return "";
  if (issued.credential() > credentials_.size() ||
      credentials_[issued.credential() - 1].agent != issued.agent()) {
    return "on a credential that is not the agent's";
  }
  if (issued.credential() <= credentials_ended_) {
    return "on a credential that ended when the store was restored";
  }
  return credentials_[issued.credential() - 1].revoked ? "on a credential that was revoked" : "";
}

bool LeaseRules::HasItsGroups(const ledger::v1::LeaseIssued& issued) const {
  std::set<uint64_t> wanted(issued.claimed_groups().begin(), issued.claimed_groups().end());
  if (auto it = groups_of_agents_.find(issued.agent()); it != groups_of_agents_.end()) {
    wanted.insert(it->second.begin(), it->second.end());
  }
  if (auto it = groups_of_users_.find(issued.user()); it != groups_of_users_.end()) {
    wanted.insert(it->second.begin(), it->second.end());
  }
  return std::equal(wanted.begin(), wanted.end(), issued.groups().begin(), issued.groups().end());
}

std::string LeaseRules::WhyNotRenewed(const Lease& lease, int64_t expire_ms) const {
  if (std::string why = WhyUnusable(lease); !why.empty()) return why;
  if (std::string why = WhyHeldAbove(lease); !why.empty()) return why;
  if (expire_ms > lease.max_expire_ms) return "beyond its maximum";
  return expire_ms <= lease.expire_ms ? "to an end that is no later" : "";
}

std::string LeaseRules::WhyUnusable(const Lease& lease) const {
  std::string why = WhyUnusableAlone(lease);
  uint64_t above = lease.parent;
  while (why.empty() && above != 0 && above <= leases_.size()) {
    const Lease& parent = leases_[above - 1];
    why = WhyUnusableAlone(parent);
    if (!why.empty()) why = StrCat("which was delegated from lease ", above, ", ", why);
    above = parent.parent;
  }
  return why;
}

uint64_t LeaseRules::CountUse(uint64_t number) {
  uint64_t used_up = 0;
  for (Lease* lease = FindLease(number); lease != nullptr; lease = FindLease(lease->parent)) {
    if (lease->use_limit != 0 && lease->uses >= lease->use_limit && used_up == 0) {
      used_up = static_cast<uint64_t>(lease - leases_.data()) + 1;
    }
    ++lease->uses;
  }
  return used_up;
}

std::string LeaseRules::WhyUnusableAlone(const Lease& lease) const {
  if (lease.epoch != epoch_) return "which ended when the store was restored";
  if (lease.revoked_by != 0) return StrCat("which entry ", lease.revoked_by, " had revoked");
  if (lease.released_by != 0) return StrCat("which entry ", lease.released_by, " had released");
  if (now_ms_ >= lease.expire_ms) {
    return StrCat("which had ended ", now_ms_ - lease.expire_ms, " ms before");
  }
  if (lease.credential != 0 && lease.credential <= credentials_.size() &&
      credentials_[lease.credential - 1].revoked) {
    return "which was taken with a credential that had been revoked";
  }
  if (std::string why = WhyAgentCannot(lease.agent); !why.empty()) {
    return StrCat("whose agent ", why);
  }
  return "";
}

std::string LeaseRules::WhyAgentCannot(uint64_t uid) const {
  const Entity* agent = FindEntity(uid, ledger::v1::ENTITY_KIND_AGENT);
  if (agent == nullptr) return "had been deleted";
  return agent->expire_ms != 0 && now_ms_ >= agent->expire_ms ? "had come to its end" : "";
}

std::string LeaseRules::WhyHeldAbove(const Lease& lease) const {
  std::string why = WhyHeld(SubjectOf(lease));
  for (uint64_t above = lease.parent; why.empty() && above != 0 && above <= leases_.size();
       above = leases_[above - 1].parent) {
    why = WhyHeld(SubjectOf(leases_[above - 1]));
  }
  return why;
}

bool LeaseRules::IsUsable(const Version& version) const {
  return version.state == ledger::v1::VERSION_STATE_KIND_ENABLED &&
         (version.expire_ms == 0 || now_ms_ < version.expire_ms);
}

bool LeaseRules::IsRightVersion(const Lease& lease, uint64_t number) const {
  const std::vector<Version>& versions = VersionsOf(lease.secret);
  if (number == 0 || number > versions.size() || !IsUsable(versions[number - 1])) return false;
  if (!lease.follows_latest) return number == lease.version;
  for (uint64_t newer = number + 1; newer <= versions.size(); ++newer) {
    if (IsUsable(versions[newer - 1])) return false;
  }
  return true;
}

void LeaseRules::AddOther(const Entry& entry) {
  if (entry.has_entity_put()) {
    const ledger::v1::EntityPut& put = entry.entity_put();
    if (put.uid() == entities_.size() + 1) entities_.emplace_back();
    if (put.uid() == 0 || put.uid() > entities_.size()) return;
    entities_[put.uid() - 1].kind = put.kind();
    entities_[put.uid() - 1].expire_ms = EndAt(put.expire_time_ms());
  } else if (entry.has_entity_deleted()) {
    const uint64_t uid = entry.entity_deleted().uid();
    if (uid != 0 && uid <= entities_.size()) entities_[uid - 1].deleted = true;
    for (auto& [agent, groups] : groups_of_agents_) groups.erase(uid);
    for (auto& [user, groups] : groups_of_users_) groups.erase(uid);
  } else if (entry.has_members_changed()) {
    const ledger::v1::MembersChanged& changed = entry.members_changed();
    const uint64_t group = changed.group();
    for (uint64_t agent : changed.removed_agents()) groups_of_agents_[agent].erase(group);
    for (uint64_t user : changed.removed_users()) groups_of_users_[user].erase(group);
    for (uint64_t agent : changed.added_agents()) groups_of_agents_[agent].insert(group);
    for (uint64_t user : changed.added_users()) groups_of_users_[user].insert(group);
  } else if (entry.has_credential_issued()) {
    credentials_.push_back({.agent = entry.credential_issued().agent()});
  } else if (entry.has_credential_revoked() && entry.credential_revoked().end_time_ms() == 0) {
    const uint64_t number = entry.credential_revoked().credential();
    if (number != 0 && number <= credentials_.size()) credentials_[number - 1].revoked = true;
  } else if (entry.has_version_added()) {
    versions_[entry.version_added().secret()].push_back(
        {.expire_ms = EndAt(entry.version_added().expire_time_ms())});
  } else if (entry.has_version_state()) {
    std::vector<Version>& versions = versions_[entry.version_state().secret()];
    const uint64_t number = entry.version_state().version();
    if (number != 0 && number <= versions.size()) {
      versions[number - 1].state = entry.version_state().state();
    }
  } else if (entry.has_policy_applied()) {
    revision_ = entry.policy_applied().revision();
  }
}

const LeaseRules::Entity* LeaseRules::FindEntity(uint64_t uid, ledger::v1::EntityKind kind) const {
  if (uid == 0 || uid > entities_.size()) return nullptr;
  const Entity& entity = entities_[uid - 1];
  return entity.deleted || entity.kind != kind ? nullptr : &entity;
}

LeaseRules::Lease* LeaseRules::FindLease(uint64_t number) {
  return number == 0 || number > leases_.size() ? nullptr : &leases_[number - 1];
}

const std::vector<LeaseRules::Version>& LeaseRules::VersionsOf(uint64_t secret) const {
  static const std::vector<Version>& none = *new std::vector<Version>();
  const auto it = versions_.find(secret);
  return it == versions_.end() ? none : it->second;
}

}  // namespace leasehold
