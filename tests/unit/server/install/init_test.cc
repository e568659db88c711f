#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "server/base/status.h"
#include "server/install/install.h"
#include "server/ledger/note.h"
#include "server/ledger/verify/verify.h"
#include "tests/support/temp_folder.h"

namespace leasehold {
namespace {

namespace fs = std::filesystem;

const ManualClock& Clock() {
  static const ManualClock& clock = *new ManualClock(absl::FromUnixSeconds(1'700'000'000));
  return clock;
}

absl::StatusOr<InitReport> Init(const std::string& data_dir, const std::string& name = "test") {
  return InitServer({.data_dir = data_dir, .store_name = name, .clock = Clock()});
}

unsigned ModeOf(const std::string& path) {
  struct stat info {};
  REQUIRE(stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777U;
}

size_t FilesIn(const std::string& path) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
}

TEST_CASE("a new data folder holds a root key and a store that verifies and opens") {
  TempFolder folder;
  const std::string data_dir = folder.File("a/b/data");
  const auto report = Init(data_dir);
  INFO(report.status());
  REQUIRE(report.ok());
  CHECK(report->data_dir == data_dir);
  CHECK(report->database == data_dir + "/leasehold.db");
  CHECK(report->root_key == data_dir + "/root.key");
  CHECK(ModeOf(data_dir) == 0700);
  CHECK(ModeOf(report->root_key) == 0600);
  CHECK(ModeOf(report->database) == 0600);
  CHECK(report->origin.size() == std::string("test.leasehold/").size() + 16);
  CHECK(report->origin.starts_with("test.leasehold/"));

  const auto verified = VerifyDatabase(report->database, {});
  REQUIRE(verified.ok());
  CHECK(verified->outcome == VerifyOutcome::kOk);
  CHECK(verified->entries == 1);
  CHECK(verified->origin == report->origin);

  const auto opened = OpenServerStore(data_dir);
  REQUIRE(opened.ok());
  const auto verifier = NoteVerifier::Parse(report->verifier_key);
  REQUIRE(verifier.ok());
  CHECK(verifier->name() == report->origin);
  CHECK(verifier->key() == opened->vault->Open().value()->CheckpointPublicKey());
}

TEST_CASE("two new stores have nothing in common") {
  TempFolder folder;
  const auto first = Init(folder.File("first"));
  const auto second = Init(folder.File("second"));
  REQUIRE(first.ok());
  REQUIRE(second.ok());
  CHECK(first->origin != second->origin);
  CHECK(first->verifier_key.substr(first->verifier_key.rfind('+')) !=
        second->verifier_key.substr(second->verifier_key.rfind('+')));
}

TEST_CASE("without a name a store has one that fits a checkpoint's origin") {
  TempFolder folder;
  const auto report = Init(folder.File("data"), "");
  REQUIRE(report.ok());
  CHECK(report->origin.find(".leasehold/") > 0);
}

TEST_CASE("a store name that is none is refused and nothing is made") {
  TempFolder folder;
  for (const char* name : {"Test", "a/b", "-a", "a+b", "a b"}) {
    INFO(name);
    CHECK(ReasonOf(Init(folder.File("data"), name).status()) == Reason::kInvalidArgument);
    CHECK_FALSE(fs::exists(folder.File("data")));
  }
}

TEST_CASE("a folder with a store or a root key in it is left as it is") {
  TempFolder folder;
  const std::string data_dir = folder.File("data");
  REQUIRE(Init(data_dir).ok());
  const auto before = FilesIn(data_dir);
  CHECK(ReasonOf(Init(data_dir).status()) == Reason::kAlreadyExists);
  fs::remove(DatabasePath(data_dir));
  // The key may be the only one that opens a backup.
  CHECK(ReasonOf(Init(data_dir).status()) == Reason::kAlreadyExists);
  CHECK(fs::exists(RootKeyPath(data_dir)));
  CHECK(FilesIn(data_dir) == before - 1);
}

TEST_CASE(
    "an empty folder is taken and closed to others, a folder in use only where it is closed") {
  TempFolder folder;
  const std::string data_dir = folder.File("data");
  REQUIRE(mkdir(data_dir.c_str(), 0755) == 0);
  SECTION("empty") {
    CHECK(Init(data_dir + "/").ok());
    CHECK(ModeOf(data_dir) == 0700);
  }
  std::ofstream(data_dir + "/leaseholdd.yaml") << "\n";
  SECTION("in use and open to others") {
    const auto report = Init(data_dir);
    CHECK(ReasonOf(report.status()) == Reason::kFailedPrecondition);
    CHECK_THAT(std::string(report.status().message()), Catch::Contains("run: chmod 0700"));
    CHECK(FilesIn(data_dir) == 1);
  }
  SECTION("in use and closed") {
    REQUIRE(chmod(data_dir.c_str(), 0700) == 0);
    CHECK(Init(data_dir).ok());
  }
}

TEST_CASE("where the store cannot be made nothing stays") {
  TempFolder folder;
  const std::string data_dir = folder.File("data");
  REQUIRE(mkdir(data_dir.c_str(), 0700) == 0);
  SECTION("a file in the place of its log of changes") {
    std::ofstream(data_dir + "/leasehold.db-wal") << "left over";
    CHECK(ReasonOf(Init(data_dir).status()) == Reason::kAlreadyExists);
    CHECK(FilesIn(data_dir) == 1);
  }
  SECTION("a file in the place of the folder") {
    std::ofstream(data_dir + "/file") << "x";
    CHECK_FALSE(Init(data_dir + "/file").ok());
    CHECK(FilesIn(data_dir) == 1);
  }
}

}  // namespace
}  // namespace leasehold
