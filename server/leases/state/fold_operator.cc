// What entries about people and the rules by which callers are known do to the state.

#include <algorithm>

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/leases/state/fold_error.h"
#include "server/leases/state/state.h"

namespace leasehold {

using ledger::v1::Entry;

absl::Status State::FoldOperator(LogIndex index, const Entry& entry) {
  switch (entry.kind_case()) {
    case Entry::kRoleChanged: {
      const ledger::v1::RoleChanged& changed = entry.role_changed();
      const TextId principal(changed.principal());
      if (texts_.KindOf(principal) != ledger::v1::TEXT_KIND_PRINCIPAL ||
          changed.role() > static_cast<uint32_t>(Role::kAuditor)) {
        return FoldError(index, "gives a role that is none, or to nobody");
      }
      operators_.Set(principal, static_cast<Role>(changed.role()));
      return absl::OkStatus();
    }
    case Entry::kConfigLoaded: {
      const std::string& hash = entry.config_loaded().rules_hash();
      if (hash.size() != identity_rules_.size()) {
        return FoldError(index, "holds a hash of the wrong length");
      }
      std::copy(hash.begin(), hash.end(), identity_rules_.begin());
      return absl::OkStatus();
    }
    case Entry::kCredentialIssued: {
      // A session is issued by the person to whom it belongs, so the actor says whose it is.
      const ledger::v1::CredentialIssued& issued = entry.credential_issued();
      const TextId principal(issued.control().actor());
      Credential session{.id = CredentialId(issued.credential()),
                         .expire_time = EndAt(issued.expire_time_ms()),
                         .kind = issued.kind(),
                         .principal = principal};
      if (session.id != credentials_.next() || issued.agent() != 0 || session.expire_time.empty() ||
          operators_.RoleOf(principal) == Role::kNone ||
          issued.token_hash().size() != session.token_hash.size()) {
        return FoldError(index, "issues a session out of order, without an end or to nobody");
      }
      std::copy(issued.token_hash().begin(), issued.token_hash().end(), session.token_hash.begin());
      credentials_.Add(session);
      requests_.Add({issued.control().request_hash(), index, last_time_, issued.credential()});
      return absl::OkStatus();
    }
    default:
      return FoldError(index, "is not about an operator");
  }
}

}  // namespace leasehold
