#include "server/api/lease_watch.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "server/api/entry_query.h"
#include "server/api/lease_description.h"
#include "server/base/name.h"
#include "server/base/status.h"
#include "server/leases/active_leases.h"
#include "server/ledger/entry_codec.h"

namespace leasehold {
namespace {

// A reader holds the Committer up while it looks: 10,000 leases take about 0.1 ms.
constexpr size_t kPieceLeases = 10'000;
// What is kept at once for a caller.
constexpr size_t kFoundMax = 128;
// Read from the store at once; about 5 ms.
constexpr uint64_t kEntriesMax = 1024;

absl::StatusOr<std::vector<LeaseChange>> ReadChanges(Store& store, const PublishedState& published,
                                                     uint64_t first, uint64_t end) {
  struct Read {
    LogIndex index;
    ledger::v1::Entry entry;
  };
  std::vector<Read> entries;
  ASSIGN_OR_RETURN(std::unique_ptr<StoreView> view, store.NewView());
  RETURN_IF_ERROR(
      view->ReadEntries(first, end, [&](uint64_t index, std::string_view bytes) -> absl::Status {
        ASSIGN_OR_RETURN(ledger::v1::Entry entry, DecodeEntry(AsBytes(bytes)));
        if (LeaseChange::Of(LogIndex(index), entry, UnixMillis()).has_value()) {
          entries.push_back({LogIndex(index), std::move(entry)});
        }
        return absl::OkStatus();
      }));
  std::vector<LeaseChange> changes;
  published.Read([&](const PublishedState::View& now) {
    for (const Read& read : entries) {
      changes.push_back(
          *LeaseChange::Of(read.index, read.entry, now.state.TimeOf(read.index, read.entry)));
    }
  });
  return changes;
}

}  // namespace

bool WatchedLeases::Named::Has(EntityUid uid) const {
  return any || std::find(uids.begin(), uids.end(), uid) != uids.end();
}

absl::StatusOr<WatchedLeases::Named> WatchedLeases::ParseNamed(const std::string& resource,
                                                               std::string_view collection,
                                                               EntityKind kind,
                                                               const State& state) {
  Named named;
  if (!resource.empty()) {
    ASSIGN_OR_RETURN(Name name, Name::ParseResource(resource, collection));
    named.any = false;
    named.uids = EverNamed(state, kind, name.value());
  }
  return named;
}

absl::StatusOr<WatchedLeases> WatchedLeases::Parse(const v1::WatchLeasesRequest& request,
                                                   const Principal& principal, const State& state) {
  WatchedLeases leases;
  leases.own_ = principal.agent;
  ASSIGN_OR_RETURN(leases.agents_,
                   ParseNamed(request.agent(), "agents/", EntityKind::kAgent, state));
  ASSIGN_OR_RETURN(leases.secrets_,
                   ParseNamed(request.secret(), "secrets/", EntityKind::kSecret, state));
  if (!request.workflow().empty()) {
    ASSIGN_OR_RETURN(Name name, Name::ParseResource(request.workflow(), "workflows/"));
    leases.any_workflow_ = false;
    leases.workflow_ = state.texts().Find(ledger::v1::TEXT_KIND_WORKFLOW, name.value());
  }
  return leases;
}

bool WatchedLeases::Match(const Lease& lease) const {
  return (own_.empty() || lease.agent == own_) && agents_.Has(lease.agent) &&
         secrets_.Has(lease.secret) && (any_workflow_ || lease.workflow == workflow_);
}

LeaseWatch::LeaseWatch(LeaseAuthority& authority, Store& store, const PageTokens& tokens,
                       const v1::WatchLeasesRequest& request, StreamHolder& holder,
                       StreamCall<v1::WatchLeasesEvent>& call)
    : authority_(authority),
      store_(store),
      tokens_(tokens),
      request_(request),
      holder_(holder),
      call_(call),
      question_(QuestionOf(request, {"resume_token"})) {}

absl::Status LeaseWatch::Run() {
  RETURN_IF_ERROR(holder_.CheckNotHeld());
  RETURN_IF_ERROR(Begin());
  while (true) {
    const uint64_t size =
        authority_.published().AwaitMoreThan(place_.next, OpenStreams::kLookInterval);
    RETURN_IF_ERROR(call_.Alive());
    RETURN_IF_ERROR(holder_.CheckAdmitted());
    if (size > place_.next) {
      RETURN_IF_ERROR(Follow(size));
    }
    if (place_.next >= size) {
      // An agent that was stopped is told first which of its leases that ended.
      RETURN_IF_ERROR(holder_.CheckNotHeld());
    }
    if (absl::Now() - last_write_ >= kHeartbeatInterval) {
      RETURN_IF_ERROR(Heartbeat());
    }
  }
}

absl::Status LeaseWatch::Begin() {
  ASSIGN_OR_RETURN(
      std::optional<WatchPlace> place,
      ParseResumeToken(tokens_, question_, authority_.published(), request_.resume_token()));
  authority_.published().Read([&](const PublishedState::View& view) {
    epoch_ = view.state.epoch();
    place_.next = view.head.size;
  });
  if (place.has_value()) {
    place_ = *place;
  }
  RETURN_IF_ERROR(Parse());
  FindDelegated();
  return place.has_value() ? Heartbeat() : TellExisting();
}

absl::Status LeaseWatch::TellExisting() {
  const uint64_t newest = NewestLease(authority_.published()).value();
  const UnixMillis now = authority_.Now();
  uint64_t told = 0;
  RETURN_IF_ERROR(Walk(
      newest, [](size_t i) { return LeaseNumber(i + 1); },
      [&](const State& state, const Lease& lease) {
        return lease.issue_index.value() < place_.next && leases_.Match(lease) &&
               state.CheckLease(lease, now).ok();
      },
      [&](LeaseNumber, v1::Lease lease) {
        ++told;
        v1::WatchLeasesEvent event;
        *event.mutable_existing() = std::move(lease);
        return Write(std::move(event));
      }));
  v1::WatchLeasesEvent end;
  end.mutable_snapshot_end()->set_leases(told);
  end.set_resume_token(TokenAt(place_));
  return Write(std::move(end));
}

void LeaseWatch::FindDelegated() {
  const uint64_t newest = NewestLease(authority_.published()).value();
  for (uint64_t next = 1; next <= newest;) {
    authority_.published().Read([&](const PublishedState::View& view) {
      const uint64_t end = std::min<uint64_t>(newest, next + kPieceLeases - 1);
      for (; next <= end; ++next) {
        const Lease& lease = *view.state.leases().Find(LeaseNumber(next));
        // Those behind it come with their entries.
        if (!lease.terms->parent.empty() && leases_.Match(lease) &&
            lease.issue_index.value() < place_.next) {
          delegated_.push_back(lease.number);
        }
      }
    });
  }
}

absl::Status LeaseWatch::Parse() {
  return authority_.published().Read([&](const PublishedState::View& view) -> absl::Status {
    // Names of workflows come with leases, those of agents and secrets before.
    const size_t entities = view.state.entities().all().size();
    if (entities == entities_ && request_.workflow().empty()) {
      return absl::OkStatus();
    }
    entities_ = entities;
    ASSIGN_OR_RETURN(leases_, WatchedLeases::Parse(request_, call_.principal(), view.state));
    return absl::OkStatus();
  });
}

absl::Status LeaseWatch::Follow(uint64_t size) {
  RETURN_IF_ERROR(Parse());
  const uint64_t end = std::min(size, place_.next + kEntriesMax);
  ASSIGN_OR_RETURN(std::vector<LeaseChange> changes,
                   ReadChanges(store_, authority_.published(), place_.next, end));
  for (const LeaseChange& change : changes) {
    const uint64_t index = change.index().value();
    if (index > place_.next) {
      place_ = {.next = index};
    }
    RETURN_IF_ERROR(TellChange(change));
    place_ = {.next = index + 1};
  }
  place_ = {.next = end};
  return absl::OkStatus();
}

absl::Status LeaseWatch::TellChange(const LeaseChange& change) {
  auto wanted = [&](const State& state, const Lease& lease) {
    return lease.number.value() > place_.told && leases_.Match(lease) &&
           change.Changed(state, lease);
  };
  auto tell = [&](LeaseNumber number, v1::Lease lease) {
    v1::WatchLeasesEvent event;
    *event.mutable_changed() = std::move(lease);
    event.set_index(change.index().value());
    event.set_resume_token(TokenAt({.next = change.index().value(), .told = number.value()}));
    return Write(std::move(event));
  };
  if (change.reach() == LeaseChange::Reach::kMany) {
    return Walk(
        NewestLease(authority_.published()).value(), [](size_t i) { return LeaseNumber(i + 1); },
        wanted, tell);
  }
  std::vector<LeaseNumber> numbers = {change.lease()};
  authority_.published().Read([&](const PublishedState::View& view) {
    const LeaseTable& leases = view.state.leases();
    const Lease& lease = *leases.Find(change.lease());
    if (change.reach() == LeaseChange::Reach::kBelow) {
      std::erase_if(delegated_, [&](LeaseNumber number) {
        return leases.Find(number)->expire_time <= change.time();
      });
      // A lease has a smaller number than those below it, and may have been delegated itself.
      numbers.insert(numbers.end(),
                     std::upper_bound(delegated_.begin(), delegated_.end(), change.lease()),
                     delegated_.end());
    } else if (lease.issue_index == change.index() && !lease.terms->parent.empty() &&
               leases_.Match(lease)) {
      delegated_.push_back(lease.number);
    }
  });
  return Walk(
      numbers.size(), [&](size_t i) { return numbers[i]; }, wanted, tell);
}

absl::Status LeaseWatch::Walk(size_t count, absl::FunctionRef<LeaseNumber(size_t)> number_at,
                              Wanted wanted, Tell tell) {
  for (size_t next = 0; next < count;) {
    std::vector<std::pair<LeaseNumber, v1::Lease>> found;
    const UnixMillis now = authority_.Now();
    authority_.published().Read([&](const PublishedState::View& view) {
      const size_t end = std::min(count, next + kPieceLeases);
      for (; next < end && found.size() < kFoundMax; ++next) {
        const Lease& lease = *view.state.leases().Find(number_at(next));
        if (wanted(view.state, lease)) {
          found.emplace_back(lease.number, DescribeLease(view.state, lease, now));
        }
      }
    });
    for (auto& [number, lease] : found) {
      RETURN_IF_ERROR(tell(number, std::move(lease)));
    }
    RETURN_IF_ERROR(call_.Alive());
  }
  return absl::OkStatus();
}

absl::Status LeaseWatch::Heartbeat() {
  v1::WatchLeasesEvent event;
  event.mutable_heartbeat()->set_tree_size(place_.next);
  event.set_resume_token(TokenAt(place_));
  return Write(std::move(event));
}

absl::Status LeaseWatch::Write(v1::WatchLeasesEvent event) {
  RETURN_IF_ERROR(call_.Write(event));
  last_write_ = absl::Now();
  return absl::OkStatus();
}

std::string LeaseWatch::TokenAt(WatchPlace place) const {
  return MakeResumeToken(tokens_, question_, epoch_, place);
}

}  // namespace leasehold
