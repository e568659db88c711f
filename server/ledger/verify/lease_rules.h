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
#include "absl/container/flat_hash_set.h"
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
    std::vector<uint64_t> claimed_groups;
    int64_t issue_ms = 0;
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
  // What is held: which part of a selector, and its id.
  enum class What { kNothing, kAgent, kGroup, kUser, kSecret, kWorkflow };
  using Held = std::pair<What, uint64_t>;

  // What a selector lets be held; kNothing where it does not name one thing of such a kind.
  static Held ReadHeld(const ledger::v1::Selector& selector);
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
  // Whose lease, or more time for one, it would be.
  struct Subject {
    uint64_t agent = 0;
    uint64_t secret = 0;
    uint64_t workflow = 0;
    uint64_t user = 0;
    std::vector<uint64_t> claimed_groups;
  };
  static Subject SubjectOf(const Lease& lease) {
    return {lease.agent, lease.secret, lease.workflow, lease.user, lease.claimed_groups};
  }
  std::string WhyHeld(const Subject& subject) const;
  // The same for a lease and those above it.
  std::string WhyHeldAbove(const Lease& lease) const;
  // Whether the use of `lease` may have got version `number`.
  bool IsRightVersion(const Lease& lease, uint64_t number) const;
  bool IsUsable(const Version& version) const;
  Objection AddRevoked(uint64_t index, const ledger::v1::Revoked& revoked);
  // Who is in the group that a revocation names, as it lists them.
  struct Members {
    absl::flat_hash_set<uint64_t> agents;
    absl::flat_hash_set<uint64_t> users;
  };
  // Whether a revocation of `selector` is about the lease of that number.
  static bool IsSelected(const ledger::v1::Selector& selector, const Members& members,
                         uint64_t number, const Lease& lease);
  // Whether those are the group's members now; nobody where it is 0.
  bool AreMembers(uint64_t group, const Members& members) const;
  // The last lease that `revoked` must cover.
  uint64_t LastCovered(const ledger::v1::Revoked& revoked) const;

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
  std::map<Held, uint64_t> holds_;  // and the entry that set it
  // The groups that an agent, and a user, is in.
  absl::flat_hash_map<uint64_t, std::set<uint64_t>> groups_of_agents_;
  absl::flat_hash_map<uint64_t, std::set<uint64_t>> groups_of_users_;
  uint64_t allowed_uses_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_VERIFY_LEASE_RULES_H_
