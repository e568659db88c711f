#ifndef LEASEHOLD_SERVER_VAULT_SECRET_ARENA_H_
#define LEASEHOLD_SERVER_VAULT_SECRET_ARENA_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

namespace leasehold {

// A piece of memory that secrets live in: never swapped, never in a core dump, not inherited by
// child processes, with an inaccessible page on both sides. One arena for all secrets rather than
// a locked page for each: ordinary values have a few dozen bytes, and what a process may lock is
// limited.
//
// Room that is not in use is always zero: Free wipes. The book-keeping lies outside, so the arena
// holds nothing but secrets. Safe from any thread.
class SecretArena {
 public:
  enum class Kind {
    // memfd_secret(2): the kernel itself has no mapping of these pages, so no other process and no
    // bug in the kernel's copying reads them. While one exists the machine does not hibernate.
    kMemfdSecret,
    // Anonymous memory with mlock(2) and MADV_DONTDUMP, where the kernel lacks memfd_secret or has
    // it switched off (as Debian 12's own does).
    kMlock,
  };

  // Room for 60 versions of the largest size in use at the same moment, or for tens of thousands
  // of ordinary ones; half of the 8 MiB that kernels since 5.16 let each process lock.
  static constexpr size_t kProcessBytes = 4 << 20;
  // Where less may be locked the arena is halved down to this, below which a few large versions
  // would already make callers fail.
  static constexpr size_t kProcessBytesMin = 512 << 10;

  // `bytes` is rounded up to whole pages. FAILED_PRECONDITION where the kernel does not give or
  // lock the memory.
  static absl::StatusOr<std::unique_ptr<SecretArena>> Create(size_t bytes, Kind kind);

  // The arena that SecretBytes uses, made on the first call: memfd_secret, else mlock, else the
  // error of Create, which says how to allow more. Main calls it early, so that a server without
  // locked memory refuses to start. Never destroyed.
  static absl::StatusOr<SecretArena*> OfProcess();

  // Nothing may be allocated any more.
  ~SecretArena();
  SecretArena(const SecretArena&) = delete;
  SecretArena& operator=(const SecretArena&) = delete;

  // `size` zero bytes, aligned to 16; nullptr where no gap is large enough. `size` is not 0.
  uint8_t* Allocate(size_t size);
  // Wipes and gives back what Allocate returned.
  void Free(uint8_t* data);

  Kind kind() const { return kind_; }
  size_t capacity() const { return capacity_; }
  // Bytes in use, rounded up to the alignment.
  size_t used() const;

 private:
  SecretArena(Kind kind, uint8_t* mapping, size_t page, size_t capacity);

  // Constant after construction.
  const Kind kind_;
  uint8_t* const mapping_;  // The guard page in front.
  const size_t page_;
  uint8_t* const base_;
  const size_t capacity_;

  mutable absl::Mutex mu_;
  // Offset from base_ -> size. Gaps never touch each other.
  std::map<size_t, size_t> gaps_ ABSL_GUARDED_BY(mu_);
  std::map<size_t, size_t> pieces_ ABSL_GUARDED_BY(mu_);
  size_t used_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_VAULT_SECRET_ARENA_H_
