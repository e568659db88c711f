// Ledgers whose hashes are all right, and in which delegated leases and limits are passed over.

#include <catch2/catch.hpp>
#include <string>

#include "server/base/check.h"
#include "server/base/str_cat.h"
#include "tests/support/lease_world.h"
#include "tests/unit/server/ledger/verify/forged_ledger.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

constexpr char kPolicies[] = R"(
  policies { name: "lead" subjects { agents: "lead" } secrets: "db/**"
    lease { ttl { seconds: 3600 } max_ttl { seconds: 14400 } }
    allow { target: "github" } allow { target: "mailer" }
    limits { by: BY_AGENT max: 4 per { seconds: 60 } } })";

// lead takes lease 1 and gives lease 2 to helper, for reads at github, who gives lease 3 to third.
// Uses, in order: 0 third's allowed, 1 helper's write denied, 2 and 3 lead's allowed, 4 third's
// denied by lease 3's use limit, 5 helper's allowed, 6 helper's denied by the rate, 7 lead's
// allowed a minute later, 8 third's denied since lease 1 is revoked.
class ChainWorld : public LeaseWorld {
 public:
  ChainWorld() {
    InOneBatch([this] {
      CreateSecret("db/login");
      CreateTarget("github", {"db/**"});
      CreateTarget("mailer", {"db/**"});
      Apply(kPolicies);
      for (Principal* agent : {&lead_, &helper_, &third_}) {
        const std::string name = agent == &lead_ ? "lead" : agent == &helper_ ? "helper" : "third";
        CreateAgent(name);
        *agent = IssueToken(name);
      }
    });
    const AcquireResult first = *Await(Acquire(AcquireOf(lead_, "db/login")));
    DelegateRequest give = DelegateOf(lead_, first, "helper");
    give.targets = {"github"};
    give.reads_only = true;
    give.ttl = absl::Minutes(30);
    const AcquireResult second = *Await(Delegate(give));
    give = DelegateOf(helper_, second, "third");
    give.use_limit = 1;
    give.ttl = absl::Minutes(10);
    const AcquireResult third = *Await(Delegate(give));
    RenewRequest renew = RenewOf(third_, third);
    renew.ttl = absl::Minutes(20);
    LEASEHOLD_CHECK(Await(Renew(renew)).ok());
    Try(third_, third, "GET", true);
    Try(helper_, second, "POST", false);
    Try(lead_, first, "GET", true);
    Try(lead_, first, "GET", true);
    Try(third_, third, "GET", false);
    Try(helper_, second, "GET", true);
    Try(helper_, second, "GET", false);
    clock().Advance(absl::Seconds(61));
    Try(lead_, first, "GET", true);
    LEASEHOLD_CHECK(Await(Revoke(LeaseSelector(first))).ok());
    Try(third_, third, "GET", false);
    Kill();
  }

 private:
  void Try(const Principal& agent, const AcquireResult& lease, const std::string& method,
           bool allowed) {
    UseRequest use = UseOf(agent, lease, "github");
    use.method = method;
    const absl::StatusOr<UseReply> reply = Await(Use(std::move(use)));
    LEASEHOLD_CHECK(reply.ok() && reply->allowed == allowed, method);
  }
  Principal lead_;
  Principal helper_;
  Principal third_;
};

// Lets a use through that was denied.
uint64_t Allow(ForgedLedger& forged, int n) {
  const uint64_t index = forged.IndexOf(Entry::kUse, n);
  const Entry& good = forged.entries()[forged.IndexOf(Entry::kUse, 0)];
  ledger::v1::Use* use = forged.entries()[index].mutable_use();
  use->set_verdict(ledger::v1::VERDICT_ALLOWED);
  use->set_reason(0);
  use->set_policy(good.use().policy());
  use->set_rule(good.use().rule());
  use->set_version(good.use().version());
  return index;
}

