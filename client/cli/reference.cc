#include "client/cli/reference.h"

#include "absl/strings/numbers.h"
#include "client/cli/resource.h"
#include "client/cli/terminal/cli_error.h"
#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {

std::string Reference::resource() const {
  return version == 0 ? secret : StrCat(secret, "/versions/", version);
}

absl::StatusOr<Reference> ParseReference(std::string_view text) {
  constexpr std::string_view kScheme = "leasehold://";
  constexpr std::string_view kVersion = "version=";
  const absl::Status wrong =
      UsageError(StrCat("'", text, "' is no reference"),
                 "write leasehold://PATH, leasehold://PATH?version=N or leasehold://PATH#FIELD");
  Reference reference;
  std::string_view rest = text;
  if (rest.starts_with(kScheme)) rest.remove_prefix(kScheme.size());
  if (const size_t hash = rest.find('#'); hash != std::string_view::npos) {
    const auto field = Name::Parse(rest.substr(hash + 1), "field name");
    if (!field.ok()) return UsageError(ToStd(field.status().message()));
    reference.field = field->value();
    rest = rest.substr(0, hash);
  }
  if (const size_t question = rest.find('?'); question != std::string_view::npos) {
    const std::string_view query = rest.substr(question + 1);
    if (!query.starts_with(kVersion) ||
        !absl::SimpleAtoi(ToAbsl(query.substr(kVersion.size())), &reference.version) ||
        reference.version == 0) {
      return wrong;
    }
    rest = rest.substr(0, question);
  }
  if (rest.empty()) return wrong;
  ASSIGN_OR_RETURN(reference.secret, ResourceName("secrets/", rest));
  return reference;
}

}  // namespace leasehold
