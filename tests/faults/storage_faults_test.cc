// Runs one script of work on a SQLite store again and again and lets the first, second, third, ...
// call to the operating system fail, until a run meets no fault. After each: what was acknowledged
// is there, whole, and no half of anything else.

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/base/status.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/faults/vfs/fault_vfs.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/storage/memory_store.h"
#include "tests/unit/storage/random_batches.h"
#include "tests/unit/storage/whole_file.h"

namespace leasehold {
namespace {

// The batches of the script, and what a view shows after each. Step 0 is the creation.
class Script {
 public:
  explicit Script(int steps) : batches_(20) {
    const auto disk = std::make_shared<MemoryDisk>();
    steps_.push_back(batches_.Next(4));
    const auto model = *MemoryStore::Create(disk, batches_.genesis(), steps_[0]);
    std::vector<std::unique_ptr<StoreView>> views;
    views.push_back(*model->NewView());
    while (steps_.size() <= static_cast<size_t>(steps)) {
      steps_.push_back(batches_.Next(4));
      REQUIRE(model->Append(steps_.back()).ok());
      views.push_back(*model->NewView());
    }
    // Now that all keys are known.
    for (const auto& view : views) expected_.push_back(*batches_.Describe(*view));
  }

  size_t size() const { return steps_.size(); }
  const Batch& operator[](size_t step) const { return steps_[step]; }
  Genesis genesis() const { return batches_.genesis(); }
  const std::string& expected(size_t step) const { return expected_[step]; }
  std::string Describe(StoreView& view) const {
    const auto described = batches_.Describe(view);
    INFO(described.status());
    REQUIRE(described.ok());
    return *described;
  }

 private:
  RandomBatches batches_;
  std::vector<Batch> steps_;
  std::vector<std::string> expected_;
};

// One run of the script in a folder of its own.
struct Run {
  explicit Run(const Script& of) : script(of) {
    options.path = folder.File("store.db");
    options.reserve_bytes = DiskReserve::kStepBytes;
  }

  // Until the end or the first error. The second half runs after a restart, and there is a backup
  // in between.
  void Work() {
    auto store = SqliteStore::Create(options, script.genesis(), script[0]);
    if (!store.ok()) return;
    done = 1;
    first_anchor = ReadFile(options.path + ".anchor");
    while (done < script.size()) {
      if (done == script.size() / 2) {
        if ((*store)->BackupTo(folder.File("backup")).ok()) backup_of = done - 1;
        store->reset();
        store = SqliteStore::Open(options);
        if (!store.ok()) return;
      }
      if (!(*store)->Append(script[done]).ok()) return;
      ++done;
    }
  }

  // Opens what is left and compares it with what was acknowledged.
  void Check() {
    if (backup_of.has_value()) {
      const auto backup = OpenReadOnly(folder.File("backup"));
      INFO(backup.status());
      REQUIRE(backup.ok());
      REQUIRE(script.Describe(**backup) == script.expected(*backup_of));
    } else {
      REQUIRE(!std::filesystem::exists(folder.File("backup")));
    }
    if (done == 0) {
      // Nothing was acknowledged, so creating it again is all that has to work.
      REQUIRE(!std::filesystem::exists(options.path));
      const auto store = SqliteStore::Create(options, script.genesis(), script[0]);
      INFO(store.status());
      REQUIRE(store.ok());
      REQUIRE(script.Describe(**(*store)->NewView()) == script.expected(0));
      return;
    }
    auto store = SqliteStore::Open(options);
    INFO(store.status());
    REQUIRE(store.ok());
    const std::string found = script.Describe(**(*store)->NewView());
    const bool as_acknowledged = found == script.expected(done - 1);
    const bool one_more = done < script.size() && found == script.expected(done);
    REQUIRE((as_acknowledged || one_more));
    const size_t next = one_more ? done + 1 : done;
    if (next < script.size()) REQUIRE((*store)->Append(script[next]).ok());
    store->reset();
    auto connection = *SqliteConnection::Open(options.path, SqliteConnection::Mode::kRead);
    REQUIRE(*connection.QueryText("PRAGMA integrity_check") == "ok");
  }

