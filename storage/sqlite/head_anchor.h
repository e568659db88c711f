#ifndef LEASEHOLD_STORAGE_SQLITE_HEAD_ANCHOR_H_
#define LEASEHOLD_STORAGE_SQLITE_HEAD_ANCHOR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/rows.h"
#include "storage/sqlite/files.h"

namespace leasehold {

// A small file beside the database that remembers how far the ledger had come. Whoever puts an
// older copy of the database back by hand forgets this file, and the server refuses to start. It
// defends against mistakes: somebody who rolls back both is found only by a checkpoint kept
// elsewhere.
//
// Two slots, at bytes 0 and 4096, written in turn, so that a torn write costs one of them:
//    0   8  "LHANCHR1"
//    8   8  sequence, little-endian; the valid slot with the higher one counts
//   16   8  size of the ledger, little-endian
//   24  32  root at that size
//   56   8  first bytes of SHA-256 over bytes 0..55
class HeadAnchor {
 public:
  // What the file says, and the object that goes on writing it. nullopt where there is no file.
  // kStoreRolledBack where no slot is valid.
  static absl::StatusOr<std::optional<HeadAnchor>> Open(const std::string& path);

  // Makes the file durable with `head` in it, in place of any older one.
  static absl::StatusOr<HeadAnchor> Create(const std::string& path, const TreeHead& head);

  HeadAnchor(HeadAnchor&&) = default;
  HeadAnchor& operator=(HeadAnchor&&) = default;

  // Notes `head` after its commit. Not synced (about a microsecond): the kernel writes it when it
  // likes, and after a power cut an anchor that lags behind is no harm. For the same reason a full
  // disk is no error here: where file systems copy on write, it can refuse even this.
  absl::Status Write(const TreeHead& head);
  absl::Status Sync();

  const TreeHead& head() const { return head_; }

 private:
  HeadAnchor(FileDescriptor file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}

  // 0, or the value of errno.
  int WriteSlot(const TreeHead& head);

  FileDescriptor file_;
  std::string path_;
  TreeHead head_;
  uint64_t sequence_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_STORAGE_SQLITE_HEAD_ANCHOR_H_
