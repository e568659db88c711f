#ifndef LEASEHOLD_SERVER_API_USAGE_QUERY_H_
#define LEASEHOLD_SERVER_API_USAGE_QUERY_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "leasehold/v1/ledger.pb.h"
#include "server/leases/state/state.h"
#include "server/ledger/usage_map.h"

namespace leasehold {

// The condition and split of a QueryUsageRequest by ids. A name means everything that ever had it;
// see EverNamed.
struct UsageQuestion {
  std::vector<EntityUid> agents;  // empty = no condition
  std::vector<EntityUid> secrets;
  std::vector<UsageDestination> destinations;
  TextId workflow;
  UsageGroupBy group_by;
  // Whether it names something that never existed: the answer has no rows.
  bool nothing = false;
};
// INVALID_ARGUMENT names the field.
absl::StatusOr<UsageQuestion> ParseUsageQuestion(const v1::QueryUsageRequest& request,
                                                 const State& state);

// The answer, in the order of UsageMap::Query.
std::vector<UsageLine> AnswerUsage(const UsageMap& usage, const UsageQuestion& question);

// Where a page ends: the last line shown, as bytes for a page token. Lines that are used meanwhile
// move to the front, where a caller who goes on does not see them again.
std::string UsagePlace(const UsageLine& line);
// How many of `lines` are at or before `place`. PAGE_TOKEN_INVALID.
absl::StatusOr<size_t> UsageStart(const std::vector<UsageLine>& lines, std::string_view place);

v1::UsageRow DescribeUsage(const State& state, const UsageQuestion& question,
                           const UsageLine& line);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_USAGE_QUERY_H_
