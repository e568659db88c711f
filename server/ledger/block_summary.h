#ifndef LEASEHOLD_SERVER_LEDGER_BLOCK_SUMMARY_H_
#define LEASEHOLD_SERVER_LEDGER_BLOCK_SUMMARY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/ids.h"
#include "server/ledger/id_set.h"
#include "storage/rows.h"

namespace leasehold {

// What an entry is about, with what it says by way of its lease resolved: the agent, secret and
// workflow of a use are those of the lease. Empty ids are "none".
struct EntryFacts {
  int kind = 0;  // ledger::v1::Entry::KindCase, below 64; 0 for one that this build does not know
  absl::Time time;  // whole milliseconds, from 1970 on
  EntityUid agent;
  EntityUid secret;
  TextId workflow;
  EntityUid target;
  LeaseNumber lease;
  bool denied = false;  // a refused use, or summarised refusals
};

// Conditions on entries; all that are set must hold.
struct EntryFilter {
  uint64_t kinds = 0;  // bit k: kind k is wanted; 0 = all
  EntityUid agent;
  EntityUid secret;
  TextId workflow;
  EntityUid target;
  LeaseNumber lease;
  std::optional<absl::Time> start;  // at or after
  std::optional<absl::Time> end;    // before
  bool denied_only = false;

  // Whether an entry with these facts passes.
  bool Matches(const EntryFacts& facts) const;
};

// What a block of 1,024 neighbouring entries mentions, so that a filter can pass over the block
// without reading it. This replaces indexes on the entries' ids, which would cost a random write an
// entry. An ordinary summary has less than 200 bytes, none more than kBytesMax.
//
// Belongs to one thread at a time.
class BlockSummary {
 public:
  static constexpr uint64_t kBlockEntries = 1024;
  // Four bytes an entry.
  static constexpr size_t kBytesMax = 4 * kBlockEntries;

  void Add(const EntryFacts& facts);

  // False only where no entry of the block passes. True promises nothing.
  bool MayContain(const EntryFilter& filter) const;

  // The form is described in block_summary.cc. Equal contents give equal bytes.
  std::string Encode() const;
  // kStoreDamaged for anything that Encode does not make.
  static absl::StatusOr<BlockSummary> Decode(std::string_view bytes);

 private:
  uint64_t kinds_ = 0;
  bool any_denied_ = false;
  // Milliseconds since 1970, both zero while there is no entry. The smallest and largest, not the
  // first and last: time may step back where an epoch starts.
  uint64_t time_min_ms_ = 0;
  uint64_t time_max_ms_ = 0;
  // Both zero where no lease is mentioned.
  uint64_t lease_min_ = 0;
  uint64_t lease_max_ = 0;
  IdSet agents_;
  IdSet secrets_;
  IdSet workflows_;
  IdSet targets_;
};

// Makes the summaries of a log that grows. Belongs to one thread.
class BlockSummaryBuilder {
 public:
  // For a log that holds `size` entries. What lies in the block that is not full yet, from
  // FirstOfOpenBlock() on, is added anew by the caller before anything else.
  explicit BlockSummaryBuilder(uint64_t size = 0) : block_(size / BlockSummary::kBlockEntries) {}

  uint64_t FirstOfOpenBlock() const { return block_ * BlockSummary::kBlockEntries; }

  // Indexes do not go down and leave out no block. An entry that is about several agents (members
  // of a group that changed) is added once for each.
  void Add(LogIndex index, const EntryFacts& facts);

  // The summaries of blocks that a log of `size` entries has in full and that were not taken yet,
  // in order.
  std::vector<SummaryRow> TakeFull(uint64_t size);

  // The block that is not full yet, for readers who filter up to the end of the log.
  const BlockSummary& open_block() const { return open_; }

 private:
  void CloseBlock();

  uint64_t block_;
  BlockSummary open_;
  std::vector<SummaryRow> full_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_BLOCK_SUMMARY_H_
