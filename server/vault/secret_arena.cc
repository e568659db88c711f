#include "server/vault/secret_arena.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "server/base/check.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// What malloc aligns to.
constexpr size_t kAlignment = 16;

size_t RoundUp(size_t size, size_t unit) { return (size + unit - 1) / unit * unit; }

absl::Status Refused(std::string_view what) {
  return Error(Reason::kFailedPrecondition,
               StrCat("the kernel refuses memory for secrets (", what, ": ", std::strerror(errno),
                      "); allow this process to lock at least 8 MiB (systemd: LimitMEMLOCK=8M, "
                      "containers: ulimit memlock)"));
}

// Puts memory of `kind` at `at`, which is reserved.
absl::Status Map(SecretArena::Kind kind, uint8_t* at, size_t bytes) {
  if (kind == SecretArena::Kind::kMemfdSecret) {
    const int fd = static_cast<int>(syscall(SYS_memfd_secret, O_CLOEXEC));
    if (fd < 0) return Refused("memfd_secret");
    // Secret memory exists as a shared mapping only; nobody else has the descriptor.
    const bool mapped = ftruncate(fd, static_cast<off_t>(bytes)) == 0 &&
                        mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
                            static_cast<void*>(at);
    const int error = errno;
    close(fd);
    errno = error;
    if (!mapped) return Refused("memfd_secret");
  } else {
    if (mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
        static_cast<void*>(at)) {
      return Refused("mmap");
    }
    if (mlock(at, bytes) != 0) return Refused("mlock");
  }
  if (madvise(at, bytes, MADV_DONTDUMP) != 0) return Refused("MADV_DONTDUMP");
  // A child that is forked to run another program has no use for secrets, and a shared mapping
  // would even let it change ours.
  if (madvise(at, bytes, MADV_DONTFORK) != 0) return Refused("MADV_DONTFORK");
  // Touch every page now: memfd_secret takes them from the kernel's own mapping one by one, which
  // should not happen in the middle of a use.
  std::memset(at, 0, bytes);
  return absl::OkStatus();
}

// Raises what this process may lock as far as it may itself, since shells and containers often
// set only the soft limit low.
void RaiseLockLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_MEMLOCK, &limit);  // Where it fails the lock below fails and is reported.
}

absl::StatusOr<std::unique_ptr<SecretArena>> CreateBest() {
  RaiseLockLimit();
  absl::Status refusal;
  for (size_t bytes = SecretArena::kProcessBytes; bytes >= SecretArena::kProcessBytesMin;
       bytes /= 2) {
    for (const auto kind : {SecretArena::Kind::kMemfdSecret, SecretArena::Kind::kMlock}) {
      auto arena = SecretArena::Create(bytes, kind);
      if (arena.ok()) return arena;
      refusal = arena.status();
    }
  }
  return refusal;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SecretArena>> SecretArena::Create(size_t bytes, Kind kind) {
  LEASEHOLD_CHECK(bytes > 0);
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t capacity = RoundUp(bytes, page);
  // Reserve the whole range first, so that the guard pages are surely ours.
  void* mapping = mmap(nullptr, capacity + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) return Refused("mmap");
  auto* start = static_cast<uint8_t*>(mapping);
  if (absl::Status status = Map(kind, start + page, capacity); !status.ok()) {
    munmap(mapping, capacity + 2 * page);
    return status;
  }
  return std::unique_ptr<SecretArena>(new SecretArena(kind, start, page, capacity));
}

absl::StatusOr<SecretArena*> SecretArena::OfProcess() {
  static const auto* const arena = new absl::StatusOr<std::unique_ptr<SecretArena>>(CreateBest());
  if (!arena->ok()) return arena->status();
  return arena->value().get();
}

SecretArena::SecretArena(Kind kind, uint8_t* mapping, size_t page, size_t capacity)
    : kind_(kind), mapping_(mapping), page_(page), base_(mapping + page), capacity_(capacity) {
  gaps_[0] = capacity;
}

SecretArena::~SecretArena() {
  {
    absl::MutexLock lock(&mu_);
    LEASEHOLD_CHECK(pieces_.empty(), "a secret outlives its arena");
  }
  munmap(mapping_, capacity_ + 2 * page_);
}

uint8_t* SecretArena::Allocate(size_t size) {
  LEASEHOLD_CHECK(size > 0);
  if (size > capacity_) return nullptr;  // Also keeps the rounding from overflowing.
  size = RoundUp(size, kAlignment);
  absl::MutexLock lock(&mu_);
  // First fit: secrets live for the length of a call, so the front is reused at once and gaps are
  // few.
  const auto gap = std::find_if(gaps_.begin(), gaps_.end(),
                                [size](const auto& entry) { return entry.second >= size; });
  if (gap == gaps_.end()) return nullptr;
  const auto [offset, gap_size] = *gap;
  gaps_.erase(gap);
  if (gap_size > size) gaps_[offset + size] = gap_size - size;
  pieces_[offset] = size;
  used_ += size;
  return base_ + offset;
}

void SecretArena::Free(uint8_t* data) {
  absl::MutexLock lock(&mu_);
  const auto piece = pieces_.find(static_cast<size_t>(data - base_));
  LEASEHOLD_CHECK(piece != pieces_.end(), "this is no piece of the arena, or was freed before");
  auto [offset, size] = *piece;
  pieces_.erase(piece);
  used_ -= size;
  // Not memset, which a compiler may drop because nobody seems to read the bytes again.
  OPENSSL_cleanse(data, size);
  // Join the gaps on both sides.
  const auto next = gaps_.lower_bound(offset);
  if (next != gaps_.end() && next->first == offset + size) {
    size += next->second;
    gaps_.erase(next);
  }
  const auto after = gaps_.lower_bound(offset);
  if (after != gaps_.begin()) {
    const auto before = std::prev(after);
    if (before->first + before->second == offset) {
      before->second += size;
      return;
    }
  }
  gaps_[offset] = size;
}

size_t SecretArena::used() const {
  absl::MutexLock lock(&mu_);
  return used_;
}

}  // namespace leasehold
