#include "server/vault/secret_arena.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstring>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "server/base/crypto_bytes.h"
#include "server/base/process.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

// Sanitizers replace mlock by nothing, because it does not go with their shadow memory.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMlockWorks = false;
#else
constexpr bool kMlockWorks = true;
#endif

constexpr size_t kBytes = 64 << 10;

// An arena of each kind that this kernel has. Mlock is always one of them.
std::vector<std::unique_ptr<SecretArena>> ArenasOfAllKinds(size_t bytes) {
  std::vector<std::unique_ptr<SecretArena>> arenas;
  for (const auto kind : {SecretArena::Kind::kMlock, SecretArena::Kind::kMemfdSecret}) {
    auto arena = SecretArena::Create(bytes, kind);
    if (kind == SecretArena::Kind::kMlock) REQUIRE(arena.ok());
    if (!arena.ok()) {
      CHECK(ReasonOf(arena.status()) == Reason::kFailedPrecondition);
      continue;
    }
    CHECK((*arena)->kind() == kind);
    arenas.push_back(*std::move(arena));
  }
  return arenas;
}

struct Mapping {
  uintptr_t begin = 0;
  uintptr_t end = 0;
  std::string rights;
  std::string flags;  // Of VmFlags, with a space on both sides of each.
};

std::vector<Mapping> ReadMappings() {
  std::ifstream smaps("/proc/self/smaps");
  std::vector<Mapping> mappings;
  for (std::string line; std::getline(smaps, line);) {
    Mapping mapping;
    char dash = 0;
    std::istringstream words(line);
    if (words >> std::hex >> mapping.begin >> dash >> mapping.end >> mapping.rights &&
        dash == '-') {
      mappings.push_back(mapping);
    } else if (line.starts_with("VmFlags:") && !mappings.empty()) {
      mappings.back().flags = line.substr(std::strlen("VmFlags:")) + " ";
    }
  }
  return mappings;
}

TEST_CASE("secret memory is locked, not dumped, not inherited and fenced",
          "[vault][secret_arena]") {
  for (const auto& arena : ArenasOfAllKinds(kBytes)) {
    uint8_t* const piece = arena->Allocate(1);
    const auto address = reinterpret_cast<uintptr_t>(piece);  // The first byte of the arena.
    const std::vector<Mapping> mappings = ReadMappings();
    const auto found = std::find_if(mappings.begin(), mappings.end(), [&](const Mapping& m) {
      return m.begin <= address && address < m.end;
    });
    REQUIRE(found != mappings.end());
    REQUIRE(found != mappings.begin());
    INFO("flags " << found->flags);
    CHECK(found->begin == address);
    CHECK(found->end == address + arena->capacity());
    CHECK(found->rights.starts_with("rw-"));
    if (arena->kind() == SecretArena::Kind::kMemfdSecret || kMlockWorks) {
      CHECK_THAT(found->flags, Catch::Contains(" lo "));
    }
    CHECK_THAT(found->flags, Catch::Contains(" dd "));
    CHECK_THAT(found->flags, Catch::Contains(" dc "));
    // The pages beside it belong to us and let nobody in.
    const Mapping& before = *(found - 1);
    REQUIRE(found + 1 != mappings.end());
    const Mapping& after = *(found + 1);
    CHECK(before.end == found->begin);
    CHECK(before.rights.starts_with("---"));
    CHECK(after.begin == found->end);
    CHECK(after.rights.starts_with("---"));
    arena->Free(piece);
  }
}

TEST_CASE("freed memory is wiped before it is given out again", "[vault][secret_arena]") {
  for (const auto& arena : ArenasOfAllKinds(kBytes)) {
    uint8_t* const piece = arena->Allocate(1000);
    CHECK(std::all_of(piece, piece + 1000, [](uint8_t b) { return b == 0; }));
    std::memset(piece, 0xa5, 1000);
    arena->Free(piece);
    CHECK(std::all_of(piece, piece + 1008, [](uint8_t b) { return b == 0; }));
    // The same place again.
    uint8_t* const next = arena->Allocate(1000);
    CHECK(next == piece);
    CHECK(std::all_of(next, next + 1000, [](uint8_t b) { return b == 0; }));
    arena->Free(next);
  }
}

TEST_CASE("what does not fit is refused, and all of the room can be used",
          "[vault][secret_arena]") {
  const auto arena = SecretArena::Create(1, SecretArena::Kind::kMlock).value();
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  REQUIRE(arena->capacity() == page);
  CHECK(arena->Allocate(page + 1) == nullptr);
  CHECK(arena->Allocate(~size_t{0}) == nullptr);
  uint8_t* const all = arena->Allocate(page);
  REQUIRE(all != nullptr);
  CHECK(arena->used() == page);
  CHECK(arena->Allocate(1) == nullptr);
  arena->Free(all);
  CHECK(arena->used() == 0);
}

