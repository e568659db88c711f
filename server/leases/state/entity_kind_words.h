#ifndef LEASEHOLD_SERVER_LEASES_STATE_ENTITY_KIND_WORDS_H_
#define LEASEHOLD_SERVER_LEASES_STATE_ENTITY_KIND_WORDS_H_

#include <string_view>

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/leases/state/entity_table.h"

namespace leasehold {

// What belongs to each kind of entity.
struct EntityKindWords {
  std::string_view word;        // "agent"
  std::string_view collection;  // "agents/", before the Name in a resource name
  ledger::v1::TextKind text;    // of its Name in the ledger
};

// The one table of it.
constexpr EntityKindWords WordsOf(EntityKind kind) {
  switch (kind) {
    case EntityKind::kAgent:
      return {"agent", "agents/", ledger::v1::TEXT_KIND_AGENT};
    case EntityKind::kGroup:
      return {"group", "groups/", ledger::v1::TEXT_KIND_GROUP};
    case EntityKind::kSecret:
      return {"secret", "secrets/", ledger::v1::TEXT_KIND_SECRET};
    case EntityKind::kTarget:
      return {"target", "targets/", ledger::v1::TEXT_KIND_TARGET};
  }
  // A number that is no kind, as an entry may hold one.
  return {"thing", "", ledger::v1::TEXT_KIND_UNSPECIFIED};
}

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_ENTITY_KIND_WORDS_H_
