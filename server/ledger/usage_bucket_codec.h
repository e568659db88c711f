#ifndef LEASEHOLD_SERVER_LEDGER_USAGE_BUCKET_CODEC_H_
#define LEASEHOLD_SERVER_LEDGER_USAGE_BUCKET_CODEC_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/ledger/usage_map.h"

namespace leasehold {

// The stored form of a bucket of the usage map, described in usage_bucket_codec.cc. `lines` are in
// ascending order of their keys.
std::string EncodeUsageBucket(const std::vector<UsageLine>& lines);

// kStoreDamaged for anything that EncodeUsageBucket does not make.
absl::StatusOr<std::vector<UsageLine>> DecodeUsageBucket(std::string_view bytes);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_USAGE_BUCKET_CODEC_H_
