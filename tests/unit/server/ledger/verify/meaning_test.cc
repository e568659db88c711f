// Ledgers whose hashes are all right and whose entries do what must not be.

#include <catch2/catch.hpp>
#include <span>
#include <string>

#include "server/base/reason.h"
#include "server/base/str_cat.h"
#include "tests/unit/server/ledger/verify/forged_ledger.h"
#include "tests/unit/server/ledger/verify/ledger_world.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

// The uids, leases and texts that LedgerWorld gives: two agents, a group, two secrets, two targets.
constexpr uint64_t kBot = 1;
constexpr uint64_t kGroup = 3;
constexpr uint64_t kMailTarget = 7;
constexpr uint64_t kLoginLease = 1;
constexpr uint64_t kMailLease = 2;

Entry AllowedUse(ForgedLedger& forged, uint64_t lease, int n) {
  Entry use = forged.entries()[forged.IndexOf(Entry::kUse, n)];
  use.set_time_ms(0);
  use.mutable_use()->set_lease(lease);
  use.mutable_use()->set_verdict(ledger::v1::VERDICT_ALLOWED);
  use.mutable_use()->set_reason(0);
  return use;
}

Entry NewEpochEntry(const ForgedLedger& forged, uint64_t size) {
  Entry entry;
  ledger::v1::EpochStarted* started = entry.mutable_epoch_started();
  started->set_epoch(99);
  started->set_format(1);
  started->set_origin("test.leasehold/0000000000000063");
  started->set_start_time_ms(1'700'000'500'000);
  started->set_previous_size(size);
  started->set_previous_root(forged.RootAt(size));
  started->set_cause(ledger::v1::EPOCH_CAUSE_RESTORE);
  started->set_through(2);
  return entry;
}

// One of everything there is so far, which a case makes its own.
Entry NextRevocation(ForgedLedger& forged) {
  Entry entry;
  ledger::v1::Revoked* revoked = entry.mutable_revoked();
  uint64_t number = 1;
  for (const Entry& each : forged.entries()) {
    number += each.has_revoked() ? 1 : 0;
  }
  revoked->set_number(number);
  revoked->set_through(2);
  return entry;
}

