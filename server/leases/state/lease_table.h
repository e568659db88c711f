#ifndef LEASEHOLD_SERVER_LEASES_STATE_LEASE_TABLE_H_
#define LEASEHOLD_SERVER_LEASES_STATE_LEASE_TABLE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_set.h"
#include "absl/status/status.h"
#include "server/leases/state/lease.h"

namespace leasehold {

// All leases by number. Numbers are dense, so a lease is found by two indexings and no hash; chunks
// keep their place in memory and are what the snapshot writes.
class LeaseTable {
 public:
  static constexpr uint64_t kChunkLeases = 1024;

  // The next number that may be issued: 1 in an empty table.
  LeaseNumber next() const { return LeaseNumber(count_ + 1); }
  uint64_t count() const { return count_; }

  // nullptr where the number was never issued.
  const Lease* Find(LeaseNumber number) const;
  // Marks the lease's chunk as changed since the last TakeDirtyChunks.
  Lease* FindMutable(LeaseNumber number);
  // `lease.number` must be next(). The lease gets a copy of `terms`, shared with those whose terms
  // are the same.
  void Add(const Lease& lease, const LeaseTerms& terms);
  // Notes that the value of a version was given out under a lease that is there.
  void AddRevealed(LeaseNumber lease, VersionNumber version);
  // The versions whose values were given out under `lease`, ascending.
  std::span<const VersionNumber> RevealedUnder(LeaseNumber lease) const;
  // How many different terms there are.
  size_t terms_count() const { return terms_.size(); }

  // Chunks that changed since the last call, encoded; see lease_table.cc for the bytes.
  std::vector<std::pair<uint64_t, std::string>> TakeDirtyChunks();
  // Chunks must be loaded in order, from 0.
  absl::Status LoadChunk(uint64_t chunk, std::string_view bytes);

 private:
  struct Chunk {
    std::array<Lease, kChunkLeases> leases;
    bool dirty = false;
  };
  std::vector<std::unique_ptr<Chunk>> chunks_;
  absl::node_hash_set<LeaseTerms> terms_;  // of nodes: leases point to them
  uint64_t count_ = 0;
  // Of the few leases under which anything was revealed.
  absl::flat_hash_map<LeaseNumber, std::vector<VersionNumber>> revealed_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_LEASE_TABLE_H_
