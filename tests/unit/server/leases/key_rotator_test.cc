#include "server/leases/key_rotator.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "server/base/status.h"
#include "server/ledger/verify/verify.h"
#include "tests/support/committer_thread.h"
#include "tests/support/lease_world.h"

namespace leasehold {
namespace {

constexpr char kPolicies[] = R"(
  policies { name: "all" subjects { agents: "**" } secrets: "**"
             allow { target: "github" access: ACCESS_READ } })";

constexpr KeyClass kClasses[] = {KeyClass::kKeyEncryption, KeyClass::kLeaseMac,
                                 KeyClass::kCheckpoint};

// Every version that has a value, as it is stored.
std::vector<VersionRow> StoredVersions(LeaseWorld& world) {
  const std::unique_ptr<StoreView> view = world.store().NewView().value();
  std::vector<VersionRow> rows;
  for (const auto& [secret, versions] : world.state().versions().all()) {
    for (const VersionInfo& version : versions) {
      const auto row = view->ReadVersion({secret, version.number}).value();
      if (row.has_value() && !row->wrapped_key.empty()) rows.push_back(*row);
    }
  }
  return rows;
}

std::vector<uint32_t> StoredKeys(LeaseWorld& world, KeyClass cls) {
  std::vector<uint32_t> numbers;
  const std::vector<KeyRow> rows = world.store().NewView().value()->ReadKeys().value();
  for (const KeyRow& row : rows) {
    if (row.key_class == static_cast<int>(cls)) numbers.push_back(row.number);
  }
  return numbers;
}

// What stands in the way of a version's value.
absl::Status CanOpen(LeaseWorld& world, const VersionRow& row) {
  return world.keys()
      .Unseal(row.key.secret, row.key.number,
              {.key_number = row.key_number,
               .wrapped_key = row.wrapped_key,
               .ciphertext = row.ciphertext,
               .field_names = row.field_names})
      .status();
}

void CheckAllOpen(LeaseWorld& world, size_t count) {
  const std::vector<VersionRow> rows = StoredVersions(world);
  CHECK(rows.size() == count);
  CHECK(std::all_of(rows.begin(), rows.end(),
                    [&](const VersionRow& row) { return CanOpen(world, row).ok(); }));
}

void CheckVerifies(LeaseWorld& world) {
  const auto report = VerifyView(*world.store().NewView().value(), {});
  REQUIRE(report.ok());
  for (const Finding& finding : report->findings) FAIL_CHECK(finding.sentence);
  CHECK(report->outcome == VerifyOutcome::kOk);
}

// Secrets "s0", "s1", ... with `versions` each.
void AddSecrets(LeaseWorld& world, int secrets, int versions) {
  world.InOneBatch([&] {
    for (int s = 0; s < secrets; ++s) {
      const std::string name = "s" + std::to_string(s);
      world.CreateSecret(name);
      for (int v = 1; v < versions; ++v) world.AddVersion(name);
    }
  });
}

KeyRotator::Rotated Rotate(LeaseWorld& world, KeyClass cls) {
  KeyRotator rotator(world.committer(), world.store(), world.vault());
  const CommitterThread thread(world.committer());
  const auto rotated = rotator.Rotate(LeaseWorld::Operator(), cls);
  REQUIRE(rotated.ok());
  return *rotated;
}

}  // namespace

TEST_CASE("a new encryption key wraps every version anew, and the old one goes") {
  LeaseWorld world;
  AddSecrets(world, 5, 30);
  world.SetVersion("s0", 1, VersionState::kDisabled);
  world.SetVersion("s0", 2, VersionState::kDestroyed);
  const std::vector<VersionRow> before = StoredVersions(world);

  const KeyRotator::Rotated rotated = Rotate(world, KeyClass::kKeyEncryption);
  CHECK(rotated.number == 2);
  CHECK(rotated.rewrapped_versions == 149);
  CHECK(StoredKeys(world, KeyClass::kKeyEncryption) == std::vector<uint32_t>{2});
  CHECK_FALSE(world.keys().HasRetiredKeys());
  const std::vector<VersionRow> after = StoredVersions(world);
  REQUIRE(after.size() == before.size());
  for (size_t i = 0; i < after.size(); ++i) {
    CHECK(after[i].key_number == 2);
    CHECK(after[i].ciphertext == before[i].ciphertext);
    CHECK(after[i].wrapped_key != before[i].wrapped_key);
  }
  CheckAllOpen(world, 149);
  CheckVerifies(world);

  world.Restart();
  CheckAllOpen(world, 149);
  world.AddVersion("s1");
  CheckAllOpen(world, 150);
  CHECK(Rotate(world, KeyClass::kKeyEncryption).rewrapped_versions == 150);
  CheckAllOpen(world, 150);
}

