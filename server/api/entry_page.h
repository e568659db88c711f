#ifndef LEASEHOLD_SERVER_API_ENTRY_PAGE_H_
#define LEASEHOLD_SERVER_API_ENTRY_PAGE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "leasehold/v1/ledger.pb.h"
#include "server/api/entry_query.h"
#include "server/leases/published_state.h"
#include "storage/store.h"

namespace leasehold {

// Where a page begins and how far it goes.
struct EntryRange {
  // Ascending: the first index to look at. Descending: one more than it.
  uint64_t from = 0;
  bool descending = false;
  size_t rows_max = 0;
  // One past the last entry to look at: the published size from before the view was opened, so that
  // all these entries are in the view and folded into the published state.
  uint64_t end = 0;
};

struct EntryPage {
  std::vector<v1::LedgerEntry> entries;
  // The `from` of the next page; nullopt at the end.
  std::optional<uint64_t> next;
};

// Reads entries that pass `query`, in blocks, leaving out those whose summary says that nothing
// passes. A call reads at most so many entries, then the page is short and `next` is set: a filter
// that almost nothing passes cannot keep a thread for minutes.
inline constexpr uint64_t kScanEntriesMax = 64 * BlockSummary::kBlockEntries;

// May wait for the disk.
absl::StatusOr<EntryPage> ReadEntryPage(StoreView& view, const PublishedState& published,
                                        const EntryQuery& query, const EntryRange& range);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_ENTRY_PAGE_H_
