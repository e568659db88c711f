#include "server/leases/state/snapshot.h"

#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "server/base/status.h"
#include "server/leases/state/snapshot_rows.h"
#include "tests/unit/server/leases/random_life.h"
#include "tests/unit/server/leases/state/folds.h"

namespace leasehold {
namespace {

// SQL on a database that nobody has open, as somebody with the sqlite3 program would run it.
// `blob` is bound to ?1 where it is there.
void RunSql(const std::string& path, const std::string& sql, const std::string& blob = "") {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  REQUIRE(sqlite3_prepare_v2(handle, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
  if (sqlite3_bind_parameter_count(statement) > 0) {
    sqlite3_bind_blob(statement, 1, blob.data(), static_cast<int>(blob.size()), SQLITE_TRANSIENT);
  }
  CHECK(sqlite3_step(statement) == SQLITE_DONE);
  sqlite3_finalize(statement);
  REQUIRE(sqlite3_close(handle) == SQLITE_OK);
}

// As snapshot.h describes it, from the rows alone.
Hash DigestOf(const SnapshotRows& rows) {
  Sha256 sha;
  for (const auto& [key, body] : rows) {
    sha.Update(NumberKey(key.first.size())).Update(key.first);
    sha.Update(NumberKey(key.second.size())).Update(key.second);
    const Hash hash = Sha256Of(AsBytes(body));
    sha.Update(hash);
  }
  return sha.Finish();
}

// A world in which every table has a row.
void Furnish(FurnishedWorld& world) {
  RandomLife(world, 7).Live(60);
  AcquireRequest request = world.AcquireOf(world.crawler, "db/login");
  request.principal = world.IssueToken("crawler");
  request.request_hash = RequestHash("crawler", "AcquireLease", "one", "body");
  const AcquireResult lease = world.Await(world.Acquire(request)).value();
  world.Use(world.UseOf(request.principal, lease, "github"));
  REQUIRE(world.Await(world.Revoke(SecretSelector("mail/key"))).ok());
}

std::string Hex(const std::string& bytes) { return "x'" + HexEncode(AsBytes(bytes)) + "'"; }

}  // namespace

TEST_CASE("private, published, stored and folded state are one, whatever happened") {
  for (uint32_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    FurnishedWorld world({.snapshot_entries = 20 + seed});
    RandomLife(world, seed).Live(400);
    auto view = world.store().NewView().value();
    const SnapshotRows folded = RowsOf(*FoldOf(*view));
    // Readers are done with it, so it may be taken from.
    const SnapshotRows published = RowsOf(const_cast<State&>(world.state()));
    CHECK(published == folded);
    view.reset();
    world.Stop();  // writes the state that the Committer judges by
    REQUIRE(world.Start().ok());
    view = world.store().NewView().value();
    const SnapshotRows stored = StoredRows(*view);
    const std::unique_ptr<State> again = FoldOf(*view);
    SnapshotRows want = RowsOf(*again);
    // The last entry is the snapshot's own, which only moves the time.
    CHECK(stored.size() == want.size());
    for (const auto& [key, body] : want) {
      CAPTURE(key.first);
      if (key.first != "meta") REQUIRE(stored.at(key) == body);
    }
    // And what was loaded from it goes on as if nothing had been.
    RandomLife(world, seed + 1000).Live(50);
    view = world.store().NewView().value();
    const std::unique_ptr<State> after = FoldOf(*view);
    CHECK(after->size() == world.state().size());
    for (uint64_t n = 1; n <= after->leases().count(); ++n) {
      const Lease& a = *after->leases().Find(LeaseNumber(n));
      const Lease& b = *world.state().leases().Find(LeaseNumber(n));
      REQUIRE(a.allowed_uses == b.allowed_uses);
      REQUIRE(a.denied_uses == b.denied_uses);
      REQUIRE(a.expire_time == b.expire_time);
      REQUIRE(after->CheckLease(a, world.authority().Now()).reason ==
              world.state().CheckLease(b, world.authority().Now()).reason);
    }
  }
}

TEST_CASE("a snapshot's rows give the same state, and its digest stands in the ledger") {
  FurnishedWorld world;
  Furnish(world);
  world.Restart();
  auto view = world.store().NewView().value();
  const SnapshotRows rows = StoredRows(*view);
  const StoreView::SnapshotInfo info =
      view->ReadSnapshot([](const SnapshotRow&) { return absl::OkStatus(); }).value();
  CHECK(info.digest == DigestOf(rows));
  REQUIRE(view->ReadEntries(info.through, info.through + 1,
                            [&](uint64_t, std::string_view bytes) {
                              const auto entry = DecodeEntry(AsBytes(bytes));
                              CHECK(entry->snapshot().state_digest() == AsText(info.digest));
                              return absl::OkStatus();
                            })
              .ok());
  std::set<std::string> sections;
  for (const auto& row : rows) sections.insert(row.first.first);
  CHECK(sections == std::set<std::string>{"credentials", "entities", "holds", "leases", "meta",
                                          "policies", "rates", "requests", "revocations", "usage",
                                          "versions"});
}

TEST_CASE("only what changed is written, and what is gone is removed") {
  FurnishedWorld world({.snapshot_entries = 1});
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  world.TryUse(world.bot, lease);
  auto sections = [&](const std::vector<SnapshotRow>& rows) {
    std::multiset<std::string> names;
    for (const SnapshotRow& row : rows) names.insert(row.section);
    return names;
  };
  using Names = std::multiset<std::string>;
  world.TryUse(world.bot, lease);
  CHECK(sections(world.store().last_snapshot()->put) == Names{"leases", "usage"});
  world.clock().Advance(absl::Seconds(1));
  world.TryUse(world.bot, lease);
  CHECK(sections(world.store().last_snapshot()->put) == Names{"leases", "meta", "usage"});
  world.AddVersion("db/login");
  CHECK(sections(world.store().last_snapshot()->put) == Names{"versions"});

  REQUIRE(world.Await(world.Revoke(AgentSelector("bot"))).ok());
  world.TryAcquire(world.crawler, "db/login");
  REQUIRE(world.Await(world.Resume(AgentSelector("bot"))).ok());
  world.TryAcquire(world.crawler, "db/login");
  CHECK(sections(world.store().last_snapshot()->removed) == Names{"holds"});

  auto view = world.store().NewView().value();
  CHECK(StoredRows(*view).count({"holds", ""}) == 0);
  CHECK(DigestOf(StoredRows(*view)) == world.store().last_snapshot()->digest);
}

TEST_CASE("a snapshot that somebody edited is refused at the start") {
  FurnishedWorld world;
  Furnish(world);
  world.Restart();
  SnapshotRows rows = StoredRows(*world.store().NewView().value());
  world.Stop();
  auto refused = [&](const char* what) {
    const absl::Status started = world.Start();
    CAPTURE(what, started.ToString());
    REQUIRE(ReasonOf(started) == Reason::kStoreDamaged);
    REQUIRE_THAT(std::string(started.message()), Catch::Contains("restore a backup"));
  };
  const std::string insert = "INSERT INTO snapshot (section, key, body) VALUES ";
  std::string last;
  for (const auto& [key, body] : rows) {
    if (key.first == last) continue;  // one of each table
    last = key.first;
    CAPTURE(last);
    const std::string where = " WHERE section = '" + key.first + "' AND key = " + Hex(key.second);
    RunSql(world.database(), "DELETE FROM snapshot" + where);
    refused("removed");
    RunSql(world.database(), insert + "('" + key.first + "', " + Hex(key.second) + ", ?1)", body);
    std::string edited = body;
    edited.back() = static_cast<char>(edited.back() ^ 1);
    RunSql(world.database(), "UPDATE snapshot SET body = ?1" + where, edited);
    refused("edited");
    RunSql(world.database(), "UPDATE snapshot SET body = ?1" + where, body);
    const std::string other = key.second + '\x7f';
    RunSql(world.database(), insert + "('" + key.first + "', " + Hex(other) + ", ?1)", body);
    refused("added");
    RunSql(world.database(),
           "DELETE FROM snapshot WHERE section = '" + key.first + "' AND key = " + Hex(other));
  }
  REQUIRE(world.Start().ok());
}

TEST_CASE("a revocation that was deleted with a digest that fits is refused by the ledger") {
  FurnishedWorld world;
  world.Lease(world.bot, "db/login");
  REQUIRE(world.Await(world.Revoke(AgentSelector("bot"))).ok());
  world.Restart();
  SnapshotRows rows = StoredRows(*world.store().NewView().value());
  world.Stop();
  RunSql(world.database(), "DELETE FROM snapshot WHERE section = 'revocations'");
  std::erase_if(rows, [](const auto& row) { return row.first.first == "revocations"; });
  const Hash digest = DigestOf(rows);
  RunSql(world.database(), "UPDATE head SET snapshot_digest = ?1", std::string(AsText(digest)));
  const absl::Status started = world.Start();
  CHECK(ReasonOf(started) == Reason::kStoreDamaged);
  CHECK_THAT(std::string(started.message()), Catch::Contains("is not the one that entry"));
}

TEST_CASE("a snapshot in a chunk more than one holds all leases") {
  FurnishedWorld world;
  std::vector<Answer<AcquireResult>> acquires;
  const uint64_t count = 2 * LeaseTable::kChunkLeases + 10;
  while (acquires.size() < count) {
    acquires.push_back(world.Acquire(world.AcquireOf(world.bot, "db/login")));
    if (acquires.size() % 500 == 0) world.Commit();
  }
  world.Commit();
  REQUIRE(world.Await(world.Revoke(LeaseSelector(*acquires[1500].get()))).ok());
  world.Restart();
  CHECK(world.state().leases().count() == count);
  CHECK(world.TryUse(world.bot, {LeaseNumber(1501), world.state().epoch()}) ==
        Reason::kLeaseRevoked);
  for (const uint64_t n :
       {uint64_t{1}, LeaseTable::kChunkLeases, LeaseTable::kChunkLeases + 1, count}) {
    CHECK(world.Find({LeaseNumber(n), world.state().epoch()}).number == LeaseNumber(n));
    CHECK(world.TryUse(world.bot, {LeaseNumber(n), world.state().epoch()}) == Reason::kNone);
  }
}

}  // namespace leasehold
