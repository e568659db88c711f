#ifndef LEASEHOLD_SERVER_LEASES_STATE_SNAPSHOT_ROWS_H_
#define LEASEHOLD_SERVER_LEASES_STATE_SNAPSHOT_ROWS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "leasehold/ledger/v1/snapshot.pb.h"
#include "server/leases/state/approvals.h"
#include "server/leases/state/credential_table.h"
#include "server/leases/state/entity_table.h"
#include "server/leases/state/holds.h"
#include "server/leases/state/key_history.h"
#include "server/leases/state/policy_history.h"
#include "server/leases/state/rate_windows.h"
#include "server/leases/state/request_ids.h"
#include "server/leases/state/version_table.h"
#include "server/leases/state/watermarks.h"

namespace leasehold {

// The bytes of snapshot rows, one pair of functions a table.

// 8 bytes big-endian, so that rows are ordered by number.
std::string NumberKey(uint64_t number);

ledger::v1::RevocationRow ToRow(const Revocation& revocation);
// False where the row makes no sense.
bool FromRow(const ledger::v1::RevocationRow& row, Revocation* revocation);

ledger::v1::HoldRow ToRow(const Hold& hold);
bool FromRow(const ledger::v1::HoldRow& row, Hold* hold);

// Names and bodies are not in the row: they come from texts and bodies.
ledger::v1::EntityRow ToRow(const Entity& entity);
bool FromRow(const ledger::v1::EntityRow& row, Entity* entity);

ledger::v1::CredentialRow ToRow(const Credential& credential);
bool FromRow(const ledger::v1::CredentialRow& row, Credential* credential);

ledger::v1::VersionInfoRow ToRow(EntityUid secret, const VersionInfo& version);
bool FromRow(const ledger::v1::VersionInfoRow& row, VersionInfo* version);

ledger::v1::PolicyRow ToRow(const PolicyRevisionInfo& info);
bool FromRow(const ledger::v1::PolicyRow& row, PolicyRevisionInfo* info);

ledger::v1::RateCounterRow ToRow(const RateCounter& counter);
// Whether the counter makes sense otherwise, RateWindows sees.
bool FromRow(const ledger::v1::RateCounterRow& row, RateCounter* counter);

ledger::v1::ApprovalRow ToRow(const Approval& approval);
bool FromRow(const ledger::v1::ApprovalRow& row, Approval* approval);

ledger::v1::KeyChangeRow ToRow(const KeyChange& change);
bool FromRow(const ledger::v1::KeyChangeRow& row, KeyChange* change);

ledger::v1::RequestRow ToRow(const RequestIds::Made& made);
RequestIds::Made FromRow(const ledger::v1::RequestRow& row);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_SNAPSHOT_ROWS_H_
