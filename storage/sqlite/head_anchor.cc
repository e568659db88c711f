#include "storage/sqlite/head_anchor.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr std::string_view kMagic = "LHANCHR1";
constexpr size_t kSlotBytes = 64;
constexpr size_t kHashedBytes = 56;
// A page apart: the device writes sectors whole, so a torn write never touches both slots.
constexpr off_t kSlotDistance = 4096;

using Slot = std::array<uint8_t, kSlotBytes>;

void PutNumber(uint8_t* to, uint64_t value) {
  for (int i = 0; i < 8; ++i) to[i] = static_cast<uint8_t>(value >> (8 * i));
}

uint64_t GetNumber(const uint8_t* from) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value |= static_cast<uint64_t>(from[i]) << (8 * i);
  return value;
}

Hash ChecksumOf(const Slot& slot) { return Sha256Of(ByteView(slot.data(), kHashedBytes)); }

Slot Encode(uint64_t sequence, const TreeHead& head) {
  Slot slot{};
  std::copy(kMagic.begin(), kMagic.end(), slot.begin());
  PutNumber(&slot[8], sequence);
  PutNumber(&slot[16], head.size);
  std::copy(head.root.begin(), head.root.end(), slot.begin() + 24);
  const Hash checksum = ChecksumOf(slot);
  std::copy_n(checksum.begin(), kSlotBytes - kHashedBytes, slot.begin() + kHashedBytes);
  return slot;
}

bool IsValid(const Slot& slot) {
  const Hash checksum = ChecksumOf(slot);
  return std::equal(kMagic.begin(), kMagic.end(), slot.begin()) &&
         std::equal(slot.begin() + kHashedBytes, slot.end(), checksum.begin());
}

off_t PlaceOf(uint64_t sequence) { return sequence % 2 == 0 ? 0 : kSlotDistance; }

}  // namespace

absl::StatusOr<std::optional<HeadAnchor>> HeadAnchor::Open(const std::string& path) {
  FileDescriptor file(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!file.valid()) {
    if (errno == ENOENT) return std::nullopt;
    return IoError("open the head anchor", path, errno);
  }
  HeadAnchor anchor(std::move(file), path);
  bool found = false;
  for (const off_t place : {off_t{0}, kSlotDistance}) {
    Slot slot{};
    if (pread(anchor.file_.get(), slot.data(), slot.size(), place) != ssize_t{kSlotBytes}) continue;
    if (!IsValid(slot)) continue;
    const uint64_t sequence = GetNumber(&slot[8]);
    if (found && sequence < anchor.sequence_) continue;
    found = true;
    anchor.sequence_ = sequence;
    anchor.head_.size = GetNumber(&slot[16]);
    std::copy_n(slot.begin() + 24, anchor.head_.root.size(), anchor.head_.root.begin());
  }
  if (!found) {
    return Error(Reason::kStoreRolledBack,
                 StrCat("the head anchor ", path,
                        " is damaged, so nothing says that the database "
                        "is the newest one; if it is, use `leasehold server restore`"));
  }
  return anchor;
}

absl::StatusOr<HeadAnchor> HeadAnchor::Create(const std::string& path, const TreeHead& head) {
  const std::string fresh = path + ".new";
  RemoveQuietly(fresh);
  FileDescriptor file(open(fresh.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
  if (!file.valid()) return IoError("create", fresh, errno);
  HeadAnchor anchor(std::move(file), path);
  // Both slots, so that later writes never make the file longer.
  absl::Status written;
  for (int slot = 0; slot < 2 && written.ok(); ++slot) {
    const int error_number = anchor.WriteSlot(head);
    if (error_number != 0) written = IoError("write the head anchor", path, error_number);
  }
  if (written.ok()) written = anchor.Sync();
  if (written.ok() && rename(fresh.c_str(), path.c_str()) != 0) {
    written = IoError("write the head anchor", path, errno);
  }
  if (!written.ok()) {
    RemoveQuietly(fresh);
    return written;
  }
  RETURN_IF_ERROR(SyncDirectoryOf(path));
  return anchor;
}

absl::Status HeadAnchor::Write(const TreeHead& head) {
  const int error_number = WriteSlot(head);
  if (error_number == 0 || error_number == ENOSPC) return absl::OkStatus();
  return IoError("write the head anchor", path_, error_number);
}

int HeadAnchor::WriteSlot(const TreeHead& head) {
  const Slot slot = Encode(sequence_ + 1, head);
  const ssize_t written = pwrite(file_.get(), slot.data(), slot.size(), PlaceOf(sequence_ + 1));
  if (written < 0) return errno;
  // A part is written only where the disk ends.
  if (written != ssize_t{kSlotBytes}) return ENOSPC;
  ++sequence_;
  head_ = head;
  return 0;
}

absl::Status HeadAnchor::Sync() {
  if (fsync(file_.get()) != 0) return IoError("sync the head anchor", path_, errno);
  return absl::OkStatus();
}

}  // namespace leasehold
