#include "server/install/resource_names.h"

#include "server/base/str_cat.h"

namespace leasehold {
namespace {

std::string_view CollectionOf(EntityKind kind) {
  switch (kind) {
    case EntityKind::kAgent:
      return "agents/";
    case EntityKind::kGroup:
      return "groups/";
    case EntityKind::kSecret:
      return "secrets/";
    case EntityKind::kTarget:
      return "targets/";
  }
  return "";
}

}  // namespace

std::string ResourceNameOf(const Entity& entity) {
  return StrCat(CollectionOf(entity.kind), entity.name);
}

std::string ResourceNameOf(const Selector& held, const State& state) {
  switch (held.kind()) {
    case Selector::Kind::kWorkflow:
      return StrCat(kWorkflows, state.texts().Get(TextId(held.id())));
    case Selector::Kind::kAgent:
    case Selector::Kind::kSecret: {
      const Entity* entity = state.entities().Find(EntityUid(held.id()));
      return entity == nullptr ? "" : ResourceNameOf(*entity);
    }
    case Selector::Kind::kAll:
    case Selector::Kind::kLease:
      break;  // cannot be held
  }
  return "";
}

}  // namespace leasehold
