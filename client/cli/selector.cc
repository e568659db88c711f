#include "client/cli/selector.h"

#include <utility>

#include "client/cli/resource.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "leasehold/v1/selector.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// A selector for each value of a flag.
absl::Status Take(const Arguments& args, std::string_view flag, std::string_view collection,
                  void (*set)(v1::Selector*, std::string), std::vector<v1::Selector>* selectors) {
  for (const std::string& typed : args.All(flag)) {
    ASSIGN_OR_RETURN(std::string name, ResourceName(collection, typed));
    set(&selectors->emplace_back(), std::move(name));
  }
  return absl::OkStatus();
}

// Flags of different kinds could mean "both" or "what both have in common". Whoever revokes must
// not have to guess, and the server has only the former, one after the other.
absl::Status CheckOneKind(const Arguments& args) {
  std::string first;
  for (const char* flag : {"agent", "secret", "workflow", "all"}) {
    if (!args.Has(flag)) continue;
    if (!first.empty()) {
      return UsageError(StrCat("--", first, " and --", flag, " cannot stand together"),
                        "do one after the other; each covers everything that it names");
    }
    first = flag;
  }
  if (!args.Has("all") || args.positionals().empty()) return absl::OkStatus();
  return UsageError("--all selects every lease; none can be named beside it");
}

}  // namespace

std::vector<Flag> SelectorFlags() {
  return {
      {.name = "agent", .value = "NAME", .help = "leases of this agent", .repeats = true},
      {.name = "secret", .value = "NAME", .help = "leases on this secret", .repeats = true},
      {.name = "workflow", .value = "NAME", .help = "leases in this workflow", .repeats = true},
  };
}

absl::StatusOr<std::vector<v1::Selector>> SelectorsTyped(Session& session) {
  const Arguments& args = session.args();
  RETURN_IF_ERROR(CheckOneKind(args));
  std::vector<v1::Selector> selectors;
  if (args.Has("all")) selectors.emplace_back().set_all(true);
  RETURN_IF_ERROR(Take(
      args, "agent", "agents/",
      [](v1::Selector* s, std::string name) { s->set_agent(std::move(name)); }, &selectors));
  RETURN_IF_ERROR(Take(
      args, "secret", "secrets/",
      [](v1::Selector* s, std::string name) { s->set_secret(std::move(name)); }, &selectors));
  RETURN_IF_ERROR(Take(
      args, "workflow", "workflows/",
      [](v1::Selector* s, std::string name) { s->set_workflow(std::move(name)); }, &selectors));
  for (const std::string& lease : args.positionals()) {
    if (lease.starts_with("lhl_") || lease.starts_with("lhb_")) {
      return UsageError("this takes a lease's name, never its token",
                        "`leasehold lease list` shows names");
    }
    selectors.emplace_back().set_lease(LeaseName(lease));
  }
  if (!selectors.empty()) return selectors;
  return UsageError("nothing is selected",
                    "use --agent, --secret or --workflow; `--help` shows what else");
}

std::string SelectorText(const v1::Selector& selector) {
  if (selector.all()) return "every lease";
  std::string text;
  for (const std::string* part :
       {&selector.lease(), &selector.agent(), &selector.secret(), &selector.workflow()}) {
    if (!part->empty()) StrAppend(&text, text.empty() ? "" : " with ", *part);
  }
  return text;
}

absl::Status WithNearSelector(Session& session, const absl::Status& error,
                              const v1::Selector& selector) {
  if (!selector.agent().empty()) {
    return WithNearName(session, error, "agents/", selector.agent());
  }
  if (!selector.secret().empty()) {
    return WithNearName(session, error, "secrets/", selector.secret());
  }
  return error;
}

}  // namespace leasehold
