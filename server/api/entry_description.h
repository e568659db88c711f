#ifndef LEASEHOLD_SERVER_API_ENTRY_DESCRIPTION_H_
#define LEASEHOLD_SERVER_API_ENTRY_DESCRIPTION_H_

#include <string>
#include <string_view>

#include "leasehold/ledger/v1/entry.pb.h"
#include "leasehold/v1/ledger.pb.h"
#include "server/base/ids.h"
#include "server/leases/state/state.h"

namespace leasehold {

// The entry at `index`, stored as `bytes`, with its ids resolved by `state`, into which it is
// folded already. What was deleted keeps its name; a text that was erased is shown as "(erased)".
v1::LedgerEntry DescribeEntry(LogIndex index, std::string_view bytes,
                              const ledger::v1::Entry& entry, const State& state);

// One line for people with what `entry` says beside the fields of LedgerEntry; may be empty.
std::string SummarizeEntry(LogIndex index, const ledger::v1::Entry& entry, const State& state);

// Names of what entries refer to; "" for an empty id.
std::string AgentName(const State& state, EntityUid uid);
std::string SecretName(const State& state, EntityUid uid);
std::string WorkflowName(const State& state, TextId id);
std::string TextOf(const State& state, TextId id);
// `targets/{id}`, `reveal`, `acquire`, another destination's text, or `undeclared`; "" for kAny.
std::string DestinationName(const State& state, const UsageDestination& destination);
// As ErrorInfo.reason; "REASON_{n}" for one of a later version, "" for 0.
std::string ReasonText(uint32_t number);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_ENTRY_DESCRIPTION_H_