// Uses in LedgerWorld::Live, in order: 0 allowed, 1 and 2 denied, 3 revealed, 4 and 5 allowed, 6
// denied since revoked, 7 of the other agent.
const Forgery kUses[] = {
    {"an allowed use behind a revocation", "which entry ",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kUse, 6);
       Entry use = AllowedUse(forged, kLoginLease, 5);
       use.set_time_ms(forged.entries()[index].time_ms());
       use.mutable_use()->set_version(2);
       forged.entries()[index] = use;
       return index;
     }},
    {"an allowed use of a lease that came to a revoked version later", "which entry ",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kUse, 0);
       const Entry& use = forged.entries()[index];
       const Entry& issued = forged.entries()[forged.IndexOf(Entry::kLeaseIssued, 0)];
       Entry revoked = NextRevocation(forged);
       revoked.set_time_ms(use.time_ms());
       revoked.mutable_revoked()->set_number(1);
       uint64_t leases = 0;
       for (uint64_t i = 0; i < index; ++i) {
         leases += forged.entries()[i].has_lease_issued() ? 1 : 0;
       }
       revoked.mutable_revoked()->set_through(leases);
       ledger::v1::Selector* selector = revoked.mutable_revoked()->mutable_selector();
       selector->Clear();
       selector->set_secret(issued.lease_issued().secret());
       selector->set_version(issued.lease_issued().version() + 1);
       forged.entries().insert(forged.entries().begin() + static_cast<ptrdiff_t>(index), revoked);
       return index + 1;
     }},
    {"an allowed use of a released lease", "had released",
     [](ForgedLedger& forged) { return forged.Append(AllowedUse(forged, kMailLease, 7)); }},
    {"an allowed use after the lease's end", "which had ended 1 ms before",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kUse, 0);
       const uint64_t issued = forged.IndexOf(Entry::kLeaseIssued, 0);
       forged.entries()[issued].mutable_lease_issued()->set_expire_time_ms(
           forged.entries()[index].time_ms() - 1);
       return index;
     }},
    {"an allowed use with a version that is not the newest usable one", "with version 1",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kUse, 4);
       forged.entries()[index].mutable_use()->set_version(1);
       return index;
     }},
    {"an allowed use with a version that is disabled", "with version 2",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kUse, 5);
       forged.entries()[index].mutable_use()->set_version(2);
       return index;
     }},
    {"a use judged by a set that was not in force", "revision 1 was in force",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kUse, 0);
       forged.entries()[index].mutable_use()->set_revision(2);
       return index;
     }},
    {"a use at a target that may not inject the secret", "may not inject db/login",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kUse, 0);
       forged.entries()[index].mutable_use()->set_target(kMailTarget);
       return index;
     }},
    {"a use at a target that is none", "at a target that is not there",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kUse, 0);
       forged.entries()[index].mutable_use()->set_target(kBot);
       return index;
     }},
    {"a value revealed although the lease is brokered", "which is brokered",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kUse, 0);
       forged.entries()[index].mutable_use()->set_revealed(true);
       return index;
     }},
    {"an allowed use that no policy stands behind", "names no policy",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kUse, 0);
       forged.entries()[index].mutable_use()->set_policy(0);
       return index;
     }},
    {"an allowed use with a reason against it", "gives a reason",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kUse, 0);
       forged.entries()[index].mutable_use()->set_reason(static_cast<uint32_t>(Reason::kHeld));
       return index;
     }},
    {"an allowed use after the machine's clock was in doubt", "which entry ",
     [](ForgedLedger& forged) {
       Entry mark;
       mark.set_time_ms(forged.entries()[forged.IndexOf(Entry::kUse, 4)].time_ms());
       mark.mutable_clock_mark()->set_cause(ledger::v1::CLOCK_CAUSE_WALL_BEHIND);
       mark.mutable_clock_mark()->set_through(2);
       const uint64_t index = forged.IndexOf(Entry::kUse, 4);
       forged.entries().insert(forged.entries().begin() + static_cast<ptrdiff_t>(index), mark);
       return index + 1;
     }},
    {"an allowed use of an earlier epoch", "ended when the store was restored",
     [](ForgedLedger& forged) {
       forged.Append(NewEpochEntry(forged, forged.entries().size()));
       return forged.Append(AllowedUse(forged, kMailLease, 7));
     }},
    {"a lease taken with a credential of an earlier epoch", "a credential that ended",
     [](ForgedLedger& forged) {
       Entry lease = forged.entries()[forged.IndexOf(Entry::kLeaseIssued, 1)];
       lease.mutable_lease_issued()->set_number(3);
       forged.Append(NewEpochEntry(forged, forged.entries().size()));
       return forged.Append(lease);
     }},
    {"an allowed use by an agent whose token was revoked", "credential that had been revoked",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kUse, 4);
       Entry revoked;
       revoked.set_time_ms(forged.entries()[index].time_ms());
       revoked.mutable_credential_revoked()->set_credential(1);
       forged.entries().insert(forged.entries().begin() + static_cast<ptrdiff_t>(index), revoked);
       return index + 1;
     }},
    {"an allowed use by an agent that was deleted", "whose agent had been deleted",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kUse, 4);
       Entry deleted;
       deleted.set_time_ms(forged.entries()[index].time_ms());
       deleted.mutable_entity_deleted()->set_uid(kBot);
       forged.entries().insert(forged.entries().begin() + static_cast<ptrdiff_t>(index), deleted);
       return index + 1;
     }},
};

