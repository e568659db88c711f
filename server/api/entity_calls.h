#ifndef LEASEHOLD_SERVER_API_ENTITY_CALLS_H_
#define LEASEHOLD_SERVER_API_ENTITY_CALLS_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "google/protobuf/empty.pb.h"
#include "server/api/page_token.h"
#include "server/api/submit_call.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/operations/entities.h"

namespace leasehold {

// What secrets, agents, groups and targets have in common. `describe(state, entity, now)` makes the
// API's message of an entity.

template <typename Message>
using DescribeEntity = Message (*)(const State& state, const Entity& entity, UnixMillis now);

// Creates with CreateEntity, or changes with UpdateEntity.
using WriteEntity = absl::StatusOr<EntityUid> (*)(Transaction& tx, const EntityWrite& write);

template <typename Message>
void WriteCall(LeaseAuthority& authority, std::shared_ptr<UnaryCall<Message>> call,
               absl::StatusOr<EntityWrite> write, WriteEntity apply,
               DescribeEntity<Message> describe) {
  if (!write.ok()) {
    call->Finish(write.status());
    return;
  }
  SubmitCall<EntityUid>(
      authority, Urgency::kNormal, std::move(call),
      [write = *std::move(write), apply](Transaction& tx) { return apply(tx, write); },
      [describe, now = authority.Now()](const State& state, EntityUid uid) {
        return describe(state, *state.entities().Find(uid), now);
      });
}

using EmptyCall = std::shared_ptr<UnaryCall<google::protobuf::Empty>>;
void DeleteCall(LeaseAuthority& authority, EmptyCall call, EntityKind kind,
                absl::StatusOr<Name> name, std::string_view etag);

// The living entity; NOT_FOUND.
absl::StatusOr<const Entity*> FindEntity(const State& state, EntityKind kind, const Name& name);

template <typename Message>
absl::StatusOr<Message> ReadEntity(LeaseAuthority& authority, EntityKind kind,
                                   const absl::StatusOr<Name>& name,
                                   DescribeEntity<Message> describe) {
  RETURN_IF_ERROR(name.status());
  UnixMillis now = authority.Now();
  return authority.published().Read(
      [&](const PublishedState::View& view) -> absl::StatusOr<Message> {
        ASSIGN_OR_RETURN(const Entity* entity, FindEntity(view.state, kind, *name));
        return describe(view.state, *entity, now);
      });
}

// A page of the living entities of `kind` by name; `add(message)` puts one into the response.
template <typename Response, typename Message, typename Request, typename Add>
absl::StatusOr<Response> ListEntities(LeaseAuthority& authority, const PageTokens& tokens,
                                      const Request& request, EntityKind kind,
                                      DescribeEntity<Message> describe, Add add) {
  ASSIGN_OR_RETURN(size_t page_size, ParsePageSize(request.page_size()));
  const std::string question = QuestionOf(request);
  ASSIGN_OR_RETURN(std::string after, tokens.Parse(question, request.page_token()));
  UnixMillis now = authority.Now();
  Response response;
  std::string last;
  bool more = authority.published().Read([&](const PublishedState::View& view) {
    const auto& by_name = view.state.entities().ByName(kind);
    auto it = by_name.upper_bound(after);  // "" stands before every name
    for (; it != by_name.end() && page_size > 0; ++it, --page_size) {
      add(response, describe(view.state, *view.state.entities().Find(it->second), now));
      last = it->first;
    }
    return it != by_name.end();
  });
  if (more) {
    response.set_next_page_token(tokens.Make(question, last));
  }
  return response;
}

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_ENTITY_CALLS_H_
