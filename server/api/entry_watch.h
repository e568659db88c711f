#ifndef LEASEHOLD_SERVER_API_ENTRY_WATCH_H_
#define LEASEHOLD_SERVER_API_ENTRY_WATCH_H_

#include <optional>
#include <string>

#include "leasehold/v1/ledger.grpc.pb.h"
#include "server/api/entry_query.h"
#include "server/api/page_token.h"
#include "server/api/stream_call.h"
#include "server/api/stream_holder.h"
#include "server/leases/lease_authority.h"
#include "storage/store.h"

namespace leasehold {

// One WatchEntries call, for its handler's thread. Reads from the store at its caller's pace, a
// page at a time, and holds no view of it while it writes: a slow caller costs a thread and a page,
// never more.
class EntryWatch {
 public:
  // The arguments outlive it.
  EntryWatch(LeaseAuthority& authority, Store& store, const PageTokens& tokens,
             const v1::WatchEntriesRequest& request, StreamHolder& holder,
             StreamCall<v1::WatchEntriesEvent>& call);

  // Until the caller goes or may not watch any more; gives why.
  absl::Status Run();

 private:
  absl::Status Begin();
  // Tells what matches of the entries below `size`, a page of it.
  absl::Status Follow(uint64_t size);
  // The filter by ids, made anew when there are things that it may name now and could not before.
  absl::Status Parse();
  absl::Status Heartbeat();
  absl::Status Write(v1::WatchEntriesEvent event, uint64_t next);

  LeaseAuthority& authority_;
  Store& store_;
  const PageTokens& tokens_;
  const v1::WatchEntriesRequest& request_;
  StreamHolder& holder_;
  StreamCall<v1::WatchEntriesEvent>& call_;
  const std::string question_;
  const v1::ListEntriesRequest filter_;
  Epoch epoch_;
  std::optional<EntryQuery> query_;
  size_t entities_ = 0;  // that there were when query_ was made
  uint64_t next_ = 0;
  absl::Time last_write_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_ENTRY_WATCH_H_
