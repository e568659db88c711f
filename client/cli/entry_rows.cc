#include "client/cli/entry_rows.h"

#include <string_view>

#include "client/cli/arguments/near_name.h"
#include "client/cli/resource.h"
#include "client/cli/subject_filter.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/time_text.h"
#include "server/base/reason.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/ledger/entry_codec.h"

namespace leasehold {
namespace {

std::string OrDash(std::string text) { return text.empty() ? "-" : text; }

// What the columns before it do not say.
std::string WhatText(const v1::LedgerEntry& entry) {
  std::string what;
  const auto add = [&what](std::string_view part) {
    if (!part.empty()) StrAppend(&what, what.empty() ? "" : "; ", part);
  };
  add(entry.action());
  add(entry.reason());
  add(entry.summary());
  if (entry.count() > 1) add(StrCat(entry.count(), " times"));
  return what;
}

}  // namespace

std::vector<Flag> EntryFilterFlags() {
  return {
      {.name = "kind", .value = "KIND", .help = "use, lease_issued, revoked, ...", .repeats = true},
      {.name = "agent", .value = "NAME", .help = "only about this agent"},
      {.name = "secret", .value = "NAME", .help = "only about this secret"},
      {.name = "workflow", .value = "NAME", .help = "only in this workflow"},
      {.name = "target", .value = "NAME", .help = "only at this target"},
      {.name = "lease", .value = "LEASE", .help = "only about this lease"},
      {.name = "denied", .help = "only refusals"}};
}

absl::StatusOr<v1::ListEntriesRequest> ParseEntryFilter(const Arguments& args) {
  v1::ListEntriesRequest request;
  for (const std::string& kind : args.All("kind")) request.add_kinds(kind);
  RETURN_IF_ERROR(ReadSubjectFilter(args, &request));
  if (const auto target = args.Get("target")) {
    ASSIGN_OR_RETURN(*request.mutable_target(), ResourceName("targets/", *target));
  }
  if (const auto lease = args.Get("lease")) request.set_lease(LeaseName(*lease));
  request.set_denied_only(args.Has("denied"));
  return request;
}

absl::Status WithNearKind(const absl::Status& error, const v1::ListEntriesRequest& request) {
  if (ReasonOf(error) != Reason::kInvalidArgument) return error;
  std::vector<std::string> names;
  for (const EntryKind kind : AllEntryKinds()) names.emplace_back(EntryKindName(kind));
  for (const std::string& typed : request.kinds()) {
    const std::string hint = NearNameHint(typed, names);
    if (!hint.empty() && !ParseEntryKind(typed).has_value()) return WithHint(error, hint);
  }
  return error;
}

std::vector<std::string> EntryColumns() {
  return {"ENTRY", "TIME", "KIND", "AGENT", "SECRET", "DESTINATION", "VERDICT", "WHAT"};
}

std::vector<std::string> EntryCells(const v1::LedgerEntry& entry) {
  return {StrCat(entry.index()),
          TimeCell(entry.time()),
          entry.kind(),
          OrDash(ShortName(entry.agent())),
          OrDash(ShortName(entry.secret())),
          OrDash(entry.destination()),
          OrDash(entry.verdict()),
          WhatText(entry)};
}

}  // namespace leasehold