  const Script& script;
  TempFolder folder;
  SqliteOptions options;
  size_t done = 0;  // steps that were acknowledged
  std::optional<size_t> backup_of;
  std::string first_anchor;
};

// Every number from 1 until a run meets no fault; returns how many there were.
uint64_t FailEach(const Script& script, FaultVfs::Plan plan) {
  FaultVfs& faults = FaultVfs::Install();
  for (plan.at = 1;; ++plan.at) {
    INFO("call " << plan.at);
    Run run(script);
    faults.Arm(plan);
    run.Work();
    const bool fired = faults.fired();
    if (plan.cut_power && fired) {
      faults.RestorePower(plan.at);
      // The anchor is not synced at each commit either.
      if (run.done > 0 && plan.at % 2 == 0)
        WriteFile(run.options.path + ".anchor", run.first_anchor);
    }
    faults.Disarm();
    run.Check();
    if (!fired) {
      REQUIRE(run.done == script.size());
      return plan.at - 1;
    }
  }
}

TEST_CASE("whatever call fails, what was acknowledged is there and nothing is there in part") {
  const Script script(8);
  struct Case {
    const char* what;
    FaultVfs::Plan plan;
    uint64_t calls_min;  // fewer would say that the fault never came where it should
  };
  const Case cases[] = {
      {"a call fails", {.calls = FaultVfs::kAllCalls}, 200},
      {"a call and all after it fail", {.calls = FaultVfs::kAllCalls, .lasting = true}, 200},
      {"the disk is full for one write", {.calls = FaultVfs::kWrite, .full = true}, 50},
      {"the disk is full", {.calls = FaultVfs::kWrite, .lasting = true, .full = true}, 50},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    const uint64_t calls = FailEach(script, c.plan);
    CHECK(calls >= c.calls_min);
  }
}

TEST_CASE("wherever the power is cut, what was acknowledged is there and nothing in part") {
  const Script script(8);
  constexpr uint32_t kChanging = FaultVfs::kOpen | FaultVfs::kWrite | FaultVfs::kSync |
                                 FaultVfs::kTruncate | FaultVfs::kDelete;
  CHECK(FailEach(script, {.calls = kChanging, .cut_power = true}) >= 100);
}

TEST_CASE("a store that failed once writes nothing more") {
  FaultVfs& faults = FaultVfs::Install();
  const Script script(3);
  Run run(script);
  auto store = *SqliteStore::Create(run.options, script.genesis(), script[0]);
  faults.Arm({.calls = FaultVfs::kSync, .at = 1});
  CHECK(ReasonOf(store->Append(script[1])) == Reason::kIo);
  faults.Disarm();
  CHECK(ReasonOf(store->Append(script[1])) == Reason::kIo);
  CHECK(ReasonOf(store->SaveMark(TimeMark{})) == Reason::kIo);
}

TEST_CASE("a failed sync of a checkpoint stops the store") {
  FaultVfs& faults = FaultVfs::Install();
  const Script script(1);
  Run run(script);
  auto store = *SqliteStore::Create(run.options, script.genesis(), script[0]);
  // Enough pages for a checkpoint; the sync of the WAL goes before those of the checkpoint.
  Batch large;
  large.first_index = script[0].head.size;
  large.entries.assign(100, std::string(60'000, 'e'));
  large.head = HeadOf(large.first_index + large.entries.size());
  faults.Arm({.calls = FaultVfs::kSync, .at = 3});
  CHECK(ReasonOf(store->Append(large)) == Reason::kIo);
  CHECK(faults.fired());
  faults.Disarm();
  store.reset();
  // The commit itself was durable.
  store = *SqliteStore::Open(run.options);
  CHECK(*(*store->NewView())->Head() == large.head);
}

}  // namespace
}  // namespace leasehold