ledger::v1::LeaseIssued* Issued(ForgedLedger& forged, int n, uint64_t* index) {
  *index = forged.IndexOf(Entry::kLeaseIssued, n);
  return forged.entries()[*index].mutable_lease_issued();
}

const Forgery kCases[] = {
    {"a use below a lease that was revoked", "which was delegated from lease 1, which entry",
     [](ForgedLedger& forged) { return Allow(forged, 8); }},
    {"a write through a lease for reads", "that was left out when lease 2 was delegated",
     [](ForgedLedger& forged) { return Allow(forged, 1); }},
    {"a use elsewhere", "that was left out when lease 2 was delegated",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kUse, 5);
       ledger::v1::Use* use = forged.entries()[index].mutable_use();
       use->set_target(use->target() + 1);
       return index;
     }},
    {"a use too many", "beyond the use limit of lease 3",
     [](ForgedLedger& forged) { return Allow(forged, 4); }},
    {"a use too often", "beyond limits[0] of policy lead",
     [](ForgedLedger& forged) { return Allow(forged, 6); }},
    {"uses that were moved together", "beyond limits[0] of policy lead",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kUse, 7);
       forged.entries()[index].set_time_ms(forged.entries()[index].time_ms() - 1'001);
       return index;
     }},
    {"a lease that ends after its parent", "which ends earlier",
     [](ForgedLedger& forged) {
       uint64_t index = 0;
       ledger::v1::LeaseIssued* issued = Issued(forged, 1, &index);
       issued->set_expire_time_ms(issued->expire_time_ms() + 3'600'000);
       return index;
     }},
    {"a lease that can be renewed for longer", "which ends earlier",
     [](ForgedLedger& forged) {
       uint64_t index = 0;
       uint64_t parent = 0;
       Issued(forged, 1, &index)
           ->set_max_expire_time_ms(Issued(forged, 0, &parent)->max_expire_time_ms() + 1);
       return index;
     }},
    {"a renewal beyond the parent", "which it was delegated from",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kLeaseRenewed, 0);
       ledger::v1::LeaseRenewed* renewed = forged.entries()[index].mutable_lease_renewed();
       renewed->set_expire_time_ms(renewed->expire_time_ms() + 20 * 60'000);
       return index;
     }},
    {"targets and writes back again", "for targets or writes that that one leaves out",
     [](ForgedLedger& forged) {
       uint64_t index = 0;
       Issued(forged, 2, &index)->clear_narrowing_hash();
       return index;
     }},
    {"a circle", "which comes from the same agent",
     [](ForgedLedger& forged) {
       uint64_t index = 0;
       uint64_t first = 0;
       const uint64_t lead = Issued(forged, 0, &first)->agent();
       Issued(forged, 2, &index)->set_agent(lead);
       return index;
     }},
    {"another secret's right", "which is of another secret, workflow, run or user",
     [](ForgedLedger& forged) {
       uint64_t index = 0;
       Issued(forged, 2, &index)->set_version(7);
       return index;
     }},
    {"more uses than there were", "with more uses than one above it",
     [](ForgedLedger& forged) {
       uint64_t index = 0;
       uint64_t first = 0;
       Issued(forged, 0, &first)->set_use_limit(9);
       Issued(forged, 1, &index)->set_use_limit(10);
       return index;
     }},
    {"a lease that its agent could not take", "that no policy in force allowed",
     [](ForgedLedger& forged) {
       uint64_t index = 0;
       ledger::v1::LeaseIssued* issued = Issued(forged, 1, &index);
       issued->clear_parent();
       issued->clear_narrowing_hash();
       return index;
     }},
};

}  // namespace

TEST_CASE("what delegations and limits forbid is found, whatever the hashes say") {
  ChainWorld world;
  const VerifyReport honest = VerifyFile(world.database());
  INFO(ReportText(honest));
  REQUIRE(honest.outcome == VerifyOutcome::kOk);
  CheckForgeries(world.database(), world.data_dir() + "/forged.db", kCases);
}

}  // namespace leasehold