TEST_CASE("random allocations agree with a naive model", "[vault][secret_arena]") {
  const uint64_t seed = RandomNonZero64();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const auto arena = SecretArena::Create(kBytes, SecretArena::Kind::kMlock).value();
  struct Piece {
    uint8_t* data;
    size_t size;
    uint8_t fill;
  };
  std::vector<Piece> pieces;  // The model.
  const auto rounded = [](size_t size) { return (size + 15) / 16 * 16; };
  size_t used = 0;
  size_t refusals = 0;
  for (int step = 0; step < 20'000; ++step) {
    if (random() % 5 < 3) {
      const size_t size = 1 + random() % (random() % 8 == 0 ? 8000 : 200);
      uint8_t* const data = arena->Allocate(size);
      if (data == nullptr) {
        ++refusals;
        REQUIRE(used + rounded(size) > kBytes / 2);  // Fragmented, perhaps, but not that much.
        continue;
      }
      REQUIRE(reinterpret_cast<uintptr_t>(data) % 16 == 0);
      REQUIRE(std::all_of(data, data + size, [](uint8_t b) { return b == 0; }));
      const auto fill = static_cast<uint8_t>(1 + random() % 255);
      std::memset(data, fill, size);
      pieces.push_back({data, size, fill});
      used += rounded(size);
    } else if (!pieces.empty()) {
      std::swap(pieces[random() % pieces.size()], pieces.back());
      const Piece piece = pieces.back();
      pieces.pop_back();
      // Nobody else was given a part of it.
      REQUIRE(std::all_of(piece.data, piece.data + piece.size,
                          [&](uint8_t b) { return b == piece.fill; }));
      arena->Free(piece.data);
      used -= rounded(piece.size);
    }
    REQUIRE(arena->used() == used);
  }
  CHECK(refusals > 0);  // The room was full at times.
  for (const Piece& piece : pieces) arena->Free(piece.data);
  // All gaps have grown together again.
  uint8_t* const all = arena->Allocate(arena->capacity());
  REQUIRE(all != nullptr);
  CHECK(std::all_of(all, all + arena->capacity(), [](uint8_t b) { return b == 0; }));
  arena->Free(all);
}

TEST_CASE("threads share an arena without seeing each other's secrets", "[vault][secret_arena]") {
  const auto arena = SecretArena::Create(kBytes, SecretArena::Kind::kMlock).value();
  std::atomic<int> wrong = 0;  // Catch2's own checks are for one thread.
  std::vector<std::thread> threads;
  for (uint8_t fill = 1; fill <= 4; ++fill) {
    threads.emplace_back([&arena, &wrong, fill] {
      for (size_t round = 0; round < 5000; ++round) {
        const size_t size = 1 + round % 300;
        uint8_t* const data = arena->Allocate(size);
        const auto is = [&](uint8_t value) {
          return std::all_of(data, data + size, [value](uint8_t b) { return b == value; });
        };
        if (!is(0)) ++wrong;
        std::memset(data, fill, size);
        if (!is(fill)) ++wrong;
        arena->Free(data);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(arena->used() == 0);
}

// Whether `body` ends in SIGABRT, in a process of its own.
template <typename Body>
bool Aborts(Body body) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);
    if (!HardenProcess().ok()) _exit(1);  // No core file.
    close(STDERR_FILENO);
    body();
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

TEST_CASE("freeing what is not in use stops the process", "[vault][secret_arena]") {
  const auto arena = SecretArena::Create(kBytes, SecretArena::Kind::kMlock).value();
  uint8_t* const piece = arena->Allocate(32);
  uint8_t* const freed = arena->Allocate(32);
  arena->Free(freed);
  CHECK(Aborts([&] { arena->Free(freed); }));
  CHECK(Aborts([&] { arena->Free(piece + 16); }));
  uint8_t elsewhere = 0;
  CHECK(Aborts([&] { arena->Free(&elsewhere); }));
  arena->Free(piece);
}

TEST_CASE("the process has one arena, of the best kind there is", "[vault][secret_arena]") {
  const absl::StatusOr<SecretArena*> arena = SecretArena::OfProcess();
  REQUIRE(arena.ok());
  CHECK(*arena == SecretArena::OfProcess().value());
  CHECK((*arena)->capacity() >= SecretArena::kProcessBytesMin);
  const bool has_memfd_secret = SecretArena::Create(kBytes, SecretArena::Kind::kMemfdSecret).ok();
  CHECK((*arena)->kind() ==
        (has_memfd_secret ? SecretArena::Kind::kMemfdSecret : SecretArena::Kind::kMlock));
}

}  // namespace
}  // namespace leasehold
