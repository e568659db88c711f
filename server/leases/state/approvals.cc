#include "server/leases/state/approvals.h"

#include <algorithm>
#include <optional>

namespace leasehold {
namespace {

bool Contains(const auto& ascending, const auto& value) {
  return std::binary_search(ascending.begin(), ascending.end(), value);
}

bool IsCovered(const Revocation& revocation, const Approval& approval) {
  const Selector::Parts& parts = revocation.selector.parts();
  if (!revocation.issued_before.empty() && approval.create_time >= revocation.issued_before) {
    return false;
  }
  if (!parts.lease.empty() || !parts.version.empty() || !parts.credential.empty() ||
      !parts.run.empty()) {
    return false;  // about leases that there are
  }
  const ApprovalKey& key = approval.key;
  return (parts.agent.empty() || parts.agent == key.agent) &&
         (parts.secret.empty() || parts.secret == key.secret) &&
         (parts.workflow.empty() || parts.workflow == key.workflow) &&
         (parts.user.empty() || parts.user == key.user) &&
         (parts.policy.empty() || parts.policy == key.policy) &&
         (parts.group.empty() || Contains(revocation.member_agents, key.agent) ||
          Contains(revocation.member_users, key.user));
}

}  // namespace

ApprovalState Approval::StateAt(UnixMillis now) const {
  if (answer == Answer::kRejected) return ApprovalState::kRejected;
  if (answer == Answer::kEnded) return ApprovalState::kExpired;
  if (used >= uses) return ApprovalState::kUsed;
  if (now >= expire_time) return ApprovalState::kExpired;
  return answer == Answer::kApproved ? ApprovalState::kApproved : ApprovalState::kPending;
}

bool Approval::StandsAt(UnixMillis now) const {
  return answer != Answer::kEnded && used < uses && now < expire_time;
}

const Approval* Approvals::Find(uint64_t number) const {
  const auto it = all_.find(number);
  return it == all_.end() ? nullptr : &it->second;
}

const Approval* Approvals::FindStanding(const ApprovalKey& key, UnixMillis now) const {
  const auto it = newest_.find(key);
  const Approval* newest = it == newest_.end() ? nullptr : Find(it->second);
  return newest != nullptr && newest->StandsAt(now) ? newest : nullptr;
}

size_t Approvals::CountStanding(EntityUid agent, UnixMillis now) const {
  const auto numbers = by_agent_.find(agent);
  if (numbers == by_agent_.end()) return 0;
  return static_cast<size_t>(
      std::count_if(numbers->second.begin(), numbers->second.end(),
                    [&](uint64_t number) { return Find(number)->StandsAt(now); }));
}

size_t Approvals::CountPending(UnixMillis now) const {
  return static_cast<size_t>(std::count_if(all_.begin(), all_.end(), [&](const auto& numbered) {
    return numbered.second.StateAt(now) == ApprovalState::kPending;
  }));
}

bool Approvals::HasRoom(UnixMillis now) const {
  return all_.size() < kApprovalsMax ||
         std::any_of(all_.begin(), all_.end(),
                     [&](const auto& numbered) { return !numbered.second.StandsAt(now); });
}

void Approvals::Add(Approval approval) {
  MakeRoom(approval.key.agent, approval.create_time);
  Insert(std::move(approval));
}

void Approvals::MakeRoom(EntityUid agent, UnixMillis now) {
  while (!all_.empty() && !all_.begin()->second.StandsAt(now) &&
         all_.begin()->second.expire_time + kKept <= now) {
    Forget(all_.begin()->first);
  }
  std::optional<uint64_t> over;
  if (const auto own = by_agent_.find(agent);
      own != by_agent_.end() && own->second.size() >= kPerAgentMax) {
    for (uint64_t number : own->second) {
      if (!over.has_value() && !Find(number)->StandsAt(now)) over = number;
    }
  }
  if (over.has_value()) Forget(*over);
  if (all_.size() < kApprovalsMax) return;
  const auto any = std::find_if(all_.begin(), all_.end(), [&](const auto& numbered) {
    return !numbered.second.StandsAt(now);
  });
  if (any != all_.end()) Forget(any->first);
}

void Approvals::Insert(Approval approval) {
  const uint64_t number = approval.number;
  next_ = number + 1;
  newest_[approval.key] = number;
  by_agent_[approval.key.agent].insert(number);
  all_.emplace(number, std::move(approval));
}

void Approvals::Forget(uint64_t number) {
  const auto it = all_.find(number);
  const ApprovalKey& key = it->second.key;
  if (const auto newest = newest_.find(key); newest != newest_.end() && newest->second == number) {
    newest_.erase(newest);
  }
  const auto own = by_agent_.find(key.agent);
  own->second.erase(number);
  if (own->second.empty()) by_agent_.erase(own);
  all_.erase(it);
}

void Approvals::Answer(uint64_t number, const ApprovalAnswer& answer) {
  Approval& approval = all_.at(number);
  approval.answers.push_back(answer);
  if (!answer.approved) {
    approval.answer = Approval::Answer::kRejected;
    return;
  }
  if (approval.answers.size() < approval.approvers) return;
  approval.answer = Approval::Answer::kApproved;
  approval.expire_time = answer.time + approval.valid_for;
}

void Approvals::CountUse(uint64_t number) { ++all_.at(number).used; }

void Approvals::EndCovered(const Revocation& revocation) {
  for (auto& [number, approval] : all_) {
    if (approval.answer != Approval::Answer::kRejected && IsCovered(revocation, approval)) {
      approval.answer = Approval::Answer::kEnded;
    }
  }
}

void Approvals::EndAll() {
  for (auto& [number, approval] : all_) {
    if (approval.answer != Approval::Answer::kRejected) {
      approval.answer = Approval::Answer::kEnded;
    }
  }
}

bool Approvals::Restore(std::vector<Approval> approvals, uint64_t last) {
  for (Approval& approval : approvals) {
    if (approval.number < next_) return false;
    Insert(std::move(approval));
  }
  if (last + 1 < next_) return false;
  next_ = last + 1;
  return true;
}

}  // namespace leasehold
