#include "client/cli/limit.h"

#include "absl/strings/numbers.h"
#include "client/cli/terminal/cli_error.h"
#include "server/base/str_cat.h"

namespace leasehold {

Flag LimitFlag(uint64_t default_limit) {
  return {.name = "limit",
          .value = "N",
          .help = StrCat("at most this many, 0 = all; without it ", default_limit)};
}

absl::StatusOr<uint64_t> ParseLimit(const Arguments& args, uint64_t default_limit) {
  const auto text = args.Get("limit");
  if (!text.has_value()) return default_limit;
  uint64_t limit = 0;
  if (!absl::SimpleAtoi(*text, &limit)) {
    return UsageError(StrCat("--limit '", *text, "' is no number"), "0 stands for all");
  }
  return limit;
}

}  // namespace leasehold
