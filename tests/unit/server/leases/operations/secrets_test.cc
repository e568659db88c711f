#include "server/leases/operations/secrets.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "server/leases/state/request_ids.h"
#include "tests/unit/server/leases/furnished_world.h"
#include "tests/unit/server/vault/secrets_for_tests.h"

namespace leasehold {
namespace {

absl::StatusOr<VersionKey> Add(FurnishedWorld& world, std::string_view secret,
                               const std::string& id, const std::string& body = "body") {
  const SecretFields fields = MakeFields({{"value", RandomText(8)}});
  const VersionAdd add{.principal = LeaseWorld::Operator(),
                       .secret = MustName(secret),
                       .request_hash = RequestHash("operator:uid=0", "AddVersion", id, body)};
  return world.Await(world.Submit<VersionKey>(Urgency::kNormal, [&](Transaction& tx) {
    return AddVersion(tx, world.keys(), add, fields);
  }));
}

}  // namespace

TEST_CASE("a request id adds one version") {
  FurnishedWorld world;
  const absl::StatusOr<VersionKey> first = Add(world, "db/login", "id");
  REQUIRE(first.ok());
  CHECK(first->number == VersionNumber(2));
  CHECK(*Add(world, "db/login", "id") == *first);
  CHECK(ReasonOf(Add(world, "db/login", "id", "other").status()) == Reason::kRequestIdReused);
  world.Restart();
  CHECK(*Add(world, "db/login", "id") == *first);
  CHECK(Add(world, "db/login", "id-2")->number == VersionNumber(3));
}

TEST_CASE("a request id that made a version of a deleted secret makes none of the next") {
  FurnishedWorld world;
  REQUIRE(Add(world, "db/login", "id").ok());
  world.clock().Advance(absl::Milliseconds(5));
  world.Delete(EntityKind::kSecret, "db/login");
  world.clock().Advance(absl::Milliseconds(5));
  world.CreateSecret("db/login");  // with version 1
  CHECK(ReasonOf(Add(world, "db/login", "id").status()) == Reason::kRequestIdReused);
  CHECK(Add(world, "db/login", "id-2")->number == VersionNumber(2));
  // Nor where the next one has a version of that number.
  CHECK(ReasonOf(Add(world, "db/login", "id").status()) == Reason::kRequestIdReused);
}

TEST_CASE("versions change state as the table says") {
  constexpr auto kOn = VersionState::kEnabled;
  constexpr auto kOff = VersionState::kDisabled;
  constexpr auto kGone = VersionState::kDestroyed;
  struct Row {
    VersionState from;
    VersionState to;
    Reason reason;
    bool writes;
  };
  for (const Row& row : std::initializer_list<Row>{{kOn, kOn, Reason::kNone, false},
                                                   {kOn, kOff, Reason::kNone, true},
                                                   {kOn, kGone, Reason::kNone, true},
                                                   {kOff, kOn, Reason::kNone, true},
                                                   {kOff, kOff, Reason::kNone, false},
                                                   {kOff, kGone, Reason::kNone, true},
                                                   {kGone, kOn, Reason::kVersionDestroyed, false},
                                                   {kGone, kOff, Reason::kVersionDestroyed, false},
                                                   {kGone, kGone, Reason::kNone, false}}) {
    FurnishedWorld world;
    if (row.from != kOn) world.SetVersion("db/login", 1, row.from);
    const uint64_t before = world.entries();
    const VersionChange change{.principal = LeaseWorld::Operator(),
                               .secret = MustName("db/login"),
                               .version = VersionNumber(1),
                               .state = row.to};
    const absl::StatusOr<VersionKey> changed = world.Await(world.Submit<VersionKey>(
        Urgency::kNormal, [&](Transaction& tx) { return ChangeVersion(tx, change); }));
    CAPTURE(static_cast<int>(row.from), static_cast<int>(row.to));
    CHECK(ReasonOf(changed.status()) == row.reason);
    CHECK((world.entries() > before) == row.writes);
  }
}

TEST_CASE("a destroyed version is gone from the store") {
  FurnishedWorld world;
  const EntityUid uid = world.state().entities().FindByName(EntityKind::kSecret, "db/login")->uid;
  auto stored = [&] {
    auto view = world.store().NewView();
    REQUIRE(view.ok());
    return (*view)->ReadVersion({uid, VersionNumber(1)}).value().value();
  };
  CHECK(!stored().wrapped_key.empty());
  world.Delete(EntityKind::kSecret, "db/login");
  CHECK(stored().wrapped_key.empty());
  CHECK(stored().ciphertext.empty());
}

}  // namespace leasehold
