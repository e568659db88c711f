#include "server/api/entity_calls.h"

#include "server/api/request_checks.h"
#include "server/leases/state/entity_kind_words.h"

namespace leasehold {

absl::StatusOr<const Entity*> FindEntity(const State& state, EntityKind kind, const Name& name) {
  const Entity* entity = state.entities().FindByName(kind, name.value());
  if (entity == nullptr) {
    return Error(Reason::kNotFound, StrCat("there is no ", WordsOf(kind).collection, name.value()));
  }
  return entity;
}

void DeleteCall(LeaseAuthority& authority, EmptyCall call, EntityKind kind,
                absl::StatusOr<Name> name, std::string_view etag) {
  absl::StatusOr<std::optional<LogIndex>> condition = ParseEtag(etag);
  if (!name.ok() || !condition.ok()) {
    call->Finish(name.ok() ? condition.status() : name.status());
    return;
  }
  EntityDelete request{
      .principal = call->principal(), .kind = kind, .name = *std::move(name), .etag = *condition};
  SubmitCall<EntityUid>(
      authority, Urgency::kNormal, std::move(call),
      [request = std::move(request)](Transaction& tx) { return DeleteEntity(tx, request); },
      [](const State&, EntityUid) { return google::protobuf::Empty(); });
}

}  // namespace leasehold