TEST_CASE("each rotation is an entry, and keys go on from there after a restart") {
  LeaseWorld world;
  for (const KeyClass cls : kClasses) {
    const uint64_t before = world.entries();
    const KeyRotator::Rotated rotated = Rotate(world, cls);
    CHECK(rotated.number == 2);
    CHECK(rotated.index.value() >= before);
    CHECK(world.state().keys().current(cls) == 2);
    CHECK(world.keys().CurrentKey(cls) == 2);
  }
  CheckVerifies(world);
  // From the snapshot, and from the entries.
  const bool clean = GENERATE(true, false);
  if (clean) {
    world.Restart();
  } else {
    world.Kill();
    REQUIRE(world.Start().ok());
  }
  for (const KeyClass cls : kClasses) {
    CHECK(world.state().keys().current(cls) == 2);
    CHECK(world.keys().CurrentKey(cls) == 2);
    CHECK(Rotate(world, cls).number == 3);
  }
  CHECK(world.state().keys().all().size() == 6);
  CHECK(world.state().checkpoint_key() == AsText(world.keys().CheckpointPublicKey()));
  CheckVerifies(world);
}

// The server ends between two batches, wherever that is: after it both keys are there, every value
// opens, and it goes on where it was.
TEST_CASE("a rotation that is cut short loses nothing and goes on") {
  constexpr int kVersions = 200;
  int cut_after = 0;
  for (bool finished = false; !finished; ++cut_after) {
    INFO("cut after batch " << cut_after);
    REQUIRE(cut_after < 10);
    LeaseWorld world;
    AddSecrets(world, 4, kVersions / 4);
    int batches = 0;
    {
      std::optional<KeyRotator> rotator;
      rotator.emplace(world.committer(), world.store(), world.vault(), [&] {
        if (++batches >= cut_after) rotator->Stop();
      });
      if (cut_after == 0) rotator->Stop();
      const CommitterThread thread(world.committer());
      const auto rotated = rotator->Rotate(LeaseWorld::Operator(), KeyClass::kKeyEncryption);
      finished = rotated.ok();
      if (!finished) CHECK(ReasonOf(rotated.status()) == Reason::kShuttingDown);
    }
    world.Kill();
    REQUIRE(world.Start().ok());
    CheckAllOpen(world, kVersions);
    CHECK(world.keys().CurrentKey(KeyClass::kKeyEncryption) == 2);
    CHECK(StoredKeys(world, KeyClass::kKeyEncryption).size() == (finished ? 1 : 2));
    {
      KeyRotator rotator(world.committer(), world.store(), world.vault());
      const CommitterThread thread(world.committer());
      const auto rest = rotator.FinishRewrapping();
      REQUIRE(rest.ok());
      CHECK(*rest == uint64_t{kVersions} - std::min<uint64_t>(kVersions, 64UL * batches));
    }
    CHECK(StoredKeys(world, KeyClass::kKeyEncryption) == std::vector<uint32_t>{2});
    CheckAllOpen(world, kVersions);
    CheckVerifies(world);
  }
  CHECK(cut_after > 3);  // there was something to cut
}

TEST_CASE("a version that is destroyed while keys are rotated stays destroyed") {
  LeaseWorld world;
  AddSecrets(world, 1, 130);
  const uint64_t victim = 129;  // of a later batch than the first
  bool destroyed = false;
  {
    KeyRotator rotator(world.committer(), world.store(), world.vault(), [&] {
      if (std::exchange(destroyed, true)) return;
      absl::Notification done;
      world.authority().Submit<VersionKey>(
          Urgency::kNormal,
          [&](Transaction& tx) {
            return ChangeVersion(tx, {.principal = LeaseWorld::Operator(),
                                      .secret = MustName("s0"),
                                      .version = VersionNumber(victim),
                                      .state = VersionState::kDestroyed});
          },
          [&](const absl::StatusOr<VersionKey>& key) {
            CHECK(key.ok());
            done.Notify();
          });
      done.WaitForNotification();
    });
    const CommitterThread thread(world.committer());
    const auto rotated = rotator.Rotate(LeaseWorld::Operator(), KeyClass::kKeyEncryption);
    REQUIRE(rotated.ok());
    CHECK(rotated->rewrapped_versions == 129);
  }
  REQUIRE(destroyed);
  const EntityUid secret = world.state().entities().FindByName(EntityKind::kSecret, "s0")->uid;
  const auto row =
      world.store().NewView().value()->ReadVersion({secret, VersionNumber(victim)}).value();
  REQUIRE(row.has_value());
  CHECK(row->wrapped_key.empty());
  CHECK(row->ciphertext.empty());
  CheckAllOpen(world, 129);
  CheckVerifies(world);
}

