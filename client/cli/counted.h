#ifndef LEASEHOLD_CLIENT_CLI_COUNTED_H_
#define LEASEHOLD_CLIENT_CLI_COUNTED_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "server/base/str_cat.h"

namespace leasehold {

// "1 lease", "2 leases"; `plural` where an s at the end does not do.
inline std::string Counted(uint64_t count, std::string_view noun, std::string_view plural = {}) {
  if (count == 1) return StrCat(count, " ", noun);
  return plural.empty() ? StrCat(count, " ", noun, "s") : StrCat(count, " ", plural);
}

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_COUNTED_H_
