#ifndef LEASEHOLD_SERVER_LEASES_STATE_POLICY_HISTORY_H_
#define LEASEHOLD_SERVER_LEASES_STATE_POLICY_HISTORY_H_

#include <memory>
#include <utility>
#include <vector>

#include "server/base/crypto_bytes.h"
#include "server/base/ids.h"
#include "server/base/millis.h"
#include "server/policy/compiled_policies.h"

namespace leasehold {

struct PolicyRevisionInfo {
  PolicyRevision revision;
  Hash set_hash{};
  LogIndex index;
  UnixMillis time;
  TextId actor;
};

// Every set that was ever in force, and the current one ready to decide.
class PolicyHistory {
 public:
  const CompiledPolicies& current() const { return *current_; }
  std::shared_ptr<const CompiledPolicies> current_ptr() const { return current_; }
  PolicyRevision revision() const { return PolicyRevision(revisions_.size()); }
  const PolicyRevisionInfo* Find(PolicyRevision revision) const {
    return revision.empty() || revision.value() > revisions_.size()
               ? nullptr
               : &revisions_[revision.value() - 1];
  }
  const std::vector<PolicyRevisionInfo>& all() const { return revisions_; }

  void Apply(const PolicyRevisionInfo& info, std::shared_ptr<const CompiledPolicies> compiled) {
    revisions_.push_back(info);
    current_ = std::move(compiled);
  }

 private:
  std::vector<PolicyRevisionInfo> revisions_;
  std::shared_ptr<const CompiledPolicies> current_ = CompiledPolicies::Empty();
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_POLICY_HISTORY_H_
