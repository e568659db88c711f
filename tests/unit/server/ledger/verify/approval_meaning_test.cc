// Ledgers whose hashes are all right, and in which approvers are passed over.

#include <catch2/catch.hpp>
#include <string>

#include "server/base/check.h"
#include "server/base/str_cat.h"
#include "server/leases/operations/approval.h"
#include "tests/support/lease_world.h"
#include "tests/unit/server/ledger/verify/forged_ledger.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

constexpr char kPolicies[] = R"(
  policies { name: "asked" subjects { agents: "**" } secrets: "db/**"
    lease { ttl { seconds: 3600 } max_ttl { seconds: 14400 } }
    approval { approvers: 2 group: "oncall" valid_for { seconds: 600 } uses: 1
               expires { seconds: 3600 } }
    allow { target: "github" } })";

// Of three requests of bot's the first is approved by mia and the agent judge and gives lease 1,
// the second is approved by mia alone, and the third is rejected by ben. Lease 2 is other's, by
// approvals/4.
class OfficeLedger : public LeaseWorld {
 public:
  OfficeLedger() {
    InOneBatch([this] {
      CreateSecret("db/login");
      CreateTarget("github", {"db/**"});
      for (const char* name : {"bot", "other", "judge"}) CreateAgent(name);
      bot_ = IssueToken("bot");
      other_ = IssueToken("other");
      judge_ = IssueToken("judge");
      CreateGroup("oncall", {"judge"}, {"mia", "ben"});
      Apply(kPolicies);
    });
    Ask(bot_, "one");
    Answer(1, Person("mia"), true);
    Answer(1, judge_, true);
    Ask(bot_, "one");
    Ask(bot_, "two");
    Answer(2, Person("mia"), true);
    Ask(bot_, "three");
    Answer(3, Person("ben"), false);
    Ask(other_, "one");
    Answer(4, Person("mia"), true);
    Answer(4, Person("ben"), true);
    Ask(other_, "one");
    LEASEHOLD_CHECK(state().leases().count() == 2);
    Kill();
  }

 private:
  static Principal Person(const std::string& name) {
    return {.role = Role::kSecurity,
            .method = AuthMethod::kOperatorSession,
            .name = StrCat("operator:", name),
            .address = "127.0.0.1",
            .user = name};
  }
  void Ask(const Principal& agent, std::string_view workflow) {
    AcquireRequest request = AcquireOf(agent, "db/login");
    request.workflow = MustName(workflow);
    request.purpose = "repair";
    Await(Acquire(std::move(request))).status().IgnoreError();
  }
  void Answer(uint64_t approval, const Principal& who, bool approved) {
    const ApprovalDecision decision{
        .principal = who, .approval = approval, .approved = approved, .reason = "because"};
    const absl::StatusOr<uint64_t> answered = Await(Submit<uint64_t>(
        Urgency::kNormal, [decision](Transaction& tx) { return DecideApproval(tx, decision); }));
    LEASEHOLD_CHECK(answered.ok(), answered.status().ToString());
  }

  Principal bot_;
  Principal other_;
  Principal judge_;
};

ledger::v1::LeaseIssued* Issued(ForgedLedger& forged, int n, uint64_t* index) {
  *index = forged.IndexOf(Entry::kLeaseIssued, n);
  return forged.entries()[*index].mutable_lease_issued();
}

ledger::v1::ApprovalDecided* Decided(ForgedLedger& forged, int n, uint64_t* index) {
  *index = forged.IndexOf(Entry::kApprovalDecided, n);
  return forged.entries()[*index].mutable_approval_decided();
}

const Forgery kCases[] = {
    {"a lease without the approval that it needs", "who have not agreed to it",
     [](ForgedLedger& forged) {
       uint64_t index = 0;
       Issued(forged, 0, &index)->set_approval(0);
       return index;
     }},
    {"a lease by somebody else's approval", "not the one that was asked for",
     [](ForgedLedger& forged) {
       uint64_t index = 0;
       Issued(forged, 1, &index)->set_approval(1);
       return index;
     }},
    {"a second lease by one approval", "more leases on it than it gives",
     [](ForgedLedger& forged) {
       uint64_t index = 0;
       Entry again = forged.entries()[forged.IndexOf(Entry::kLeaseIssued, 1)];
       again.mutable_lease_issued()->set_number(3);
       index = forged.Append(again);
       return index;
     }},
    {"a lease after the approval's time", "after its time",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kLeaseIssued, 1);
       for (uint64_t i = index; i < forged.entries().size(); ++i) {
         forged.entries()[i].set_time_ms(forged.entries()[i].time_ms() + 600'000);
       }
       return index;
     }},
    {"an approver too few", "before enough approvers had agreed",
     [](ForgedLedger& forged) {
       // The answer of judge becomes one to approvals/2.
       uint64_t decided = 0;
       Entry& entry = forged.entries()[forged.IndexOf(Entry::kApprovalDecided, 1)];
       Entry harmless;
       harmless.set_time_ms(entry.time_ms());
       harmless.mutable_config_loaded()->set_rules_hash(std::string(32, 'x'));
       entry = harmless;
       Issued(forged, 0, &decided);
       return decided;
     }},
    {"one approver who counts twice", "by the same approver twice",
     [](ForgedLedger& forged) {
       uint64_t index = 0;
       uint64_t first = 0;
       const ledger::v1::ApprovalDecided mia = *Decided(forged, 0, &first);
       *Decided(forged, 1, &index) = mia;
       return index;
     }},
    {"the agent that asked", "who is not in the group",
     [](ForgedLedger& forged) {
       uint64_t index = 0;
       ledger::v1::ApprovalDecided* decided = Decided(forged, 1, &index);
       decided->set_approver_agent(0);
       decided->set_approver_user(decided->control().actor());
       return index;
     }},
    {"somebody who counts as another", "somebody else than who answered",
     [](ForgedLedger& forged) {
       uint64_t index = 0;
       uint64_t ben = 0;
       const uint64_t user = Decided(forged, 5, &ben)->approver_user();
       Decided(forged, 0, &index)->set_approver_user(user);
       return index;
     }},
    {"fewer approvers than the policy asks for", "something else than its policy does",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kApprovalRequested, 1);
       forged.entries()[index].mutable_approval_requested()->set_approvers(1);
       return index;
     }},
    {"an approval after a rejection", "when it was over",
     [](ForgedLedger& forged) {
       Entry again = forged.entries()[forged.IndexOf(Entry::kApprovalDecided, 0)];
       again.mutable_approval_decided()->set_approval(3);
       const uint64_t rejected = forged.IndexOf(Entry::kApprovalDecided, 3);
       again.mutable_approval_decided()->set_workflow(
           forged.entries()[rejected].approval_decided().workflow());
       return forged.Append(again);
     }},
};

}  // namespace

TEST_CASE("what approvals forbid is found, whatever the hashes say") {
  OfficeLedger world;
  const VerifyReport honest = VerifyFile(world.database());
  INFO(ReportText(honest));
  REQUIRE(honest.outcome == VerifyOutcome::kOk);
  CheckForgeries(world.database(), world.data_dir() + "/forged.db", kCases);
}

}  // namespace leasehold