const Forgery kLeases[] = {
    {"a lease in spite of a hold", "in spite of the hold",
     [](ForgedLedger& forged) {
       Entry issued = forged.entries()[forged.IndexOf(Entry::kLeaseIssued, 0)];
       issued.set_time_ms(forged.entries().back().time_ms() + 1);
       issued.mutable_lease_issued()->set_number(3);
       issued.mutable_lease_issued()->set_version(2);
       issued.mutable_lease_issued()->set_expire_time_ms(issued.time_ms() + 60'000);
       issued.mutable_lease_issued()->set_max_expire_time_ms(issued.time_ms() + 60'000);
       return forged.Append(issued);
     }},
    {"a lease that lasts longer than its policy allows", "for longer than policy bots allows",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kLeaseIssued, 0);
       auto* issued = forged.entries()[index].mutable_lease_issued();
       issued->set_expire_time_ms(issued->expire_time_ms() + 1);
       return index;
     }},
    {"a lease that may be renewed for longer than its policy allows", "be renewed for longer",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kLeaseIssued, 0);
       auto* issued = forged.entries()[index].mutable_lease_issued();
       issued->set_max_expire_time_ms(issued->max_expire_time_ms() + 1);
       return index;
     }},
    {"a lease that ends before it begins", "with an end that is past",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kLeaseIssued, 0);
       forged.entries()[index].mutable_lease_issued()->set_expire_time_ms(1);
       return index;
     }},
    {"a lease of a version that is not there", "of version 9",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kLeaseIssued, 0);
       forged.entries()[index].mutable_lease_issued()->set_version(9);
       return index;
     }},
    {"a lease taken with somebody else's credential", "not the agent's",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kLeaseIssued, 0);
       forged.entries()[index].mutable_lease_issued()->set_credential(2);
       return index;
     }},
    {"a lease by a set that was not in force", "revision 1 was in force",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kLeaseIssued, 0);
       forged.entries()[index].mutable_lease_issued()->set_revision(7);
       return index;
     }},
    {"a lease that names another policy than the one that decided", "names another policy",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kLeaseIssued, 0);
       forged.entries()[index].mutable_lease_issued()->set_policy(1);
       return index;
     }},
    {"a lease that an observed policy would have refused, and there is none",
     "in observe mode that",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kLeaseIssued, 0);
       auto* issued = forged.entries()[index].mutable_lease_issued();
       issued->set_not_enforced_reason(static_cast<uint32_t>(Reason::kPolicyDenied));
       issued->set_not_enforced_policy(issued->policy());
       return index;
     }},
    {"a lease under a number that is not the next", "whose number is not the next",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kLeaseIssued, 1);
       forged.entries()[index].mutable_lease_issued()->set_number(3);
       return index;
     }},
    {"a renewal beyond the maximum", "beyond its maximum",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kLeaseRenewed, 0);
       forged.entries()[index].mutable_lease_renewed()->set_expire_time_ms(90'000'000);
       return index;
     }},
    {"a renewal of a lease that was revoked", "had revoked",
     [](ForgedLedger& forged) {
       Entry renewed = forged.entries()[forged.IndexOf(Entry::kLeaseRenewed, 0)];
       renewed.set_time_ms(forged.entries().back().time_ms() + 1);
       renewed.mutable_lease_renewed()->set_expire_time_ms(
           renewed.lease_renewed().expire_time_ms() + 1);
       return forged.Append(renewed);
     }},
    {"a revocation that leaves out a lease", "leaves out later ones",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kRevoked, 0);
       forged.entries()[index].mutable_revoked()->set_through(1);
       return index;
     }},
    {"a revocation of a group that lists none of its members", "lists others than its members",
     [](ForgedLedger& forged) {
       Entry revoked = NextRevocation(forged);
       revoked.mutable_revoked()->mutable_selector()->set_group(kGroup);
       return forged.Append(revoked);
     }},
    {"a revocation that lists members of no group", "lists others than its members",
     [](ForgedLedger& forged) {
       Entry revoked = NextRevocation(forged);
       revoked.mutable_revoked()->mutable_selector()->set_agent(kBot);
       revoked.mutable_revoked()->add_member_agents(kBot);
       return forged.Append(revoked);
     }},
    {"a revocation of leases of before that covers later ones", "and with it later ones",
     [](ForgedLedger& forged) {
       Entry revoked = NextRevocation(forged);
       revoked.mutable_revoked()->mutable_selector()->set_agent(kBot);
       revoked.mutable_revoked()->set_issued_before_ms(1);
       return forged.Append(revoked);
     }},
    {"a revocation of leases of before that holds", "holds what comes after",
     [](ForgedLedger& forged) {
       Entry revoked = NextRevocation(forged);
       revoked.mutable_revoked()->mutable_selector()->set_agent(kBot);
       revoked.mutable_revoked()->set_issued_before_ms(1);
       revoked.mutable_revoked()->set_through(0);
       revoked.mutable_revoked()->set_hold(true);
       return forged.Append(revoked);
     }},
    {"a lease in a group that its agent is not in", "with groups that are not those",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kLeaseIssued, 0);
       auto* issued = forged.entries()[index].mutable_lease_issued();
       if (issued->groups().empty()) {
         issued->add_groups(kGroup);
       } else {
         issued->clear_groups();
       }
       return index;
     }},
    {"a hold that ends and never was", "ends a hold that was not set",
     [](ForgedLedger& forged) {
       Entry cleared;
       cleared.mutable_hold_cleared()->mutable_selector()->set_secret(4);
       return forged.Append(cleared);
     }},
};

