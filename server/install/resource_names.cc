#include "server/install/resource_names.h"

#include "server/base/str_cat.h"
#include "server/leases/state/entity_kind_words.h"

namespace leasehold {

std::string ResourceNameOf(const Entity& entity) {
  return StrCat(WordsOf(entity.kind).collection, entity.name);
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
