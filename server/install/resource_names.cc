#include "server/install/resource_names.h"

#include "server/base/str_cat.h"
#include "server/leases/state/entity_kind_words.h"

namespace leasehold {

std::string ResourceNameOf(const Entity& entity) {
  return StrCat(WordsOf(entity.kind).collection, entity.name);
}

std::string ResourceNameOf(const Selector& held, const State& state) {
  const Selector::Parts& parts = held.parts();
  switch (held.kind()) {
    case Selector::Kind::kWorkflow:
      return StrCat(kWorkflows, state.texts().Get(parts.workflow));
    case Selector::Kind::kUser:
      return StrCat(kUsers, state.texts().Get(parts.user));
    case Selector::Kind::kAgent:
    case Selector::Kind::kGroup:
    case Selector::Kind::kSecret: {
      const Entity* entity = state.entities().Find(EntityUid(held.mark().id));
      return entity == nullptr ? "" : ResourceNameOf(*entity);
    }
    default:
      return "";  // cannot be held
  }
}

}  // namespace leasehold
