#include "client/cli/lease_token.h"

#include <fstream>

#include "absl/strings/ascii.h"
#include "client/cli/server_place.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr char kVariable[] = "LEASEHOLD_LEASE_TOKEN";
// Tokens have about 70 characters.
constexpr size_t kTokenBytesMax = 1024;

absl::StatusOr<std::string> ReadTokenFile(Session& session, const std::string& path) {
  if (path == "-") return session.console().ReadAll(kTokenBytesMax);
  std::ifstream file(path);
  std::string token;
  if (std::getline(file, token)) return token;
  return UsageError(StrCat("the file '", path, "' cannot be read"),
                    "it holds one line, the lease token (lhl_...)");
}

}  // namespace

Flag LeaseTokenFlag() {
  return {.name = "token-file",
          .value = "FILE",
          .help =
              "the lease token is in this file, - for the standard input; else "
              "LEASEHOLD_LEASE_TOKEN"};
}

absl::StatusOr<std::string> ReadLeaseToken(Session& session) {
  std::string token;
  if (const auto path = session.args().Get("token-file")) {
    ASSIGN_OR_RETURN(token, ReadTokenFile(session, *path));
  } else {
    token = Environment(kVariable).value_or("");
  }
  absl::StripAsciiWhitespace(&token);
  if (!token.empty()) return token;
  return UsageError("a lease token is needed",
                    "set LEASEHOLD_LEASE_TOKEN, or name a file with --token-file");
}

}  // namespace leasehold
