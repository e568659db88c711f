#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/commands.h"
#include "client/cli/limit.h"
#include "client/cli/pages.h"
#include "client/cli/resource.h"
#include "client/cli/session.h"
#include "client/cli/subject_filter.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/table.h"
#include "client/cli/terminal/time_text.h"
#include "leasehold/v1/ledger.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr uint64_t kDefaultLimit = 1000;

struct Dimension {
  std::string_view name;
  v1::UsageDimension value;
  const std::string& (v1::UsageRow::*cell)() const;
};

constexpr Dimension kDimensions[] = {
    {"agent", v1::USAGE_DIMENSION_AGENT, &v1::UsageRow::agent},
    {"secret", v1::USAGE_DIMENSION_SECRET, &v1::UsageRow::secret},
    {"workflow", v1::USAGE_DIMENSION_WORKFLOW, &v1::UsageRow::workflow},
    {"destination", v1::USAGE_DIMENSION_DESTINATION, &v1::UsageRow::destination},
};

// What --by names, in the order of the columns; all four without it.
absl::StatusOr<std::vector<Dimension>> ParseBy(const Arguments& args) {
  const std::string by = args.Get("by").value_or("agent,secret,workflow,destination");
  std::vector<bool> wanted(std::size(kDimensions));
  std::string_view rest = by;
  for (;;) {
    const size_t comma = rest.find(',');
    const std::string_view word = rest.substr(0, comma);
    bool known = false;
    for (size_t i = 0; i < std::size(kDimensions); ++i) {
      if (kDimensions[i].name == word) known = wanted[i] = true;
    }
    if (!known) {
      return UsageError(StrCat("--by does not know '", word, "'"),
                        "use agent, secret, workflow and destination, with commas between");
    }
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  std::vector<Dimension> dimensions;
  for (size_t i = 0; i < std::size(kDimensions); ++i) {
    if (wanted[i]) dimensions.push_back(kDimensions[i]);
  }
  return dimensions;
}

// "targets/github" from that or from "github"; the destinations that are no target stay.
absl::StatusOr<std::string> DestinationName(const std::string& typed) {
  if (typed == "reveal" || typed == "acquire" || typed == "undeclared") return typed;
  return ResourceName("targets/", typed);
}

absl::StatusOr<v1::QueryUsageRequest> UsageRequest(const Arguments& args,
                                                   const std::vector<Dimension>& by) {
  v1::QueryUsageRequest request;
  RETURN_IF_ERROR(ReadSubjectFilter(args, &request));
  if (const auto target = args.Get("target")) {
    ASSIGN_OR_RETURN(*request.mutable_destination(), DestinationName(*target));
  }
  for (const Dimension& dimension : by) request.add_group_by(dimension.value);
  return request;
}

Table UsageTable(const std::vector<Dimension>& by, const std::vector<v1::UsageRow>& rows) {
  // Most installations delegate nothing, and then nobody misses the column.
  const bool delegated = std::any_of(
      rows.begin(), rows.end(), [](const v1::UsageRow& row) { return !row.delegator().empty(); });
  const bool observed = std::any_of(rows.begin(), rows.end(),
                                    [](const v1::UsageRow& row) { return row.not_enforced() > 0; });
  std::vector<std::string> headers;
  for (const Dimension& dimension : by) {
    std::string header(dimension.name);
    for (char& c : header) c = static_cast<char>(c - 'a' + 'A');
    headers.push_back(std::move(header));
  }
  if (delegated) headers.emplace_back("DELEGATOR");
  headers.insert(headers.end(), {"ALLOWED", "DENIED"});
  if (observed) headers.emplace_back("NOT-ENFORCED");
  headers.insert(headers.end(), {"FIRST", "LAST", "LAST-DENIAL"});
  Table table(std::move(headers));
  for (const v1::UsageRow& row : rows) {
    std::vector<std::string> cells;
    for (const Dimension& dimension : by) {
      const std::string& value = (row.*dimension.cell)();
      // A destination keeps its collection: a target may be called "reveal".
      const bool whole = dimension.value == v1::USAGE_DIMENSION_DESTINATION;
      cells.push_back(whole ? value : ShortName(value));
    }
    if (delegated) {
      cells.push_back(row.delegator().empty() ? "-" : ShortName(row.delegator()));
    }
    cells.push_back(StrCat(row.allowed()));
    cells.push_back(StrCat(row.denied()));
    if (observed) cells.push_back(StrCat(row.not_enforced()));
    cells.push_back(TimeCell(row.first_time()));
    cells.push_back(TimeCell(row.last_time()));
    cells.push_back(row.last_denied_reason().empty() ? "-" : row.last_denied_reason());
    table.Add(std::move(cells));
  }
  return table;
}

// Not ListAll: the answer also says which ledger it rests on.
absl::StatusOr<ExitStatus> Usage(Session& session) {
  constexpr uint64_t kPageSizeMax = 1000;
  ASSIGN_OR_RETURN(const std::vector<Dimension> by, ParseBy(session.args()));
  ASSIGN_OR_RETURN(v1::QueryUsageRequest request, UsageRequest(session.args(), by));
  ASSIGN_OR_RETURN(const uint64_t limit, ParseLimit(session.args(), kDefaultLimit));
  std::vector<v1::UsageRow> rows;
  Json list = Json::Array();
  uint64_t tree_size = 0;
  bool more = true;
  while (more && (limit == 0 || rows.size() < limit)) {
    const uint64_t missing = limit == 0 ? kPageSizeMax : limit - rows.size();
    request.set_page_size(static_cast<int>(std::min(missing, kPageSizeMax)));
    ASSIGN_OR_RETURN(const v1::QueryUsageResponse page,
                     session.Call(&v1::LedgerService::Stub::QueryUsage, request));
    for (const v1::UsageRow& row : page.rows()) {
      rows.push_back(row);
      list.Append(MessageJson(row));
    }
    tree_size = page.tree_size();
    request.set_page_token(page.next_page_token());
    more = !page.next_page_token().empty();
  }
  if (rows.empty()) {
    RETURN_IF_ERROR(CheckExists(session, "agents/", request.agent()));
    RETURN_IF_ERROR(CheckExists(session, "secrets/", request.secret()));
    if (request.destination().starts_with("targets/")) {
      RETURN_IF_ERROR(CheckExists(session, "targets/", request.destination()));
    }
  }
  session.console().Answer(Json::Object().Set("rows", std::move(list)).Set("tree_size", tree_size),
                           UsageTable(by, rows).ToText());
  if (more) session.console().Note("there may be older ones; --limit 0 lists all");
  return ExitStatus::kOk;
}

}  // namespace

Command UsageCommand() {
  return {
      .name = "usage",
      .summary = "say which agent used which secret, where",
      .details =
          "Latest use first. Filters narrow each other. A destination is a target, `reveal` "
          "where the\nvalue was handed out, `acquire` where a lease was refused, or "
          "`undeclared`.\nNOT-ENFORCED are the denied ones that happened all the same, since a "
          "policy is only observed.",
      .flags = {{.name = "agent", .value = "NAME", .help = "only this agent"},
                {.name = "secret", .value = "NAME", .help = "only this secret"},
                {.name = "workflow", .value = "NAME", .help = "only this workflow"},
                {.name = "target", .value = "NAME", .help = "only this destination"},
                {.name = "by",
                 .value = "LIST",
                 .help = "split rows only by these: agent,secret,workflow,destination"},
                LimitFlag(kDefaultLimit)},
      .examples = {"leasehold usage", "leasehold usage --agent demo-bot --by secret,destination",
                   "leasehold usage -o json | jq '.rows[] | select(.denied > 0)'"},
      .run = Usage,
  };
}

}  // namespace leasehold
