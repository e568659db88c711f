#ifndef LEASEHOLD_SERVER_LEDGER_VERIFY_LEASE_RULES_H_
#define LEASEHOLD_SERVER_LEDGER_VERIFY_LEASE_RULES_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "leasehold/ledger/v1/entry.pb.h"
#include "server/ledger/verify/findings.h"

namespace leasehold {

// The promises about leases, written a second time: from entries alone and in the plainest way, so
// that a mistake in how the server judges is not repeated here. A revocation is no watermark but
// marks every lease that it covers, one by one; that costs a walk over all leases for each.
//
// What cannot be without a contradiction elsewhere (a uid out of order) is left to State, which
// folds the same entries; here it only must not do harm.
class LeaseRules {
 public:
  // Takes the next entry, well formed, and says what it should not have done. Call for every entry
  // in order.
  Objection Add(uint64_t index, const ledger::v1::Entry& entry);

  uint64_t allowed_uses() const { return allowed_uses_; }

 private:
  struct Entity {
    ledger::v1::EntityKind kind = ledger::v1::ENTITY_KIND_UNSPECIFIED;
    int64_t expire_ms = 0;  // all times: since 1970; 0 = never
    bool deleted = false;
  };
  struct Version {
    ledger::v1::VersionStateKind state = ledger::v1::VERSION_STATE_KIND_ENABLED;
    int64_t expire_ms = 0;
  };
  struct Credential {
    uint64_t agent = 0;
    bool revoked = false;
  };
  struct Lease {
    uint64_t agent = 0;
    uint64_t secret = 0;
    uint64_t version = 0;
    uint64_t workflow = 0;
    uint64_t policy = 0;
    uint64_t run = 0;
    uint64_t credential = 0;
    uint64_t user = 0;
    uint64_t parent = 0;
    uint64_t use_limit = 0;
    uint64_t uses = 0;  // those of leases that were delegated from it included
    uint64_t approval = 0;
    std::vector<uint64_t> groups;  // at issue
    std::string proof;
    std::string narrowing_hash;
    ledger::v1::Binding binding = ledger::v1::BINDING_UNSPECIFIED;
    int64_t expire_ms = 0;
    int64_t max_expire_ms = 0;
    // The entry that revoked it; 0, where log_created stands, for none.
    uint64_t revoked_by = 0;
    uint64_t released_by = 0;
    uint32_t epoch = 0;
    bool follows_latest = false;
    bool may_reveal = false;
  };
  // What is revoked or held: a kind and an id, 0 for everything.
  enum class What { kUnknown, kAll, kLease, kAgent, kSecret, kWorkflow };
  using Selected = std::pair<What, uint64_t>;

  static Selected Read(const ledger::v1::Selector& selector);
  Objection AddLease(uint64_t index, const ledger::v1::Entry& entry);
  Objection AddUse(const ledger::v1::Use& use);
  Objection AddStop(uint64_t index, const ledger::v1::Entry& entry);
  void AddOther(const ledger::v1::Entry& entry);

  std::string WhyNotIssued(const ledger::v1::LeaseIssued& issued) const;
  // Whether the groups of a new lease are those that its agent and user are in, and those that it
  // claims.
  bool HasItsGroups(const ledger::v1::LeaseIssued& issued) const;
  std::string WhyNotRenewed(const Lease& lease, int64_t expire_ms) const;
  // Why the lease cannot be used now; "" where it can. Nor can it where one above it cannot.
  std::string WhyUnusable(const Lease& lease) const;
  std::string WhyUnusableAlone(const Lease& lease) const;
  // Counts a use for the lease and those above it; the number of one that has no use left, or 0.
  uint64_t CountUse(uint64_t number);
  std::string WhyAgentCannot(uint64_t agent) const;
  std::string WhyHeld(uint64_t agent, uint64_t secret, uint64_t workflow) const;
  // The same for a lease and those above it.
  std::string WhyHeldAbove(const Lease& lease) const;
  // Whether the use of `lease` may have got version `number`.
  bool IsRightVersion(const Lease& lease, uint64_t number) const;
  bool IsUsable(const Version& version) const;
  void Revoke(Selected selected, uint64_t through, uint64_t index);

  int64_t At(uint64_t epoch_ms) const { return epoch_start_ms_ + static_cast<int64_t>(epoch_ms); }
  int64_t EndAt(uint64_t epoch_ms) const { return epoch_ms == 0 ? 0 : At(epoch_ms); }
  const Entity* FindEntity(uint64_t uid, ledger::v1::EntityKind kind) const;
  Lease* FindLease(uint64_t number);
  const std::vector<Version>& VersionsOf(uint64_t secret) const;

  int64_t now_ms_ = 0;
  int64_t epoch_start_ms_ = 0;
  uint32_t epoch_ = 0;
  uint64_t revision_ = 0;
  std::vector<Entity> entities_;  // uid n at n - 1, as are the others
  std::vector<Credential> credentials_;
  uint64_t credentials_ended_ = 0;  // so many, with earlier epochs
  std::vector<Lease> leases_;
  absl::flat_hash_map<uint64_t, std::vector<Version>> versions_;
  std::map<Selected, uint64_t> holds_;  // and the entry that set it
  // The groups that an agent, and a user, is in.
  absl::flat_hash_map<uint64_t, std::set<uint64_t>> groups_of_agents_;
  absl::flat_hash_map<uint64_t, std::set<uint64_t>> groups_of_users_;
  uint64_t allowed_uses_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_VERIFY_LEASE_RULES_H_
