#include "server/api/entry_page.h"

#include <algorithm>
#include <string>
#include <utility>

#include "server/api/entry_description.h"
#include "server/base/status.h"
#include "server/leases/state/entry_facts.h"
#include "server/ledger/entry_codec.h"

namespace leasehold {
namespace {

constexpr uint64_t kBlock = BlockSummary::kBlockEntries;

struct ReadEntry {
  LogIndex index;
  std::string bytes;
  ledger::v1::Entry entry;
};

// Which blocks may hold something, by number; blocks behind the end of the vector may.
absl::StatusOr<std::vector<bool>> BlocksToRead(StoreView& view, const EntryQuery& query,
                                               const EntryRange& range) {
  std::vector<bool> blocks;
  // Who follows the end of the ledger has less to read than all the summaries are.
  if (!query.IsNarrow() || (!range.descending && range.end - range.from <= kBlock)) {
    return blocks;
  }
  RETURN_IF_ERROR(view.ReadSummaries([&](const SummaryRow& row) -> absl::Status {
    ASSIGN_OR_RETURN(BlockSummary summary, BlockSummary::Decode(row.summary));
    if (row.block >= blocks.size()) {
      blocks.resize(row.block + 1, true);
    }
    blocks[row.block] = query.MayBeIn(summary);
    return absl::OkStatus();
  }));
  return blocks;
}

absl::StatusOr<std::vector<ReadEntry>> ReadRange(StoreView& view, uint64_t first, uint64_t end) {
  std::vector<ReadEntry> entries;
  entries.reserve(end - first);
  RETURN_IF_ERROR(
      view.ReadEntries(first, end, [&](uint64_t index, std::string_view bytes) -> absl::Status {
        ASSIGN_OR_RETURN(ledger::v1::Entry entry, DecodeEntry(AsBytes(bytes)));
        entries.push_back({LogIndex(index), std::string(bytes), std::move(entry)});
        return absl::OkStatus();
      }));
  return entries;
}

// Adds what passes until the page is full; the index after the last one looked at, or nullopt where
// all were.
std::optional<LogIndex> AddMatching(const std::vector<ReadEntry>& entries, const State& state,
                                    const EntryQuery& query, size_t rows_max, EntryPage& page) {
  for (const ReadEntry& read : entries) {
    if (page.entries.size() == rows_max) {
      return read.index;
    }
    if (query.Matches(FactsOf(read.index, read.entry, state))) {
      page.entries.push_back(DescribeEntry(read.index, read.bytes, read.entry, state));
    }
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<EntryPage> ReadEntryPage(StoreView& view, const PublishedState& published,
                                        const EntryQuery& query, const EntryRange& range) {
  ASSIGN_OR_RETURN(std::vector<bool> blocks, BlocksToRead(view, query, range));
  const uint64_t end = range.end;
  uint64_t at = range.descending ? std::min(range.from, end) : range.from;
  auto finished = [&] { return range.descending ? at == 0 : at >= end; };
  EntryPage page;
  for (uint64_t scanned = 0; !finished();) {
    if (page.entries.size() == range.rows_max || scanned >= kScanEntriesMax) {
      page.next = at;
      break;
    }
    const uint64_t block = (range.descending ? at - 1 : at) / kBlock;
    const uint64_t first = range.descending ? block * kBlock : at;
    const uint64_t last = range.descending ? at : std::min(end, (block + 1) * kBlock);
    at = range.descending ? first : last;
    if (block < blocks.size() && !blocks[block]) {
      continue;
    }
    ASSIGN_OR_RETURN(std::vector<ReadEntry> entries, ReadRange(view, first, last));
    scanned += entries.size();
    if (range.descending) {
      std::reverse(entries.begin(), entries.end());
    }
    std::optional<LogIndex> left = published.Read([&](const PublishedState::View& now) {
      return AddMatching(entries, now.state, query, range.rows_max, page);
    });
    if (left.has_value()) {
      page.next = range.descending ? left->value() + 1 : left->value();
      break;
    }
  }
  return page;
}

}  // namespace leasehold
