#ifndef LEASEHOLD_CLIENT_CLI_REFERENCE_H_
#define LEASEHOLD_CLIENT_CLI_REFERENCE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace leasehold {

// What a reference `leasehold://PATH[?version=N][#field]` names. Everything but PATH may be left
// out, the scheme too.
struct Reference {
  std::string secret;    // "secrets/{path}"
  uint64_t version = 0;  // 0 = the newest enabled one
  std::string field;     // empty = the only one

  // "secrets/{path}" or "secrets/{path}/versions/{n}".
  std::string resource() const;
};

// A usage error says what is wrong with `text`.
absl::StatusOr<Reference> ParseReference(std::string_view text);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_REFERENCE_H_
