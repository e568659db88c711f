#include "tests/faults/vfs/fault_vfs.h"

#include <sqlite3.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "server/base/check.h"
#include "tests/faults/vfs/fault_file.h"

namespace leasehold {
namespace {

constexpr std::pair<std::string_view, uint32_t> kCallNames[] = {
    {"open", FaultVfs::kOpen},    {"read", FaultVfs::kRead},         {"write", FaultVfs::kWrite},
    {"sync", FaultVfs::kSync},    {"truncate", FaultVfs::kTruncate}, {"delete", FaultVfs::kDelete},
    {"size", FaultVfs::kSize},    {"lock", FaultVfs::kLock},         {"shm", FaultVfs::kShm},
    {"all", FaultVfs::kAllCalls},
};

// What SQLite's own VFS answers when such a call fails.
int CodeOf(FaultVfs::Call call, bool full) {
  switch (call) {
    case FaultVfs::kOpen:
      return SQLITE_CANTOPEN;
    case FaultVfs::kRead:
      return SQLITE_IOERR_READ;
    case FaultVfs::kWrite:
      return full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    case FaultVfs::kSync:
      return SQLITE_IOERR_FSYNC;
    case FaultVfs::kTruncate:
      return SQLITE_IOERR_TRUNCATE;
    case FaultVfs::kDelete:
      return SQLITE_IOERR_DELETE;
    case FaultVfs::kSize:
      return SQLITE_IOERR_FSTAT;
    case FaultVfs::kLock:
      return SQLITE_IOERR_LOCK;
    case FaultVfs::kShm:
      return SQLITE_IOERR_SHMMAP;
    case FaultVfs::kAllCalls:
      break;
  }
  return SQLITE_IOERR;
}

// Takes the part before `separator` from the front of `rest`.
std::string_view TakePart(std::string_view* rest, char separator) {
  const size_t end = rest->find(separator);
  const std::string_view part = rest->substr(0, end);
  rest->remove_prefix(end == std::string_view::npos ? rest->size() : end + 1);
  return part;
}

std::string ContentsOf(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

std::optional<FaultVfs::Plan> FaultVfs::ParsePlan(std::string_view text) {
  Plan plan;
  std::string_view calls = TakePart(&text, ':');
  while (!calls.empty()) {
    const std::string_view name = TakePart(&calls, '+');
    uint32_t known = 0;
    for (const auto& [call_name, call] : kCallNames) known |= call_name == name ? call : 0;
    if (known == 0) return std::nullopt;
    plan.calls |= known;
  }
  const std::string_view at = TakePart(&text, ':');
  const auto [end, error] = std::from_chars(at.data(), at.data() + at.size(), plan.at);
  if (plan.calls == 0 || plan.at == 0 || error != std::errc{} || end != at.data() + at.size()) {
    return std::nullopt;
  }
  while (!text.empty()) {
    const std::string_view word = TakePart(&text, ':');
    bool* const flag = word == "lasting" ? &plan.lasting
                       : word == "full"  ? &plan.full
                       : word == "cut"   ? &plan.cut_power
                                         : nullptr;
    if (flag == nullptr) return std::nullopt;
    *flag = true;
  }
  return plan;
}

FaultVfs& FaultVfs::Install() {
  static FaultVfs* const vfs = [] {
    auto* const made = new FaultVfs;
    RegisterFaultFiles(made);
    return made;
  }();
  return *vfs;
}

void FaultVfs::Arm(const Plan& plan) {
  absl::MutexLock lock(&mu_);
  plan_ = plan;
  counted_ = 0;
  fired_ = false;
}

bool FaultVfs::fired() const {
  absl::MutexLock lock(&mu_);
  return fired_;
}

uint64_t FaultVfs::counted() const {
  absl::MutexLock lock(&mu_);
  return counted_;
}

int FaultVfs::Judge(Call call) {
  absl::MutexLock lock(&mu_);
  if (power_is_cut_) return CodeOf(call, false);
  if ((plan_.calls & call) == 0) return SQLITE_OK;
  ++counted_;
  const bool fails = plan_.at != 0 && (plan_.lasting ? counted_ >= plan_.at : counted_ == plan_.at);
  if (!fails) return SQLITE_OK;
  fired_ = true;
  power_is_cut_ = plan_.cut_power;
  return CodeOf(call, plan_.full);
}

bool FaultVfs::PowerIsCut() const {
  absl::MutexLock lock(&mu_);
  return power_is_cut_;
}

void FaultVfs::Opened(const std::string& path, uint64_t size, bool fresh) {
  absl::MutexLock lock(&mu_);
  ++open_files_;
  files_.emplace(path, Unsynced(size, fresh));
}

void FaultVfs::Closed() {
  absl::MutexLock lock(&mu_);
  --open_files_;
}

void FaultVfs::Changing(const std::string& path, uint64_t begin, uint64_t end,
                        const Unsynced::Reader& read) {
  absl::MutexLock lock(&mu_);
  files_.at(path).BeforeChange(begin, end, read);
}

void FaultVfs::Synced(const std::string& path, uint64_t size) {
  absl::MutexLock lock(&mu_);
  files_.at(path).Synced(size);
  // SQLite syncs the folder with the first sync of a new file; that makes deletions durable too.
  deleted_.clear();
}

void FaultVfs::Deleting(const std::string& path, bool durably) {
  absl::MutexLock lock(&mu_);
  files_.erase(path);
  if (!durably && std::filesystem::exists(path)) deleted_[path] = ContentsOf(path);
}

void FaultVfs::RestorePower(uint64_t seed) {
  absl::MutexLock lock(&mu_);
  LEASEHOLD_CHECK(open_files_ == 0, "a file that is open cannot lose what was written to it");
  std::mt19937_64 random(seed);
  for (const auto& [path, unsynced] : files_) unsynced.Lose(path, random);
  for (const auto& [path, bytes] : deleted_) {
    if (random() % 2 == 0 || std::filesystem::exists(path)) continue;
    // A journal or WAL does not come back without its database. Only code that cleaned up after the
    // cut, which no real process can, has removed that.
    if (!std::filesystem::exists(path.substr(0, path.rfind('-')))) continue;
    std::ofstream(path, std::ios::binary) << bytes;
  }
  files_.clear();
  deleted_.clear();
  power_is_cut_ = false;
  plan_ = Plan{};
}

}  // namespace leasehold
