#include "client/cli/doctor_host.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

std::optional<struct stat> Look(const std::string& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return std::nullopt;
  return info;
}

std::string ModeText(mode_t mode) { return absl::StrFormat("%04o", mode & 07777); }

// A file of the data folder, and the widest mode that is safe for it.
struct Expected {
  std::string_view name;
  mode_t mode;
  Severity severity;
};

constexpr Expected kExpected[] = {
    {"root.key", 0600, Severity::kUnsafe},          {"leasehold.db", 0600, Severity::kWarning},
    {"leasehold.db-wal", 0600, Severity::kWarning}, {"admin.sock", 0600, Severity::kUnsafe},
    {"revoke.sock", 0600, Severity::kUnsafe},       {"adapter.sock", 0660, Severity::kUnsafe},
    {"leaseholdd.yaml", 0644, Severity::kWarning},
};

void ExamineFile(const std::string& folder, const Expected& expected, uid_t owner,
                 Examination* examination) {
  const std::string path = StrCat(folder, "/", expected.name);
  const auto info = Look(path);
  if (!info.has_value()) return;
  examination->Check((info->st_mode & 07777 & ~expected.mode) != 0,
                     {.severity = expected.severity,
                      .check = "file_mode",
                      .what = StrCat(path, " has mode ", ModeText(info->st_mode), ", wider than ",
                                     ModeText(expected.mode)),
                      .mend = StrCat("chmod ", ModeText(expected.mode), " ", path)});
  examination->Check(
      info->st_uid != owner && info->st_uid != 0,
      {.severity = Severity::kUnsafe,
       .check = "file_owner",
       .what = StrCat(path, " belongs to user ", info->st_uid, ", the data folder to user ", owner),
       .mend = StrCat("chown ", owner, " ", path)});
}

void ExamineFolder(const std::string& folder, const struct stat& info, Examination* examination) {
  examination->Check(
      (info.st_mode & 077) != 0,
      {.severity = Severity::kUnsafe,
       .check = "data_folder_mode",
       .what = StrCat(folder, " has mode ", ModeText(info.st_mode), ": others can look into it"),
       .mend = StrCat("chmod 0700 ", folder)});
  for (const Expected& expected : kExpected) {
    ExamineFile(folder, expected, info.st_uid, examination);
  }
}

// Whoever copies the folder has ciphertext and key together.
void ExamineRootKey(const std::string& folder, Examination* examination) {
  const auto key = Look(folder + "/root.key");
  if (!key.has_value()) return;
  examination->Check(S_ISREG(key->st_mode),
                     {.severity = Severity::kNote,
                      .check = "root_key_place",
                      .what = StrCat("the root key lies beside the database it opens: a copy of ",
                                     folder, " holds both"),
                      .mend = "keep backups of the database and of root.key in different places"});
}

// Times in the ledger are as good as the clock; without synchronisation it drifts by seconds a day.
void ExamineClock(Examination* examination) {
  timex clock{};
  examination->Check(adjtimex(&clock) == TIME_ERROR,
                     {.severity = Severity::kNote,
                      .check = "clock",
                      .what = "nothing keeps this machine's clock synchronised",
                      .mend = "run a time service, for example systemd-timesyncd or chrony"});
}

// The value of a line "Name:  value" of /proc/PID/status or limits.
std::optional<std::string> ProcLine(const std::string& path, std::string_view name) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with(name)) return line.substr(name.size());
  }
  return std::nullopt;
}

void ExamineProcess(uint64_t pid, Examination* examination) {
  const std::string folder = StrCat("/proc/", pid);
  const auto limits = ProcLine(folder + "/limits", "Max core file size");
  if (limits.has_value()) {
    const size_t digits = limits->find_first_not_of(' ');
    examination->Check(digits == std::string::npos || limits->substr(digits, 2) != "0 ",
                       {.severity = Severity::kUnsafe,
                        .check = "core_dumps",
                        .what = "the server may write core dumps, which hold secrets",
                        .mend = "run the leaseholdd of this version, which switches them off"});
  }
  // A process that cannot be dumped belongs to root in /proc, whoever runs it.
  const auto info = Look(folder + "/mem");
  const auto uid = ProcLine(folder + "/status", "Uid:");
  if (info.has_value() && uid.has_value() && uid->find("\t0\t") != 0) {
    examination->Check(info->st_uid != 0,
                       {.severity = Severity::kUnsafe,
                        .check = "ptrace",
                        .what = "processes of the server's user can read its memory",
                        .mend = "run the leaseholdd of this version, which forbids it"});
  }
}

}  // namespace

void ExamineHost(const std::string& data_folder, uint64_t server_pid, Examination* examination) {
  ExamineClock(examination);
  const auto folder = Look(data_folder);
  const int error = errno;
  examination->Check(
      !folder.has_value(),
      {.severity = Severity::kWarning,
       .check = "data_folder",
       .what = StrCat("there is no data folder ", data_folder, ": ", std::strerror(error)),
       .mend = "make it with `leasehold server init`, or name it with --data-dir"});
  if (!folder.has_value()) return;
  const bool readable = access(data_folder.c_str(), R_OK | X_OK) == 0;
  examination->Check(!readable, {.severity = Severity::kNote,
                                 .check = "data_folder_access",
                                 .what = StrCat("you may not look into ", data_folder,
                                                ", so its files were not checked"),
                                 .mend = "run doctor as the server's user or as root"});
  if (!readable) return;
  ExamineFolder(data_folder, *folder, examination);
  ExamineRootKey(data_folder, examination);
  if (server_pid != 0) ExamineProcess(server_pid, examination);
}

void ExamineDisk(const std::string& folder, Examination* examination) {
  // Ten times what is set aside for revocations: time to act before only they are admitted.
  constexpr uint64_t kFreeBytesMin = 640ull << 20;
  struct statvfs disk {};
  if (statvfs(folder.c_str(), &disk) != 0) return;
  const uint64_t free = static_cast<uint64_t>(disk.f_bavail) * disk.f_frsize;
  examination->Check(free < kFreeBytesMin,
                     {.severity = Severity::kWarning,
                      .check = "disk_space",
                      .what = StrCat("the disk of ", folder, " has only ", free >> 20, " MiB free"),
                      .mend = "make room: on a full disk only revocations are admitted"});
}

}  // namespace leasehold
