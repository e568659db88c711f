#ifndef LEASEHOLD_SERVER_LEDGER_VERIFY_APPROVAL_RULES_H_
#define LEASEHOLD_SERVER_LEDGER_VERIFY_APPROVAL_RULES_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/leases/state/state.h"
#include "server/ledger/verify/findings.h"

namespace leasehold {

// What approvals promise, written a second time: the approvers are those that the policy in force
// asked for, each other than who asked and counted once, and an approved request gives the leases
// that it says and no more.
class ApprovalRules {
 public:
  // Takes the next entry, well formed; `before` is the state before it, for policies and names.
  // Call for every entry in order.
  Objection Add(const ledger::v1::Entry& entry, const State& before);

 private:
  struct Request {
    ledger::v1::ApprovalRequested asked;
    int64_t asked_ms = 0;  // all times: since 1970
    int64_t end_ms = 0;    // to answer; once approved: to take leases
    std::vector<ledger::v1::ApprovalDecided> yes;
    uint64_t used = 0;
    bool approved = false;
    bool over = false;  // rejected, or ended by a stop
  };
  struct Members {
    std::set<uint64_t> agents;
    std::set<uint64_t> users;
  };

  std::string AddRequested(const ledger::v1::ApprovalRequested& asked, const State& before);
  Objection AddDecided(const ledger::v1::ApprovalDecided& decided, const State& before);
  std::string AddIssued(const ledger::v1::LeaseIssued& issued);
  void AddMembers(const ledger::v1::MembersChanged& changed);
  void AddRevoked(const ledger::v1::Revoked& revoked);
  void EndAll();
  std::string WhyNoApprover(const Request& request, const ledger::v1::ApprovalDecided& decided,
                            const State& before) const;
  Request* Find(uint64_t number);

  int64_t now_ms_ = 0;
  int64_t epoch_start_ms_ = 0;
  std::vector<Request> requests_;                      // number n at n - 1, as are leases
  std::vector<std::pair<uint64_t, uint64_t>> leases_;  // agent and parent
  std::set<std::pair<uint64_t, uint64_t>> worked_for_;
  std::map<uint64_t, Members> groups_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_VERIFY_APPROVAL_RULES_H_
