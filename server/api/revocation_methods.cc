#include "server/api/revocation_methods.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include "server/api/names.h"
#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/operations/revoke.h"
#include "server/leases/revocation_count.h"
#include "server/ledger/entry_codec.h"

namespace leasehold {
namespace {

constexpr std::string_view kRevocations = "revocations/";
constexpr size_t kRequestIdBytesMax = 128;
constexpr int kPageSizeDefault = 100;
constexpr int kPageSizeMax = 1000;

// A label of leasehold_revocations_total: a closed set.
std::string_view KindWord(Selector::Kind kind) {
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
    case Selector::Kind::kUser:
      return "user";
    case Selector::Kind::kGroup:
      return "group";
    case Selector::Kind::kVersion:
      return "version";
    case Selector::Kind::kPolicy:
      return "policy";
    case Selector::Kind::kCredential:
      return "credential";
    case Selector::Kind::kRun:
      return "run";
    case Selector::Kind::kAgentSecret:
      return "agent_secret";
    case Selector::Kind::kAgentWorkflow:
      return "agent_workflow";
    case Selector::Kind::kSecretWorkflow:
      return "secret_workflow";
    case Selector::Kind::kCombination:
      return "combination";
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
  proto.set_listed(revocation.selector.kind() == Selector::Kind::kCombination);
  if (!revocation.issued_before.empty()) {
    ToProto(revocation.issued_before, proto.mutable_issued_before());
  }
  return proto;
}

absl::StatusOr<UnixMillis> ParseIssuedBefore(const v1::RevokeRequest& request) {
  return request.has_issued_before() ? FromProto(request.issued_before(), "issued_before")
                                     : absl::StatusOr<UnixMillis>(UnixMillis());
}

// "revocations/{number}" of one that may exist.
absl::StatusOr<uint64_t> ParseRevocationName(std::string_view name) {
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
  return number;
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
    ASSIGN_OR_RETURN(parsed.issued_before, ParseIssuedBefore(request));
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
      [this, start = absl::Now(), done = std::move(done)](absl::StatusOr<uint64_t> number) mutable {
        if (!number.ok()) {
          std::move(done)(number.status());
          return;
        }
        Selector::Kind kind = Selector::Kind::kAll;
        v1::Revocation answer = authority_.published().Read([&](const PublishedState::View& view) {
          const Revocation& revocation = view.state.revocations()[*number - 1];
          kind = revocation.selector.kind();
          return Describe(view.state, revocation);
        });
        observer_(KindWord(kind), absl::Now() - start);
        std::move(done)(std::move(answer));
      });
}

absl::StatusOr<v1::Revocation> RevocationMethods::DryRun(const v1::RevokeRequest& request) {
  ASSIGN_OR_RETURN(SelectorNames names, ParseSelector(request.selector()));
  ASSIGN_OR_RETURN(UnixMillis issued_before, ParseIssuedBefore(request));
  v1::Revocation dry;
  absl::StatusOr<Revocation> would = authority_.published().Read(
      [&](const PublishedState::View& view) -> absl::StatusOr<Revocation> {
        ASSIGN_OR_RETURN(Selector selector, ResolveSelector(view.state, names));
        Revocation revocation = RevocationNow(view.state, selector, issued_before);
        revocation.hold = selector.CanHold() && !request.leases_only() && issued_before.empty();
        dry = Describe(view.state, revocation);
        return revocation;
      });
  RETURN_IF_ERROR(would.status());
  // As written: a policy in force that no lease was issued under has no number to be named by.
  *dry.mutable_selector() = request.selector();
  dry.clear_name();
  dry.clear_index();
  dry.clear_create_time();
  dry.set_reason(request.reason());
  const UnixMillis now = authority_.Now();
  RETURN_IF_ERROR(AddCount(CountDryRun(authority_.published(), *would, now), &dry));
  return dry;
}

absl::StatusOr<v1::Revocation> RevocationMethods::GetRevocation(
    const v1::GetRevocationRequest& request) {
  ASSIGN_OR_RETURN(uint64_t number, ParseRevocationName(request.name()));
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
  const CutStreams::Cuts cuts = authority_.cut_streams().Of(number);
  proto.set_streams_cut(cuts.streams);
  if (cuts.streams > 0) {
    ToProto(cuts.first, proto.mutable_first_cut_time());
    ToProto(cuts.last, proto.mutable_last_cut_time());
  }
  const UnixMillis now = authority_.Now();
  RETURN_IF_ERROR(AddCount(CountRevocation(authority_.published(), *revocation, now), &proto));
  return proto;
}

absl::Status RevocationMethods::AddCount(const RevocationCount& count, v1::Revocation* proto) {
  proto->set_covered_leases(count.ended);
  proto->set_counted(true);
  authority_.published().Read([&](const PublishedState::View& view) {
    for (const VersionKey& key : count.revealed) {
      proto->add_revealed_versions(
          VersionName(view.state.entities().Find(key.secret)->name, key.number));
    }
  });
  if (count.last_allowed_use.value() == 0) {
    return absl::OkStatus();
  }
  proto->set_last_allowed_use(count.last_allowed_use.value());
  ASSIGN_OR_RETURN(const std::unique_ptr<StoreView> view, store_.NewView());
  return view->ReadEntries(
      count.last_allowed_use.value(), count.last_allowed_use.value() + 1,
      [&](uint64_t index, std::string_view bytes) -> absl::Status {
        ASSIGN_OR_RETURN(const ledger::v1::Entry entry, DecodeEntry(AsBytes(bytes)));
        authority_.published().Read([&](const PublishedState::View& published) {
          ToProto(published.state.TimeOf(LogIndex(index), entry),
                  proto->mutable_last_allowed_use_time());
        });
        return absl::OkStatus();
      });
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
