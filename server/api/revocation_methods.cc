#include "server/api/revocation_methods.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "server/api/names.h"
#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/active_leases.h"
#include "server/leases/operations/revoke.h"

namespace leasehold {
namespace {

constexpr std::string_view kRevocations = "revocations/";
constexpr size_t kRequestIdBytesMax = 128;
constexpr int kPageSizeDefault = 100;
constexpr int kPageSizeMax = 1000;

// The epoch in which the entry at `index` was written.
Epoch EpochAt(const State& state, LogIndex index) {
  Epoch epoch;
  for (const EpochInfo& info : state.epochs()) {
    if (info.first_index <= index) {
      epoch = info.epoch;
    }
  }
  return epoch;
}

// How many leases the revocation ended: those that it covers, that were not over by then, and that
// nothing before it had ended. A lease that cannot be used is neither renewed nor released, so what
// is known of it now held at that moment too.
uint64_t CountEnded(const PublishedState& published, const Revocation& revocation) {
  Watermarks earlier = published.Read([&](const PublishedState::View& view) {
    Watermarks marks;
    for (const Revocation& mark : view.state.watermarks().All()) {
      if (mark.number == 0 && mark.index < revocation.index) {
        marks.Raise(mark);  // the clock's
      }
    }
    for (const Revocation& other : view.state.revocations()) {
      if (other.index < revocation.index) {
        marks.Raise(other);
      }
    }
    return marks;
  });
  return CountLeases(published, revocation.through, [&](const State& state, const Lease& lease) {
    return revocation.selector.Matches(lease) && !lease.released &&
           revocation.time < lease.expire_time && earlier.Covering(lease) == nullptr &&
           state.epochs()[lease.epoch_ordinal].epoch == EpochAt(state, revocation.index);
  });
}

std::string_view SelectorWord(Selector::Kind kind) {
  switch (kind) {
    case Selector::Kind::kAll:
      return "all";
    case Selector::Kind::kLease:
      return "lease";
    case Selector::Kind::kAgent:
      return "agent";
    case Selector::Kind::kSecret:
      return "secret";
    case Selector::Kind::kWorkflow:
      return "workflow";
  }
  return "other";
}

v1::Revocation Describe(const State& state, const Revocation& revocation) {
  v1::Revocation proto;
  proto.set_name(StrCat(kRevocations, revocation.number));
  SelectorToProto(state, revocation.selector, proto.mutable_selector());
  proto.set_reason(std::string(state.texts().Get(revocation.reason)));
  proto.set_index(revocation.index.value());
  proto.set_through(revocation.through.value());
  proto.set_hold(revocation.hold);
  ToProto(revocation.time, proto.mutable_create_time());
  proto.set_actor(std::string(state.texts().Get(revocation.actor)));
  return proto;
}

// A page token of holds is the index of the last one shown.
absl::StatusOr<uint64_t> ParseHoldToken(const std::string& token) {
  uint64_t index = 0;
  auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (!token.empty() && (error != std::errc() || end != token.data() + token.size())) {
    return Error(Reason::kPageTokenInvalid, "page_token is not one that ListHolds gave");
  }
  return index;
}

}  // namespace

void RevocationMethods::Revoke(const Principal& principal, const v1::RevokeRequest& request,
                               Done<v1::Revocation> done) {
  if (request.dry_run()) {
    std::move(done)(DryRun(request));
    return;
  }
  auto parse = [&]() -> absl::StatusOr<RevokeRequest> {
    RevokeRequest parsed{
        .principal = principal, .reason = request.reason(), .leases_only = request.leases_only()};
    ASSIGN_OR_RETURN(parsed.selector, ParseSelector(request.selector()));
    if (request.reason().empty()) {
      return Error(Reason::kInvalidArgument, "reason is required: say why, for those who read it");
    }
    RETURN_IF_ERROR(Text::Parse(request.reason(), "reason").status());
    if (request.request_id().size() > kRequestIdBytesMax) {
      return Error(Reason::kInvalidArgument,
                   StrCat("request_id has at most ", kRequestIdBytesMax, " bytes"));
    }
    parsed.request_hash =
        RequestHash(principal.name, "Revoke", request.request_id(), request.SerializeAsString());
    return parsed;
  };
  absl::StatusOr<RevokeRequest> parsed = parse();
  if (!parsed.ok()) {
    std::move(done)(parsed.status());
    return;
  }
  authority_.Submit<uint64_t>(
      Urgency::kUrgent,
      [parsed = *parsed](Transaction& tx) { return leasehold::Revoke(tx, parsed); },
      [this, word = SelectorWord(parsed->selector.kind), start = absl::Now(),
       done = std::move(done)](absl::StatusOr<uint64_t> number) mutable {
        if (!number.ok()) {
          std::move(done)(number.status());
          return;
        }
        observer_(word, absl::Now() - start);
        std::move(done)(authority_.published().Read([&](const PublishedState::View& view) {
          return Describe(view.state, view.state.revocations()[*number - 1]);
        }));
      });
}

absl::StatusOr<v1::Revocation> RevocationMethods::DryRun(const v1::RevokeRequest& request) {
  ASSIGN_OR_RETURN(SelectorNames names, ParseSelector(request.selector()));
  UnixMillis now = authority_.Now();
  v1::Revocation dry;
  dry.set_reason(request.reason());
  absl::StatusOr<Selector> selector =
      authority_.published().Read([&](const PublishedState::View& view) {
        absl::StatusOr<Selector> found = ResolveSelector(view.state, names);
        if (found.ok()) {
          SelectorToProto(view.state, *found, dry.mutable_selector());
        }
        return found;
      });
  RETURN_IF_ERROR(selector.status());
  LeaseNumber through = NewestLease(authority_.published());
  dry.set_through(through.value());
  dry.set_hold(selector->CanHold() && !request.leases_only());
  dry.set_covered_leases(
      CountLeases(authority_.published(), through, [&](const State& state, const Lease& lease) {
        return selector->Matches(lease) && state.CheckLease(lease, now).ok();
      }));
  dry.set_counted(true);
  return dry;
}

absl::StatusOr<v1::Revocation> RevocationMethods::GetRevocation(
    const v1::GetRevocationRequest& request) {
  std::string_view name = request.name();
  uint64_t number = 0;
  if (name.starts_with(kRevocations)) {
    name.remove_prefix(kRevocations.size());
    auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc() || end != name.data() + name.size()) {
      number = 0;
    }
  }
  if (number == 0) {
    return Error(Reason::kInvalidArgument, "a revocation is named revocations/{number}");
  }
  std::optional<Revocation> revocation;
  v1::Revocation proto;
  authority_.published().Read([&](const PublishedState::View& view) {
    if (number <= view.state.revocations().size()) {
      revocation = view.state.revocations()[number - 1];
      proto = Describe(view.state, *revocation);
    }
  });
  if (!revocation.has_value()) {
    return Error(Reason::kNotFound, "there is no such revocation");
  }
  proto.set_covered_leases(CountEnded(authority_.published(), *revocation));
  proto.set_counted(true);
  return proto;
}