TEST_CASE("a version that does not open keeps the old key and is named") {
  LeaseWorld world;
  AddSecrets(world, 1, 3);
  const EntityUid secret = world.state().entities().FindByName(EntityKind::kSecret, "s0")->uid;
  VersionRow row =
      *world.store().NewView().value()->ReadVersion({secret, VersionNumber(2)}).value();
  row.wrapped_key.back() = static_cast<char>(row.wrapped_key.back() ^ 1);
  const auto damaged =
      world.Await(world.Submit<int>(Urgency::kNormal, [&](Transaction& tx) -> absl::StatusOr<int> {
        tx.AddVersion(row);
        return 0;
      }));
  REQUIRE(damaged.ok());
  KeyRotator rotator(world.committer(), world.store(), world.vault());
  const CommitterThread thread(world.committer());
  const absl::Status status =
      rotator.Rotate(LeaseWorld::Operator(), KeyClass::kKeyEncryption).status();
  CHECK(ReasonOf(status) == Reason::kStoreDamaged);
  CHECK_THAT(std::string(status.message()), Catch::Contains("version 2 of secret"));
  CHECK(StoredKeys(world, KeyClass::kKeyEncryption).size() == 2);
  CHECK(world.vault().Open().value()->HasRetiredKeys());
}

TEST_CASE("tokens of before a rotation count, and the old key makes none for later leases") {
  LeaseWorld world;
  world.CreateSecret("login");
  world.CreateTarget("github", {"login"});
  world.CreateAgent("bot");
  world.Apply(kPolicies);
  const Principal bot = world.IssueToken("bot");
  const AcquireResult old_lease = world.Await(world.Acquire(world.AcquireOf(bot, "login"))).value();
  const std::string old_token = world.TokenOf(old_lease);
  const SealableVault old_keys(world.keys());
  Rotate(world, KeyClass::kLeaseMac);

  const AcquireResult new_lease = world.Await(world.Acquire(world.AcquireOf(bot, "login"))).value();
  const auto check = [&] {
    const LeaseTokens& tokens = world.authority().tokens();
    CHECK(tokens.Parse(old_token).ok());
    CHECK(tokens.Parse(world.TokenOf(new_lease)).ok());
    CHECK(world.TokenOf(old_lease) != old_token);
    CHECK(tokens.Parse(world.TokenOf(old_lease)).ok());
    // Whoever has stolen the old key.
    const LeaseTokens thief(old_keys, world.committer().published());
    const auto forged = thief.Issue(
        {.kind = TokenKind::kLeaseToken, .epoch = new_lease.epoch, .lease = new_lease.lease});
    REQUIRE(forged.ok());
    CHECK(ReasonOf(tokens.Parse(*forged).status()) == Reason::kUnauthenticated);
  };
  check();
  world.Restart();
  check();
  Rotate(world, KeyClass::kLeaseMac);
  check();
}

TEST_CASE("a checkpoint key that the key before did not sign for is found") {
  LeaseWorld world;
  Rotate(world, KeyClass::kCheckpoint);
  CheckVerifies(world);
  const auto forged = world.Await(
      world.Submit<LogIndex>(Urgency::kNormal, [&](Transaction& tx) -> absl::StatusOr<LogIndex> {
        ledger::v1::Entry entry;
        ledger::v1::KeyRotated* rotated = entry.mutable_key_rotated();
        *rotated->mutable_control() = tx.MakeControl(LeaseWorld::Operator());
        rotated->set_key_class(ledger::v1::KEY_CLASS_CHECKPOINT);
        rotated->set_number(3);
        rotated->set_public_key(std::string(32, 'k'));
        rotated->set_signature(std::string(64, 's'));
        return tx.Append(std::move(entry));
      }));
  REQUIRE(forged.ok());
  const auto report = VerifyView(*world.store().NewView().value(), {});
  REQUIRE(report.ok());
  CHECK(report->outcome == VerifyOutcome::kViolation);
  REQUIRE_FALSE(report->findings.empty());
  CHECK(report->findings.front().index == forged->value());
  CHECK_THAT(report->findings.front().sentence, Catch::Contains("did not sign for"));
}

TEST_CASE("while keys are rotated another rotation is refused, and while sealed every one") {
  LeaseWorld world;
  AddSecrets(world, 1, 1);
  Reason second = Reason::kNone;
  std::optional<KeyRotator> rotator;
  rotator.emplace(world.committer(), world.store(), world.vault(), [&] {
    second = ReasonOf(rotator->Rotate(LeaseWorld::Operator(), KeyClass::kLeaseMac).status());
  });
  SealableVault sealed;
  KeyRotator without_keys(world.committer(), world.store(), sealed);
  const CommitterThread thread(world.committer());
  CHECK(rotator->Rotate(LeaseWorld::Operator(), KeyClass::kKeyEncryption).ok());
  CHECK(second == Reason::kOverloaded);
  CHECK(rotator->Rotate(LeaseWorld::Operator(), KeyClass::kLeaseMac).ok());
  CHECK(ReasonOf(without_keys.Rotate(LeaseWorld::Operator(), KeyClass::kCheckpoint).status()) ==
        Reason::kSealed);
  CHECK(ReasonOf(without_keys.FinishRewrapping().status()) == Reason::kSealed);
}

}  // namespace leasehold
