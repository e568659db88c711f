// Single bytes of a database file, changed one by one.

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/ledger/verify/verify.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/unit/server/ledger/verify/forged_ledger.h"
#include "tests/unit/server/ledger/verify/ledger_world.h"

namespace leasehold {
namespace {

std::string Slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void Spill(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// Everything that a database says, but for the clock's mark: any later one is as good.
absl::StatusOr<std::string> Contents(const std::string& path) {
  ASSIGN_OR_RETURN(const std::unique_ptr<StoreView> view, OpenReadOnly(path));
  std::string all;
  const auto add = [&all](std::string_view bytes) { StrAppend(&all, bytes.size(), ":", bytes); };
  ASSIGN_OR_RETURN(const TreeHead head, view->Head());
  StrAppend(&all, head.size);
  add(AsText(head.root));
  ASSIGN_OR_RETURN(const Genesis genesis, view->GetGenesis());
  StrAppend(&all, genesis.log.value(), genesis.origin);
  RETURN_IF_ERROR(view->ReadEntries(0, head.size, [&](uint64_t, std::string_view bytes) {
    add(bytes);
    return absl::OkStatus();
  }));
  RETURN_IF_ERROR(view->ReadTexts([&](const TextRow& row) {
    StrAppend(&all, row.id.value(), row.kind);
    add(row.salt);
    add(row.text);
    return absl::OkStatus();
  }));
  RETURN_IF_ERROR(view->ReadBodies([&](const BodyRow& row) {
    add(AsText(row.hash));
    add(row.body);
    return absl::OkStatus();
  }));
  ASSIGN_OR_RETURN(const std::vector<KeyRow> keys, view->ReadKeys());
  for (const KeyRow& key : keys) {
    StrAppend(&all, key.key_class, key.number);
    add(key.sealed);
  }
  // The two secrets of LedgerWorld.
  for (const uint64_t secret : {4, 5}) {
    for (const uint64_t n : {1, 2}) {
      ASSIGN_OR_RETURN(const std::optional<VersionRow> row,
                       view->ReadVersion({EntityUid(secret), VersionNumber(n)}));
      if (!row.has_value()) continue;
      StrAppend(&all, row->key_number, row->wrapped_key, row->ciphertext);
      for (const std::string& name : row->field_names) add(name);
    }
  }
  RETURN_IF_ERROR(view->ReadSummaries([&](const SummaryRow& row) {
    add(row.summary);
    return absl::OkStatus();
  }));
  ASSIGN_OR_RETURN(const StoreView::SnapshotInfo info,
                   view->ReadSnapshot([&](const SnapshotRow& row) {
                     add(row.section);
                     add(row.key);
                     add(row.body);
                     return absl::OkStatus();
                   }));
  StrAppend(&all, info.through);
  add(AsText(info.digest));
  return all;
}

// Changes bytes of a database and puts them back.
class Flipper {
 public:
  explicit Flipper(const LedgerWorld& world)
      : path_(world.folder().File("flipped.db")), honest_(Slurp(world.database())) {
    Spill(path_, honest_);
    const auto contents = Contents(path_);
    REQUIRE(contents.ok());
    contents_ = *contents;
  }

  const std::string& honest() const { return honest_; }

  // Whether verification finds that the byte at `place` was changed; where it does not, the
  // database must still say the same.
  bool IsFound(size_t place, uint8_t mask) {
    std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
    const auto write = [&](char byte) {
      file.seekp(static_cast<std::streamoff>(place));
      file.put(byte);
      file.flush();
    };
    write(static_cast<char>(honest_[place] ^ mask));
    const absl::StatusOr<VerifyReport> report = VerifyDatabase(path_, {});
    const bool found = !report.ok() || report->outcome != VerifyOutcome::kOk;
    if (!found) {
      INFO("byte " << place << " of the file, mask " << static_cast<int>(mask));
      const auto contents = Contents(path_);
      CHECK(contents.ok());
      CHECK((contents.ok() && *contents == contents_));
    }
    write(honest_[place]);
    return found;
  }

 private:
  const std::string path_;
  const std::string honest_;
  std::string contents_;
};

// Places of the cells' bytes in the file. `bytes` are long and random enough to be there once.
std::vector<size_t> PlacesOf(const std::string& file, std::string_view bytes) {
  std::vector<size_t> places;
  for (size_t at = file.find(bytes); at != std::string::npos; at = file.find(bytes, at + 1)) {
    for (size_t i = 0; i < bytes.size(); ++i) places.push_back(at + i);
  }
  return places;
}

std::vector<size_t> PlacesOfRows(const std::string& path, const std::string& file) {
  std::vector<size_t> places;
  const auto add = [&](std::string_view bytes) {
    // Shorter ones also stand where they mean nothing.
    if (bytes.size() < 12) return;
    const std::vector<size_t> more = PlacesOf(file, bytes);
    places.insert(places.end(), more.begin(), more.end());
  };
  const auto view = OpenReadOnly(path);
  REQUIRE(view.ok());
  const uint64_t size = (*view)->Head()->size;
  REQUIRE((*view)
              ->ReadEntries(0, size,
                            [&](uint64_t, std::string_view bytes) {
                              add(bytes);
                              return absl::OkStatus();
                            })
              .ok());
  REQUIRE((*view)
              ->ReadTexts([&](const TextRow& row) {
                add(row.salt + row.text);
                return absl::OkStatus();
              })
              .ok());
  REQUIRE((*view)
              ->ReadBodies([&](const BodyRow& row) {
                add(AsText(row.hash));
                add(row.body);
                return absl::OkStatus();
              })
              .ok());
  const auto version = (*view)->ReadVersion({EntityUid(4), VersionNumber(2)});
  REQUIRE(version.ok());
  add((*version)->wrapped_key + (*version)->ciphertext);
  const auto keys = (*view)->ReadKeys();
  REQUIRE(keys.ok());
  for (const KeyRow& key : *keys) add(key.sealed);
  REQUIRE((*view)
              ->ReadSnapshot([&](const SnapshotRow& row) {
                add(row.body);
                return absl::OkStatus();
              })
              .ok());
  return places;
}

TEST_CASE("one changed bit of an entry names the entry") {
  LedgerWorld world;
  world.Live();
  world.Close();
  const std::string path = world.folder().File("flipped.db");
  const std::string file = Slurp(world.database());
  const auto view = OpenReadOnly(world.database());
  REQUIRE(view.ok());
  std::vector<std::string> entries;
  const uint64_t size = (*view)->Head()->size;
  REQUIRE((*view)
              ->ReadEntries(0, size,
                            [&](uint64_t, std::string_view bytes) {
                              entries.emplace_back(bytes);
                              return absl::OkStatus();
                            })
              .ok());
  for (uint64_t index = 0; index < entries.size(); ++index) {
    const size_t at = file.find(entries[index]);
    REQUIRE(at != std::string::npos);
    for (const size_t offset : {size_t{0}, entries[index].size() / 2, entries[index].size() - 1}) {
      std::string flipped = file;
      flipped[at + offset] = static_cast<char>(flipped[at + offset] ^ 1);
      Spill(path, flipped);
      const VerifyReport report = VerifyFile(path);
      INFO("entry " << index << ", byte " << offset << ": " << ReportText(report));
      REQUIRE_FALSE(report.findings.empty());
      CHECK(report.findings.front().index == index);
    }
  }
}

TEST_CASE("every changed byte of a row is found") {
  LedgerWorld world;
  world.Live();
  world.Close();
  Flipper flipper(world);
  const std::vector<size_t> places = PlacesOfRows(world.database(), flipper.honest());
  REQUIRE(places.size() > 5000);
  std::mt19937 random(20251125);
  std::string missed;
  // Each third place is a few thousand, in seconds.
  for (size_t i = random() % 3; i < places.size(); i += 3) {
    const auto mask = static_cast<uint8_t>(1U << (random() % 8));
    if (!flipper.IsFound(places[i], mask)) StrAppend(&missed, " ", places[i]);
  }
  CHECK(missed == "");
}

TEST_CASE("a changed byte anywhere is found, or the database says the same as before") {
  LedgerWorld world;
  world.Live();
  world.Close();
  Flipper flipper(world);
  std::mt19937 random(7);
  int found = 0;
  for (int i = 0; i < 2000; ++i) {
    const size_t place = random() % flipper.honest().size();
    if (flipper.IsFound(place, static_cast<uint8_t>(1 + random() % 255))) ++found;
  }
  CHECK(found > 100);  // most of a young database is free space
}

TEST_CASE("a changed byte of a page's head or of the schema is found, or changes nothing") {
  LedgerWorld world;
  world.Live();
  world.Close();
  Flipper flipper(world);
  constexpr size_t kPage = 4096;
  constexpr size_t kHead = 40;  // of a tree's page and its first cells' places
  std::mt19937 random(11);
  for (size_t page = 0; page < flipper.honest().size(); page += kPage) {
    for (size_t at = page; at < page + (page == 0 ? 140 : kHead); ++at) {
      flipper.IsFound(at, static_cast<uint8_t>(1 + random() % 255));
    }
  }
  for (size_t at = flipper.honest().find("CREATE TABLE genesis"); at < kPage; at += 7) {
    flipper.IsFound(at, static_cast<uint8_t>(1 + random() % 255));
  }
}

}  // namespace
}  // namespace leasehold
