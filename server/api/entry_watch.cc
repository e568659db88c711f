#include "server/api/entry_watch.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "server/api/entry_page.h"
#include "server/api/watch_place.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

// What is kept at once for a caller; most entries take some hundred bytes as messages.
constexpr size_t kRowsMax = 256;

v1::ListEntriesRequest FilterOf(const v1::WatchEntriesRequest& request) {
  v1::ListEntriesRequest filter;
  *filter.mutable_kinds() = request.kinds();
  filter.set_agent(request.agent());
  filter.set_secret(request.secret());
  filter.set_workflow(request.workflow());
  filter.set_target(request.target());
  filter.set_lease(request.lease());
  filter.set_denied_only(request.denied_only());
  return filter;
}

}  // namespace

EntryWatch::EntryWatch(LeaseAuthority& authority, Store& store, const PageTokens& tokens,
                       const v1::WatchEntriesRequest& request, StreamHolder& holder,
                       StreamCall<v1::WatchEntriesEvent>& call)
    : authority_(authority),
      store_(store),
      tokens_(tokens),
      request_(request),
      holder_(holder),
      call_(call),
      question_(QuestionOf(request, {"resume_token", "start_index"})),
      filter_(FilterOf(request)) {}

absl::Status EntryWatch::Run() {
  RETURN_IF_ERROR(Begin());
  while (true) {
    const uint64_t size = authority_.published().AwaitMoreThan(next_, OpenStreams::kLookInterval);
    RETURN_IF_ERROR(call_.Alive());
    RETURN_IF_ERROR(holder_.CheckAdmitted());
    if (size > next_) {
      RETURN_IF_ERROR(Follow(size));
    }
    if (absl::Now() - last_write_ >= kHeartbeatInterval) {
      RETURN_IF_ERROR(Heartbeat());
    }
  }
}

absl::Status EntryWatch::Begin() {
  ASSIGN_OR_RETURN(
      std::optional<WatchPlace> place,
      ParseResumeToken(tokens_, question_, authority_.published(), request_.resume_token()));
  const uint64_t size = authority_.published().Read([&](const PublishedState::View& view) {
    epoch_ = view.state.epoch();
    return view.head.size;
  });
  next_ = place.has_value()            ? place->next
          : request_.has_start_index() ? request_.start_index()
                                       : size;
  if (next_ > size) {
    return Error(Reason::kInvalidArgument,
                 "start_index is behind the end of the ledger; leave it out to begin there");
  }
  RETURN_IF_ERROR(Parse());
  return Heartbeat();
}

absl::Status EntryWatch::Parse() {
  return authority_.published().Read([&](const PublishedState::View& view) -> absl::Status {
    const size_t entities = view.state.entities().all().size();
    if (query_.has_value() && entities == entities_) {
      return absl::OkStatus();
    }
    entities_ = entities;
    ASSIGN_OR_RETURN(query_, EntryQuery::Parse(filter_, view.state));
    return absl::OkStatus();
  });
}

absl::Status EntryWatch::Follow(uint64_t size) {
  RETURN_IF_ERROR(Parse());
  if (!query_.has_value()) {
    next_ = size;  // what the filter names was not there by then
    return absl::OkStatus();
  }
  EntryPage page;
  {
    ASSIGN_OR_RETURN(std::unique_ptr<StoreView> view, store_.NewView());
    const EntryRange range{.from = next_, .rows_max = kRowsMax, .end = size};
    ASSIGN_OR_RETURN(page, ReadEntryPage(*view, authority_.published(), *query_, range));
  }
  for (v1::LedgerEntry& entry : page.entries) {
    const uint64_t next = entry.index() + 1;
    v1::WatchEntriesEvent event;
    *event.mutable_entry() = std::move(entry);
    RETURN_IF_ERROR(Write(std::move(event), next));
  }
  next_ = page.next.value_or(size);
  return absl::OkStatus();
}

absl::Status EntryWatch::Heartbeat() {
  v1::WatchEntriesEvent event;
  event.set_heartbeat_tree_size(next_);
  return Write(std::move(event), next_);
}

absl::Status EntryWatch::Write(v1::WatchEntriesEvent event, uint64_t next) {
  event.set_resume_token(MakeResumeToken(tokens_, question_, epoch_, {.next = next}));
  RETURN_IF_ERROR(call_.Write(event));
  last_write_ = absl::Now();
  return absl::OkStatus();
}

}  // namespace leasehold
