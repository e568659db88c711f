#include "server/leases/operations/standing.h"

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {

absl::Status HeldError(const Hold& hold) {
  return Error(
      Reason::kHeld,
      StrCat("new leases are on hold since entry ", hold.index.value(),
             "; do not retry, ask an operator to resume"),
      {.scope = ErrorDetail::Scope::kAgent, .metadata = {{"entry", StrCat(hold.index.value())}}});
}

}  // namespace leasehold