const Forgery kLogs[] = {
    {"time that runs back", "older than the one before it",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kUse, 0);
       forged.entries()[index].set_time_ms(1);
       return index;
     }},
    {"an epoch that starts on another ledger", "the root before it is not the one",
     [](ForgedLedger& forged) {
       Entry epoch = NewEpochEntry(forged, forged.entries().size());
       epoch.mutable_epoch_started()->set_previous_root(std::string(32, 'r'));
       return forged.Append(epoch);
     }},
    {"an epoch that starts at another size", "elsewhere than at its place",
     [](ForgedLedger& forged) {
       Entry epoch = NewEpochEntry(forged, forged.entries().size());
       epoch.mutable_epoch_started()->set_previous_size(3);
       return forged.Append(epoch);
     }},
    {"a second beginning", "creates a log that is there already",
     [](ForgedLedger& forged) {
       const Entry created = forged.entries()[0];
       return forged.Append(created);
     }},
    {"a digest of another state", "records a state",
     [](ForgedLedger& forged) {
       Entry snapshot;
       snapshot.mutable_snapshot()->set_state_digest(std::string(32, 'd'));
       return forged.Append(snapshot);
     }},
    {"a text whose commitment is another", "is not the one that it defines",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kTextDefined, 3);
       forged.entries()[index].mutable_text_defined()->set_commitment(std::string(32, 'c'));
       return index;
     }},
    {"a body that is not there", "body",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kEntityPut, 1);
       forged.entries()[index].mutable_entity_put()->set_body_hash(std::string(32, 'b'));
       return index;
     }},
    {"ciphertext of another version", "is not the one that is stored",
     [](ForgedLedger& forged) {
       const uint64_t index = forged.IndexOf(Entry::kVersionAdded, 1);
       forged.entries()[index].mutable_version_added()->set_ciphertext_hash(std::string(32, 'v'));
       return index;
     }},
    {"a version that was destroyed and whose key is still there", "its key is still there",
     [](ForgedLedger& forged) {
       Entry destroyed = forged.entries()[forged.IndexOf(Entry::kVersionState, 1)];
       destroyed.set_time_ms(0);
       destroyed.mutable_version_state()->set_secret(5);
       destroyed.mutable_version_state()->set_state(ledger::v1::VERSION_STATE_KIND_DESTROYED);
       forged.Append(destroyed);
       return forged.IndexOf(Entry::kVersionAdded, 1);
     }},
};

void CheckCases(std::span<const Forgery> cases) {
  LedgerWorld world;
  world.Live();
  world.Kill();
  CheckForgeries(world.database(), world.folder().File("forged.db"), cases);
}

TEST_CASE("an allowed use that was not right at its moment is found, hashes or not") {
  CheckCases(kUses);
}

TEST_CASE("a lease, a renewal or a revocation that was not right is found, hashes or not") {
  CheckCases(kLeases);
}

TEST_CASE("entries that contradict what lies beside them or before them are found") {
  CheckCases(kLogs);
}

TEST_CASE("the forger who changes nothing is not accused") {
  LedgerWorld world;
  world.Live();
  world.Kill();
  ForgedLedger forged(world.database());
  forged.Write();
  const VerifyReport report = VerifyFile(world.database());
  INFO(ReportText(report));
  CHECK(report.outcome == VerifyOutcome::kOk);
}

TEST_CASE("what this version cannot judge is undecidable, and not ok") {
  LedgerWorld world;
  world.Live();
  world.Kill();
  ForgedLedger forged(world.database());
  uint64_t index = 0;
  SECTION("a kind that it knows by name only") {
    Entry archived;
    archived.mutable_archived()->set_end(1);
    index = forged.Append(archived);
  }
  SECTION("a number in an enumeration that it does not know") {
    index = forged.IndexOf(Entry::kUse, 0);
    forged.entries()[index].mutable_use()->set_adapter(static_cast<ledger::v1::Adapter>(77));
  }
  SECTION("a reason that it does not know") {
    index = forged.IndexOf(Entry::kUse, 1);
    forged.entries()[index].mutable_use()->set_reason(60'000);
  }
  SECTION("a selector that it does not know") {
    index = forged.IndexOf(Entry::kRevoked, 0);
    auto* selector = forged.entries()[index].mutable_revoked()->mutable_selector();
    selector->GetReflection()->MutableUnknownFields(selector)->AddVarint(99, 1);
  }
  SECTION("a text that was erased, as an entry says") {
    Entry erased;
    erased.mutable_text_erased()->set_id(5);
    index = forged.Append(erased);
    RunSql(world.database(), "UPDATE texts SET salt = NULL, text = NULL WHERE id = 5");
  }
  forged.Write();
  const VerifyReport report = VerifyFile(world.database());
  INFO(ReportText(report));
  REQUIRE_FALSE(report.findings.empty());
  CHECK(report.outcome == VerifyOutcome::kUndecidable);
  CHECK(report.findings.back().index == index);
}

}  // namespace
}  // namespace leasehold
