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

using Field = void (*)(v1::Selector*, std::string);

// Multiplies `selectors` by the values of one flag.
absl::Status Narrow(const Arguments& args, std::string_view flag, std::string_view collection,
                    Field set, std::vector<v1::Selector>* selectors) {
  const std::vector<std::string>& typed = args.All(flag);
  if (typed.empty()) return absl::OkStatus();
  std::vector<v1::Selector> narrowed;
  for (const v1::Selector& selector : *selectors) {
    for (const std::string& value : typed) {
      ASSIGN_OR_RETURN(std::string name, ResourceName(collection, value));
      v1::Selector& one = narrowed.emplace_back(selector);
      set(&one, std::move(name));
    }
  }
  *selectors = std::move(narrowed);
  return absl::OkStatus();
}

}  // namespace

std::vector<Flag> SelectorFlags() {
  return {
      {.name = "agent", .value = "NAME", .help = "leases of this agent", .repeats = true},
      {.name = "secret", .value = "NAME", .help = "leases on this secret", .repeats = true},
      {.name = "workflow", .value = "NAME", .help = "leases in this workflow", .repeats = true},
      {.name = "all", .help = "every lease of this server"},
  };
}

absl::StatusOr<std::vector<v1::Selector>> SelectorsTyped(Session& session) {
  const Arguments& args = session.args();
  const bool narrowed = args.Has("agent") || args.Has("secret") || args.Has("workflow");
  if (args.Has("all")) {
    if (narrowed || !args.positionals().empty()) {
      return UsageError("--all selects everything; nothing can stand with it");
    }
    v1::Selector all;
    all.set_all(true);
    return std::vector<v1::Selector>{all};
  }
  std::vector<v1::Selector> selectors;
  if (narrowed) {
    selectors.emplace_back();
    RETURN_IF_ERROR(Narrow(
        args, "agent", "agents/",
        [](v1::Selector* s, std::string name) { s->set_agent(std::move(name)); }, &selectors));
    RETURN_IF_ERROR(Narrow(
        args, "secret", "secrets/",
        [](v1::Selector* s, std::string name) { s->set_secret(std::move(name)); }, &selectors));
    RETURN_IF_ERROR(Narrow(
        args, "workflow", "workflows/",
        [](v1::Selector* s, std::string name) { s->set_workflow(std::move(name)); }, &selectors));
  }
  for (const std::string& lease : args.positionals()) {
    if (lease.starts_with("lhl_") || lease.starts_with("lhb_")) {
      return UsageError("this takes a lease's name, never its token",
                        "`leasehold lease list` shows names");
    }
    selectors.emplace_back().set_lease(LeaseName(lease));
  }
  if (!selectors.empty()) return selectors;
  return UsageError("nothing is selected",
                    "name a lease, or use --agent, --secret, --workflow or --all");
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
  // Only where one name alone can be what does not exist.
  const bool agent = !selector.agent().empty();
  const bool secret = !selector.secret().empty();
  if (agent && !secret) return WithNearName(session, error, "agents/", selector.agent());
  if (secret && !agent) return WithNearName(session, error, "secrets/", selector.secret());
  return error;
}

}  // namespace leasehold