void RevocationMethods::Resume(const Principal& principal, const v1::ResumeRequest& request,
                               Done<v1::ResumeResponse> done) {
  auto parse = [&]() -> absl::StatusOr<ResumeRequest> {
    ResumeRequest parsed{.principal = principal, .reason = request.reason()};
    ASSIGN_OR_RETURN(parsed.selector, ParseSelector(request.selector()));
    if (request.reason().empty()) {
      return Error(Reason::kInvalidArgument, "reason is required: say why, for those who read it");
    }
    RETURN_IF_ERROR(Text::Parse(request.reason(), "reason").status());
    return parsed;
  };
  absl::StatusOr<ResumeRequest> parsed = parse();
  if (!parsed.ok()) {
    std::move(done)(parsed.status());
    return;
  }
  authority_.Submit<LogIndex>(
      Urgency::kNormal,
      [parsed = *std::move(parsed)](Transaction& tx) { return leasehold::Resume(tx, parsed); },
      [done = std::move(done)](absl::StatusOr<LogIndex> index) mutable {
        if (!index.ok()) {
          std::move(done)(index.status());
          return;
        }
        v1::ResumeResponse response;
        response.set_index(index->value());
        std::move(done)(std::move(response));
      });
}

absl::StatusOr<v1::ListHoldsResponse> RevocationMethods::ListHolds(
    const v1::ListHoldsRequest& request) {
  if (request.page_size() < 0 || request.page_size() > kPageSizeMax) {
    return Error(Reason::kInvalidArgument, StrCat("page_size must be 1 to ", kPageSizeMax));
  }
  size_t page_size = request.page_size() == 0 ? kPageSizeDefault : request.page_size();
  ASSIGN_OR_RETURN(uint64_t after, ParseHoldToken(request.page_token()));
  return authority_.published().Read([&](const PublishedState::View& view) {
    std::vector<const Hold*> holds;
    for (const auto& [selector, hold] : view.state.holds().all()) {
      if (hold.index.value() > after || request.page_token().empty()) {
        holds.push_back(&hold);
      }
    }
    std::sort(holds.begin(), holds.end(),
              [](const Hold* a, const Hold* b) { return a->index < b->index; });
    v1::ListHoldsResponse response;
    for (size_t i = 0; i < holds.size() && i < page_size; ++i) {
      v1::Hold* proto = response.add_holds();
      SelectorToProto(view.state, holds[i]->selector, proto->mutable_selector());
      proto->set_reason(std::string(view.state.texts().Get(holds[i]->reason)));
      proto->set_index(holds[i]->index.value());
      ToProto(holds[i]->time, proto->mutable_create_time());
      proto->set_actor(std::string(view.state.texts().Get(holds[i]->actor)));
    }
    if (holds.size() > page_size) {
      response.set_next_page_token(StrCat(holds[page_size - 1]->index.value()));
    }
    return response;
  });
}

}  // namespace leasehold
