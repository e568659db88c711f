#include "tests/unit/storage/store_conformance.h"

#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/base/status.h"
#include "tests/unit/storage/memory_store.h"
#include "tests/unit/storage/random_batches.h"

namespace leasehold {
namespace {

Batch Entries(uint64_t first_index, std::vector<std::string> entries) {
  Batch batch;
  batch.first_index = first_index;
  batch.head = HeadOf(first_index + entries.size());
  batch.entries = std::move(entries);
  batch.mark.boot_id = "boot";
  return batch;
}

const Genesis& SomeGenesis() {
  static const Genesis genesis{LogId(uint64_t{1} << 63 | 5), "test.leasehold/1"};
  return genesis;
}

std::unique_ptr<Store> MakeStore(StoreHarness& harness) {
  auto store = harness.Create(SomeGenesis(), Entries(0, {"zero"}));
  REQUIRE(store.ok());
  return *std::move(store);
}

std::unique_ptr<StoreView> ViewOf(Store& store) {
  auto view = store.NewView();
  REQUIRE(view.ok());
  return *std::move(view);
}

std::vector<std::string> EntriesIn(StoreView& view, uint64_t first, uint64_t end) {
  std::vector<std::string> entries;
  REQUIRE(view.ReadEntries(first, end,
                           [&](uint64_t index, std::string_view bytes) {
                             CHECK(index == first + entries.size());
                             entries.emplace_back(bytes);
                             return absl::OkStatus();
                           })
              .ok());
  return entries;
}

using Strings = std::vector<std::string>;

void CheckLife(const HarnessFactory& new_harness) {
  SECTION("a new store holds its genesis and its first batch") {
    const auto harness = new_harness();
    const auto store = MakeStore(*harness);
    const auto view = ViewOf(*store);
    CHECK(view->GetGenesis()->log == SomeGenesis().log);
    CHECK(view->GetGenesis()->origin == SomeGenesis().origin);
    CHECK(*view->Head() == HeadOf(1));
    CHECK(EntriesIn(*view, 0, 1) == Strings{"zero"});
  }
  SECTION("there is nothing to open before it is created, and it is created once") {
    const auto harness = new_harness();
    CHECK(ReasonOf(harness->Open().status()) == Reason::kStoreMissing);
    MakeStore(*harness);
    const auto again = harness->Create(SomeGenesis(), Entries(0, {"other"}));
    CHECK(ReasonOf(again.status()) == Reason::kAlreadyExists);
    const auto store = harness->Open();
    REQUIRE(store.ok());
    CHECK(EntriesIn(*ViewOf(**store), 0, 1) == Strings{"zero"});
  }
  SECTION("a store that is open is not opened again") {
    const auto harness = new_harness();
    auto store = MakeStore(*harness);
    CHECK(ReasonOf(harness->Open().status()) == Reason::kStoreLocked);
    store.reset();
    CHECK(harness->Open().ok());
  }
  SECTION("what was appended is there after a restart") {
    const auto harness = new_harness();
    auto store = MakeStore(*harness);
    REQUIRE(store->Append(Entries(1, {"one", "two"})).ok());
    const TimeMark mark{absl::FromUnixMillis(123456), "boot-9", absl::Milliseconds(77)};
    REQUIRE(store->SaveMark(mark).ok());
    store.reset();
    store = *harness->Open();
    const auto view = ViewOf(*store);
    CHECK(*view->Head() == HeadOf(3));
    CHECK(*view->Mark() == mark);
    CHECK(EntriesIn(*view, 0, 3) == Strings{"zero", "one", "two"});
    REQUIRE(store->Append(Entries(3, {"three"})).ok());
  }
}

void CheckViews(const HarnessFactory& new_harness) {
  SECTION("a view shows what was committed when it was opened") {
    const auto harness = new_harness();
    const auto store = MakeStore(*harness);
    const auto before = ViewOf(*store);
    REQUIRE(store->Append(Entries(1, {"one"})).ok());
    const auto after = ViewOf(*store);
    REQUIRE(store->Append(Entries(2, {"two"})).ok());
    CHECK(before->Head()->size == 1);
    CHECK(after->Head()->size == 2);
    CHECK(EntriesIn(*after, 0, 2) == Strings{"zero", "one"});
  }
  SECTION("entries that are not there are damage, and the message names the first") {
    const auto harness = new_harness();
    const auto store = MakeStore(*harness);
    const auto view = ViewOf(*store);
    const absl::Status read =
        view->ReadEntries(0, 2, [](uint64_t, std::string_view) { return absl::OkStatus(); });
    CHECK(ReasonOf(read) == Reason::kStoreDamaged);
    CHECK(std::string(read.message()).find("entry 1 is missing") != std::string::npos);
    CHECK(EntriesIn(*view, 1, 1).empty());
  }
  SECTION("a visitor's error ends the reading and comes back") {
    const auto harness = new_harness();
    const auto store = MakeStore(*harness);
    REQUIRE(store->Append(Entries(1, {"one", "two"})).ok());
    int calls = 0;
    const absl::Status read =
        ViewOf(*store)->ReadEntries(0, 3, [&](uint64_t, std::string_view) -> absl::Status {
          if (++calls == 2) return Error(Reason::kTooLarge, "enough");
          return absl::OkStatus();
        });
    CHECK(ReasonOf(read) == Reason::kTooLarge);
    CHECK(calls == 2);
  }
  SECTION("tiles that are not there are damage") {
    const auto harness = new_harness();
    const auto store = MakeStore(*harness);
    Batch batch = Entries(1, {"one"});
    batch.tiles = {{0, 0, std::string(8192, 'a')},
                   {0, 1, std::string(8192, 'b')},
                   {1, 0, std::string(8192, 'c')}};
    REQUIRE(store->Append(batch).ok());
    const auto view = ViewOf(*store);
    std::string seen;
    const auto note = [&](const TileRow& row) {
      seen += row.hashes[0];
      return absl::OkStatus();
    };
    CHECK(view->ReadTiles(0, 0, 2, note).ok());
    CHECK(view->ReadTiles(1, 0, 1, note).ok());
    CHECK(seen == "abc");
    CHECK(ReasonOf(view->ReadTiles(0, 0, 3, note)) == Reason::kStoreDamaged);
    CHECK(ReasonOf(view->ReadTiles(2, 0, 1, note)) == Reason::kStoreDamaged);
  }
  SECTION("what is looked up and not there is nothing, not an error") {
    const auto harness = new_harness();
    const auto store = MakeStore(*harness);
    const auto view = ViewOf(*store);
    CHECK(*view->ReadBody(Hash{}) == std::nullopt);
    CHECK(!view->ReadVersion({EntityUid(1), VersionNumber(1)})->has_value());
  }
}

void CheckRows(const HarnessFactory& new_harness) {
  SECTION("an erased text has neither salt nor text, a destroyed version no ciphertext") {
    const auto harness = new_harness();
    const auto store = MakeStore(*harness);
    Batch batch = Entries(1, {"one"});
    batch.texts = {{TextId(1), 3, "salt", "text"}, {TextId(2), 4, "salt", "other"}};
    const VersionKey key{EntityUid(7), VersionNumber(2)};
    batch.versions = {{key, 1, "wrapped", "ciphertext", {"user", "password"}}};
    REQUIRE(store->Append(batch).ok());
    Batch erase = Entries(2, {"two"});
    erase.erased_texts = {TextId(1)};
    erase.destroyed_versions = {key};
    REQUIRE(store->Append(erase).ok());
    const auto view = ViewOf(*store);
    std::vector<TextRow> texts;
    REQUIRE(view->ReadTexts([&](const TextRow& row) {
                  texts.push_back(row);
                  return absl::OkStatus();
                })
                .ok());
    CHECK(texts == std::vector<TextRow>{{TextId(1), 3, "", ""}, {TextId(2), 4, "salt", "other"}});
    const auto version = **view->ReadVersion(key);
    CHECK((version.wrapped_key.empty() && version.ciphertext.empty()));
    CHECK(version.field_names == Strings{"user", "password"});
  }
  SECTION("a body that is there already is left as it is") {
    const auto harness = new_harness();
    const auto store = MakeStore(*harness);
    Batch batch = Entries(1, {"one"});
    batch.bodies = {{Hash{1}, "first"}, {Hash{1}, "second"}};
    REQUIRE(store->Append(batch).ok());
    CHECK(**ViewOf(*store)->ReadBody(Hash{1}) == "first");
  }
  SECTION("a key that is written again is replaced") {
    const auto harness = new_harness();
    const auto store = MakeStore(*harness);
    Batch batch = Entries(1, {"one"});
    batch.keys = {{1, 1, "old"}, {1, 2, "second"}, {1, 1, "new"}};
    REQUIRE(store->Append(batch).ok());
    const auto keys = *ViewOf(*store)->ReadKeys();
    REQUIRE(keys.size() == 2);
    CHECK(keys[0].sealed == "new");
    CHECK(keys[1].sealed == "second");
  }
  SECTION("a key that is removed is gone, and one that is not there cannot be") {
    const auto harness = new_harness();
    const auto store = MakeStore(*harness);
    Batch batch = Entries(1, {"one"});
    batch.keys = {{1, 1, "old"}, {1, 2, "new"}, {2, 1, "other"}};
    batch.removed_keys = {{1, 1, ""}};
    REQUIRE(store->Append(batch).ok());
    const auto keys = *ViewOf(*store)->ReadKeys();
    REQUIRE(keys.size() == 2);
    CHECK(keys[0].sealed == "new");
    CHECK(keys[1].sealed == "other");
    Batch again = Entries(2, {"two"});
    again.removed_keys = {{1, 1, ""}};
    CHECK(ReasonOf(store->Append(again)) == Reason::kStoreDamaged);
  }
  SECTION("a batch without entries changes rows alone") {
    const auto harness = new_harness();
    const auto store = MakeStore(*harness);
    Batch batch = Entries(1, {"one"});
    batch.keys = {{1, 1, "old"}};
    REQUIRE(store->Append(batch).ok());
    Batch rows;
    rows.first_index = 2;
    rows.keys = {{1, 1, "new"}};
    rows.head = batch.head;
    rows.mark = batch.mark;
    REQUIRE(store->Append(rows).ok());
    CHECK(ViewOf(*store)->ReadKeys()->front().sealed == "new");
    CHECK(ViewOf(*store)->Head()->size == batch.head.size);
  }
  SECTION("the snapshot comes in the order of section and key") {
    const auto harness = new_harness();
    const auto store = MakeStore(*harness);
    Batch batch = Entries(1, {"one"});
    SnapshotChange& change = batch.snapshot.emplace();
    change.put = {{"b", "1", "x"}, {"a", std::string("\xff", 1), "y"}, {"a", "2", "z"}};
    change.removed = {{"b", "1", ""}, {"b", "none", ""}};
    change.through = 1;
    change.digest = Hash{9};
    REQUIRE(store->Append(batch).ok());
    std::string order;
    const auto info = ViewOf(*store)->ReadSnapshot([&](const SnapshotRow& row) {
      order += row.section + row.body;
      return absl::OkStatus();
    });
    REQUIRE(info.ok());
    CHECK(order == "azaybx");
    CHECK(info->through == 1);
    CHECK(info->digest == Hash{9});
  }
}

void CheckRefusals(const HarnessFactory& new_harness) {
  SECTION("a batch that does not follow the ledger is refused") {
    const auto harness = new_harness();
    const auto store = MakeStore(*harness);
    CHECK(ReasonOf(store->Append(Entries(2, {"two"}))) == Reason::kInternal);
    Batch wrong_head = Entries(1, {"one"});
    wrong_head.head.size = 3;
    CHECK(ReasonOf(store->Append(wrong_head)) == Reason::kInternal);
  }
  SECTION("a batch that does not fit the rows is refused whole, and so is all after it") {
    struct Case {
      const char* why;
      std::function<void(Batch&)> spoil;
    };
    const Case cases[] = {
        {"erases a text that is missing", [](Batch& b) { b.erased_texts = {TextId(5)}; }},
        {"defines a text twice",
         [](Batch& b) {
           b.texts.resize(2, {TextId(1), 1, "s", "t"});
         }},
        {"destroys a version that is missing",
         [](Batch& b) {
           b.destroyed_versions = {{EntityUid(1), VersionNumber(1)}};
         }},
        {"writes a tile twice",
         [](Batch& b) {
           b.tiles.resize(2, {0, 0, std::string(8192, 'x')});
         }},
    };
    for (const Case& c : cases) {
      INFO(c.why);
      const auto harness = new_harness();
      auto store = MakeStore(*harness);
      Batch batch = Entries(1, {"one"});
      c.spoil(batch);
      CHECK(ReasonOf(store->Append(batch)) == Reason::kStoreDamaged);
      CHECK(ReasonOf(store->Append(Entries(1, {"one"}))) == Reason::kStoreDamaged);
    }
  }
  SECTION("below the low-water mark only what may use the reserve is appended") {
    const auto harness = new_harness();
    auto store = MakeStore(*harness);
    CHECK(!store->GetSpace().low);
    store.reset();
    harness->SetLow(true);
    store = *harness->Open();
    CHECK(store->GetSpace().low);
    CHECK(ReasonOf(store->Append(Entries(1, {"use"}))) == Reason::kLedgerFull);
    Batch revocation = Entries(1, {"revoked"});
    revocation.may_use_reserve = true;
    REQUIRE(store->Append(revocation).ok());
    CHECK(store->SaveMark(TimeMark{}).ok());
    CHECK(ReasonOf(store->Append(Entries(2, {"use"}))) == Reason::kLedgerFull);
    CHECK(EntriesIn(*ViewOf(*store), 0, 2) == Strings{"zero", "revoked"});
    store.reset();
    harness->SetLow(false);
    store = *harness->Open();
    CHECK(store->Append(Entries(2, {"use"})).ok());
  }
}

void CheckBackup(const HarnessFactory& new_harness) {
  SECTION("a backup holds what was committed when it was made, and never replaces a file") {
    const auto harness = new_harness();
    const auto store = MakeStore(*harness);
    REQUIRE(store->Append(Entries(1, {"one"})).ok());
    const std::string path = harness->BackupPath();
    REQUIRE(store->BackupTo(path).ok());
    CHECK(ReasonOf(store->BackupTo(path)) == Reason::kAlreadyExists);
    REQUIRE(store->Append(Entries(2, {"two"})).ok());
    const auto view = harness->OpenBackup(path);
    REQUIRE(view.ok());
    CHECK(*(*view)->Head() == HeadOf(2));
    CHECK(EntriesIn(**view, 0, 2) == Strings{"zero", "one"});
    CHECK((*view)->GetGenesis()->log == SomeGenesis().log);
  }
}

}  // namespace

void CheckStoreConformance(const HarnessFactory& new_harness) {
  CheckLife(new_harness);
  CheckViews(new_harness);
  CheckRows(new_harness);
  CheckRefusals(new_harness);
  CheckBackup(new_harness);
}

void CheckStoreAgainstModel(const HarnessFactory& new_harness, uint64_t seed, int steps) {
  INFO("seed " << seed);
  RandomBatches batches(seed);
  const auto harness = new_harness();
  const Batch first = batches.Next();
  auto store = *harness->Create(batches.genesis(), first);
  const auto model = *MemoryStore::Create(std::make_shared<MemoryDisk>(), batches.genesis(), first);
  std::unique_ptr<StoreView> old_view;
  std::unique_ptr<StoreView> old_model_view;
  for (int step = 0; step < steps; ++step) {
    INFO("step " << step);
    const Batch batch = batches.Next();
    REQUIRE(model->Append(batch).ok());
    REQUIRE(store->Append(batch).ok());
    const uint64_t dice = batches.Below(10);
    if (dice == 0) {
      old_view.reset();
      store.reset();
      store = *harness->Open();
    } else if (dice == 1) {
      old_view = ViewOf(*store);
      old_model_view = ViewOf(*model);
    } else if (dice == 2) {
      const std::string path = harness->BackupPath();
      REQUIRE(store->BackupTo(path).ok());
      REQUIRE(*batches.Describe(**harness->OpenBackup(path)) == *batches.Describe(*ViewOf(*model)));
    } else if (dice == 3) {
      REQUIRE(*batches.Describe(*ViewOf(*store)) == *batches.Describe(*ViewOf(*model)));
      if (old_view != nullptr) {
        REQUIRE(*batches.Describe(*old_view) == *batches.Describe(*old_model_view));
      }
    }
  }
  REQUIRE(*batches.Describe(*ViewOf(*store)) == *batches.Describe(*ViewOf(*model)));
}

}  // namespace leasehold
