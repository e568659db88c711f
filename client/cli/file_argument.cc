#include "client/cli/file_argument.h"

#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "client/files/policy_file.h"
#include "client/files/target_file.h"
#include "client/files/text_file.h"
#include "leasehold/v1/identity.pb.h"
#include "leasehold/v1/policy.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr size_t kInputBytesMax = 4 << 20;
constexpr char kInputName[] = "standard input";

// A file that is missing is a wrong argument, not a name that the server does not know.
absl::Status AsUsage(const absl::Status& error) { return UsageError(ToStd(error.message())); }

}  // namespace

absl::StatusOr<v1::PolicySet> ReadPolicies(Session& session, const std::string& path,
                                           PolicyPlaces* places) {
  if (path != "-") {
    auto set = ReadPolicyFile(path, places);
    if (!set.ok()) return AsUsage(set.status());
    return set;
  }
  ASSIGN_OR_RETURN(const std::string text, session.console().ReadAll(kInputBytesMax));
  auto set = ParsePolicies(text, kInputName, places);
  if (!set.ok()) return AsUsage(set.status());
  return set;
}

absl::StatusOr<std::vector<v1::Target>> ReadTargets(Session& session, const std::string& path) {
  if (path != "-") {
    auto targets = ReadTargetFile(path);
    if (!targets.ok()) return AsUsage(targets.status());
    return targets;
  }
  ASSIGN_OR_RETURN(const std::string text, session.console().ReadAll(kInputBytesMax));
  auto targets = ParseTargets(text, kInputName);
  if (!targets.ok()) return AsUsage(targets.status());
  return targets;
}

absl::StatusOr<std::string> ReadPemFile(const std::string& path) {
  constexpr size_t kPemBytesMax = 1 << 20;
  auto text = ReadTextFile(path, kPemBytesMax);
  if (!text.ok()) return AsUsage(text.status());
  return text;
}

}  // namespace leasehold
