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

// "agents/a/tokens/1" and "credentials/1" as they are, "a/tokens/1" and "1" with their collection.
std::string CredentialName(const std::string& typed) {
  if (typed.starts_with("agents/") || typed.starts_with("credentials/")) return typed;
  return typed.find("/tokens/") == std::string::npos ? StrCat("credentials/", typed)
                                                     : StrCat("agents/", typed);
}

// One part of a selector, by the flag that names it.
struct Part {
  const char* flag;
  const char* collection;  // "" where the value is a text
  std::string* (*field)(v1::Selector*);
};

constexpr Part kParts[] = {
    {"agent", "agents/", [](v1::Selector* s) { return s->mutable_agent(); }},
    {"group", "groups/", [](v1::Selector* s) { return s->mutable_group(); }},
    {"user", "", [](v1::Selector* s) { return s->mutable_user(); }},
    {"secret", "secrets/", [](v1::Selector* s) { return s->mutable_secret(); }},
    {"workflow", "workflows/", [](v1::Selector* s) { return s->mutable_workflow(); }},
    {"policy", "policies/", [](v1::Selector* s) { return s->mutable_policy(); }},
    {"credential", "", [](v1::Selector* s) { return s->mutable_credential(); }},
    {"run", "", [](v1::Selector* s) { return s->mutable_run(); }},
};

absl::Status SetPart(const Part& part, const std::string& typed, v1::Selector* selector) {
  std::string value = typed;
  if (part.collection[0] != '\0') {
    ASSIGN_OR_RETURN(value, ResourceName(part.collection, typed));
  } else if (std::string_view(part.flag) == "credential") {
    value = CredentialName(typed);
  }
  // A version of a secret is written as one, and is a part of its own.
  const bool version = value.starts_with("secrets/") && std::string_view(part.flag) == "secret" &&
                       value.find("/versions/") != std::string::npos;
  *(version ? selector->mutable_version() : part.field(selector)) = std::move(value);
  return absl::OkStatus();
}

// Each of `selectors` with each value of a flag: what is selected must have a value of every flag
// that is there.
absl::StatusOr<std::vector<v1::Selector>> Cross(const Arguments& args, const Part& part,
                                                std::vector<v1::Selector> selectors) {
  const std::vector<std::string> values = args.All(part.flag);
  if (values.empty()) return selectors;
  std::vector<v1::Selector> crossed;
  for (const v1::Selector& selector : selectors) {
    for (const std::string& value : values) {
      RETURN_IF_ERROR(SetPart(part, value, &crossed.emplace_back(selector)));
    }
  }
  return crossed;
}

absl::StatusOr<std::vector<v1::Selector>> LeasesTyped(const Arguments& args) {
  std::vector<v1::Selector> selectors;
  for (const std::string& lease : args.positionals()) {
    if (lease.starts_with("lhl_") || lease.starts_with("lhb_")) {
      return UsageError("this takes a lease's name, never its token",
                        "`leasehold lease list` shows names");
    }
    selectors.emplace_back().set_lease(LeaseName(lease));
  }
  return selectors;
}

}  // namespace

std::vector<Flag> SelectorFlags() {
  return {
      {.name = "agent", .value = "NAME", .help = "leases of this agent", .repeats = true},
      {.name = "group",
       .value = "NAME",
       .help = "leases of its members, and those taken by who was a member then",
       .repeats = true},
      {.name = "user", .value = "USER", .help = "leases on behalf of this user", .repeats = true},
      {.name = "secret",
       .value = "NAME",
       .help = "leases on this secret, or on NAME/versions/N",
       .repeats = true},
      {.name = "workflow", .value = "NAME", .help = "leases in this workflow", .repeats = true},
  };
}

std::vector<Flag> HeldFlags() {
  return {
      {.name = "agent", .value = "NAME", .help = "the hold on this agent", .repeats = true},
      {.name = "group", .value = "NAME", .help = "the hold on this group", .repeats = true},
      {.name = "user", .value = "USER", .help = "the hold on this user", .repeats = true},
      {.name = "secret", .value = "NAME", .help = "the hold on this secret", .repeats = true},
      {.name = "workflow", .value = "NAME", .help = "the hold on this workflow", .repeats = true},
  };
}

std::vector<Flag> MoreSelectorFlags() {
  return {
      {.name = "policy", .value = "NAME", .help = "leases that it allowed", .repeats = true},
      {.name = "credential",
       .value = "NAME",
       .help = "leases taken with AGENT/tokens/N",
       .repeats = true},
      {.name = "run", .value = "ID", .help = "leases of this run", .repeats = true},
  };
}

absl::StatusOr<std::vector<v1::Selector>> SelectorsTyped(Session& session) {
  const Arguments& args = session.args();
  ASSIGN_OR_RETURN(std::vector<v1::Selector> selectors, LeasesTyped(args));
  std::vector<v1::Selector> crossed(1);
  for (const Part& part : kParts) {
    ASSIGN_OR_RETURN(crossed, Cross(args, part, std::move(crossed)));
  }
  const bool flags = crossed.size() > 1 || crossed[0].ByteSizeLong() > 0;
  if (args.Has("all")) {
    if (flags || !selectors.empty()) {
      return UsageError("--all selects every lease; nothing else can be named beside it");
    }
    selectors.emplace_back().set_all(true);
    return selectors;
  }
  if (flags && !selectors.empty()) {
    return UsageError("leases are named alone, without flags that select others",
                      "do one after the other; each covers everything that it names");
  }
  if (flags) return crossed;
  if (!selectors.empty()) return selectors;
  return UsageError("nothing is selected",
                    "use --agent, --secret or --workflow; `--help` shows what else");
}

std::string SelectorText(const v1::Selector& selector) {
  if (selector.all()) return "every lease";
  std::string text;
  const auto add = [&text](std::string_view kind, const std::string& part) {
    if (!part.empty()) StrAppend(&text, text.empty() ? "" : " with ", kind, part);
  };
  add("", selector.lease());
  add("", selector.agent());
  add("", selector.group());
  add("user ", selector.user());
  add("", selector.secret());
  add("", selector.version());
  add("", selector.workflow());
  add("", selector.policy());
  add("", selector.credential());
  add("run ", selector.run());
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
  if (!selector.group().empty()) {
    return WithNearName(session, error, "groups/", selector.group());
  }
  return error;
}

}  // namespace leasehold
