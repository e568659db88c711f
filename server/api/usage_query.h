#ifndef LEASEHOLD_SERVER_API_USAGE_QUERY_H_
#define LEASEHOLD_SERVER_API_USAGE_QUERY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
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

// UsageMap::CopyLines of the map that is asked, under its lock.
using UsageReader =
    absl::FunctionRef<void(uint32_t bucket, const UsageFilter& filter, std::vector<UsageLine>*)>;

// The answer, in the order of UsageGroups::Lines. Asks for each bucket once: who commits uses waits
// for the copying of one bucket at most, never for the adding and sorting. What is recorded
// meanwhile may be in the answer.
std::vector<UsageLine> AnswerUsage(UsageReader read, const UsageQuestion& question);

// Where a page ends: the last line shown, as bytes for a page token. Lines that are used meanwhile
// move to the front, where a caller who goes on does not see them again.
std::string UsagePlace(const UsageLine& line);
// How many of `lines` are at or before `place`. PAGE_TOKEN_INVALID.
absl::StatusOr<size_t> UsageStart(const std::vector<UsageLine>& lines, std::string_view place);

v1::UsageRow DescribeUsage(const State& state, const UsageQuestion& question,
                           const UsageLine& line);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_USAGE_QUERY_H_
