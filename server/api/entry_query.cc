#include "server/api/entry_query.h"

#include <algorithm>
#include <string>

#include "server/api/names.h"
#include "server/api/request_checks.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/ledger/entry_codec.h"

namespace leasehold {
namespace {

bool IsIn(const std::vector<EntityUid>& uids, EntityUid uid) {
  return uids.empty() || std::find(uids.begin(), uids.end(), uid) != uids.end();
}

bool AnyMayBeIn(const BlockSummary& block, EntryFilter filter, EntityUid EntryFilter::*field,
                const std::vector<EntityUid>& uids) {
  return uids.empty() || std::any_of(uids.begin(), uids.end(), [&](EntityUid uid) {
           filter.*field = uid;
           return block.MayContain(filter);
         });
}

absl::Status ParseKinds(const v1::ListEntriesRequest& request, EntryFilter& filter) {
  for (const std::string& name : request.kinds()) {
    std::optional<EntryKind> kind = ParseEntryKind(name);
    if (!kind.has_value()) {
      std::string known;
      for (EntryKind each : AllEntryKinds()) {
        StrAppend(&known, known.empty() ? "" : ", ", EntryKindName(each));
      }
      return Error(Reason::kInvalidArgument,
                   StrCat("kinds has a name that no kind of entry has; there are ", known));
    }
    filter.kinds |= uint64_t{1} << static_cast<int>(*kind);
  }
  return absl::OkStatus();
}

absl::Status ParseTimes(const v1::ListEntriesRequest& request, EntryFilter& filter) {
  if (request.has_start_time()) {
    ASSIGN_OR_RETURN(UnixMillis start, FromProto(request.start_time(), "start_time"));
    filter.start = start.ToTime();
  }
  if (request.has_end_time()) {
    ASSIGN_OR_RETURN(UnixMillis end, FromProto(request.end_time(), "end_time"));
    filter.end = end.ToTime();
  }
  return absl::OkStatus();
}

// Fills `uids` with what ever had the name; false where nothing had.
absl::StatusOr<bool> ParseEntity(const std::string& resource, std::string_view collection,
                                 EntityKind kind, const State& state,
                                 std::vector<EntityUid>& uids) {
  if (resource.empty()) {
    return true;
  }
  ASSIGN_OR_RETURN(Name name, Name::ParseResource(resource, collection));
  uids = EverNamed(state, kind, name.value());
  return !uids.empty();
}

}  // namespace

std::vector<EntityUid> EverNamed(const State& state, EntityKind kind, std::string_view name) {
  std::vector<EntityUid> uids;
  for (const auto& entity : state.entities().all()) {
    if (entity->kind == kind && entity->name == name) {
      uids.push_back(entity->uid);
    }
  }
  return uids;
}

absl::StatusOr<std::optional<EntryQuery>> EntryQuery::Parse(const v1::ListEntriesRequest& request,
                                                            const State& state) {
  EntryQuery query;
  query.filter_.denied_only = request.denied_only();
  RETURN_IF_ERROR(ParseKinds(request, query.filter_));
  RETURN_IF_ERROR(ParseTimes(request, query.filter_));
  bool exists = true;
  auto also = [&](bool found) { exists = exists && found; };
  ASSIGN_OR_RETURN(bool agent, ParseEntity(request.agent(), "agents/", EntityKind::kAgent, state,
                                           query.agents_));
  ASSIGN_OR_RETURN(bool secret, ParseEntity(request.secret(), "secrets/", EntityKind::kSecret,
                                            state, query.secrets_));
  ASSIGN_OR_RETURN(bool target, ParseEntity(request.target(), "targets/", EntityKind::kTarget,
                                            state, query.targets_));
  also(agent && secret && target);
  if (!request.workflow().empty()) {
    ASSIGN_OR_RETURN(Name name, Name::ParseResource(request.workflow(), "workflows/"));
    query.filter_.workflow = state.texts().Find(ledger::v1::TEXT_KIND_WORKFLOW, name.value());
    also(!query.filter_.workflow.empty());
  }
  if (!request.lease().empty()) {
    ASSIGN_OR_RETURN(LeaseId id, ParseLeaseName(request.lease()));
    const Lease* lease = state.leases().Find(id.number);
    also(lease != nullptr && state.EpochOf(*lease) == id.epoch);
    query.filter_.lease = id.number;
  }
  if (!exists) {
    return std::optional<EntryQuery>();
  }
  const EntryFilter& filter = query.filter_;
  query.narrow_ = filter.kinds != 0 || filter.denied_only || filter.start.has_value() ||
                  filter.end.has_value() || !filter.workflow.empty() || !filter.lease.empty() ||
                  !query.agents_.empty() || !query.secrets_.empty() || !query.targets_.empty();
  return std::optional<EntryQuery>(std::move(query));
}

bool EntryQuery::Matches(const EntryFacts& facts) const {
  return filter_.Matches(facts) && IsIn(agents_, facts.agent) && IsIn(secrets_, facts.secret) &&
         IsIn(targets_, facts.target);
}

bool EntryQuery::MayBeIn(const BlockSummary& block) const {
  return block.MayContain(filter_) && AnyMayBeIn(block, filter_, &EntryFilter::agent, agents_) &&
         AnyMayBeIn(block, filter_, &EntryFilter::secret, secrets_) &&
         AnyMayBeIn(block, filter_, &EntryFilter::target, targets_);
}

}  // namespace leasehold
