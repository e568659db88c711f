#ifndef LEASEHOLD_SERVER_API_WATCH_PLACE_H_
#define LEASEHOLD_SERVER_API_WATCH_PLACE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/api/page_token.h"
#include "server/base/ids.h"
#include "server/leases/published_state.h"

namespace leasehold {

// Says that a watch is alive while it has nothing to tell.
inline constexpr absl::Duration kHeartbeatInterval = absl::Seconds(1);

// Where a watch has come to: every entry below `next` was told, and of that one, which may concern
// many leases, those up to number `told`.
struct WatchPlace {
  uint64_t next = 0;
  uint64_t told = 0;
};

// A place as a token that is good for the same question to the same epoch; see PageTokens.
std::string MakeResumeToken(const PageTokens& tokens, std::string_view question, Epoch epoch,
                            WatchPlace place);

// nullopt for no token. PAGE_TOKEN_INVALID for one of another watch or another epoch.
absl::StatusOr<std::optional<WatchPlace>> ParseResumeToken(const PageTokens& tokens,
                                                           std::string_view question,
                                                           const PublishedState& published,
                                                           std::string_view token);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_WATCH_PLACE_H_
