#include "server/api/usage_query.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "server/api/entry_description.h"
#include "server/api/entry_query.h"
#include "server/api/names.h"
#include "server/api/page_token.h"
#include "server/api/request_checks.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

// The order of UsageGroups::Lines: the latest first.
auto OrderOf(const UsageLine& line) {
  return std::tuple(-absl::ToUnixMillis(line.counters.last), ~line.counters.last_index.value(),
                    line.key.agent.value(), line.key.secret.value(), line.key.workflow.value(),
                    static_cast<uint64_t>(line.key.destination.kind()), line.key.destination.id(),
                    line.key.delegator.value());
}

template <typename T>
bool IsIn(const std::vector<T>& wanted, const T& value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

// The part of the conditions that the map itself can look at.
UsageFilter FilterOf(const UsageQuestion& question) {
  UsageFilter filter{.workflow = question.workflow};
  if (question.agents.size() == 1) filter.agent = question.agents.front();
  if (question.secrets.size() == 1) filter.secret = question.secrets.front();
  if (question.destinations.size() == 1) filter.destination = question.destinations.front();
  return filter;
}

absl::Status ParseDestination(const std::string& destination, const State& state,
                              UsageQuestion& question) {
  if (destination == "reveal") {
    question.destinations = {UsageDestination::Reveal()};
  } else if (destination == "acquire") {
    question.destinations = {UsageDestination::Acquire()};
  } else if (destination == "undeclared") {
    question.destinations = {UsageDestination::Undeclared()};
  } else if (!destination.empty()) {
    absl::StatusOr<Name> name = ParseId(destination, "targets/");
    if (!name.ok()) {
      return Error(Reason::kInvalidArgument,
                   "destination must be targets/{id}, reveal, acquire or undeclared");
    }
    for (EntityUid uid : EverNamed(state, EntityKind::kTarget, name->value())) {
      question.destinations.push_back(UsageDestination::Target(uid));
    }
    question.nothing = question.nothing || question.destinations.empty();
  }
  return absl::OkStatus();
}

absl::Status ParseGroupBy(const v1::QueryUsageRequest& request, UsageGroupBy& group_by) {
  if (request.group_by().empty()) {
    return absl::OkStatus();
  }
  group_by = {.agent = false, .secret = false, .workflow = false, .destination = false};
  for (int dimension : request.group_by()) {
    switch (dimension) {
      case v1::USAGE_DIMENSION_AGENT:
        group_by.agent = true;
        break;
      case v1::USAGE_DIMENSION_SECRET:
        group_by.secret = true;
        break;
      case v1::USAGE_DIMENSION_WORKFLOW:
        group_by.workflow = true;
        break;
      case v1::USAGE_DIMENSION_DESTINATION:
        group_by.destination = true;
        break;
      default:
        return Error(Reason::kInvalidArgument,
                     "group_by has a dimension that is not agent, secret, workflow or destination");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<UsageQuestion> ParseUsageQuestion(const v1::QueryUsageRequest& request,
                                                 const State& state) {
  UsageQuestion question;
  if (!request.agent().empty()) {
    ASSIGN_OR_RETURN(Name name, Name::ParseResource(request.agent(), "agents/"));
    question.agents = EverNamed(state, EntityKind::kAgent, name.value());
    question.nothing = question.nothing || question.agents.empty();
  }
  if (!request.secret().empty()) {
    ASSIGN_OR_RETURN(Name name, Name::ParseResource(request.secret(), "secrets/"));
    question.secrets = EverNamed(state, EntityKind::kSecret, name.value());
    question.nothing = question.nothing || question.secrets.empty();
  }
  if (!request.workflow().empty()) {
    ASSIGN_OR_RETURN(Name name, Name::ParseResource(request.workflow(), "workflows/"));
    question.workflow = state.texts().Find(ledger::v1::TEXT_KIND_WORKFLOW, name.value());
    question.nothing = question.nothing || question.workflow.empty();
  }
  RETURN_IF_ERROR(ParseDestination(request.destination(), state, question));
  RETURN_IF_ERROR(ParseGroupBy(request, question.group_by));
  return question;
}

std::vector<UsageLine> AnswerUsage(UsageReader read, const UsageQuestion& question) {
  if (question.nothing) {
    return {};
  }
  const UsageFilter filter = FilterOf(question);
  UsageGroups groups(question.group_by);
  std::vector<UsageLine> lines;
  for (uint32_t bucket = 0; bucket < UsageMap::kBuckets; ++bucket) {
    lines.clear();
    read(bucket, filter, &lines);
    for (const UsageLine& line : lines) {
      if (IsIn(question.agents, line.key.agent) && IsIn(question.secrets, line.key.secret) &&
          IsIn(question.destinations, line.key.destination)) {
        groups.Add(line);
      }
    }
  }
  return groups.Lines();
}

std::string UsagePlace(const UsageLine& line) {
  return std::apply([](auto... numbers) { return (PlaceOf(static_cast<uint64_t>(numbers)) + ...); },
                    OrderOf(line));
}

absl::StatusOr<size_t> UsageStart(const std::vector<UsageLine>& lines, std::string_view place) {
  if (place.empty()) {
    return size_t{0};
  }
  decltype(OrderOf(UsageLine())) last;
  if (place.size() != 8 * std::tuple_size_v<decltype(last)>) {
    return PageTokenInvalid();
  }
  std::apply(
      [&](auto&... numbers) {
        ((numbers = static_cast<std::decay_t<decltype(numbers)>>(*NumberAt(place.substr(0, 8))),
          place.remove_prefix(8)),
         ...);
      },
      last);
  auto start = std::partition_point(lines.begin(), lines.end(),
                                    [&](const UsageLine& line) { return OrderOf(line) <= last; });
  return static_cast<size_t>(start - lines.begin());
}

v1::UsageRow DescribeUsage(const State& state, const UsageQuestion& question,
                           const UsageLine& line) {
  v1::UsageRow row;
  row.set_agent(AgentName(state, line.key.agent));
  row.set_delegator(AgentName(state, line.key.delegator));
  row.set_secret(SecretName(state, line.key.secret));
  // The map counts together what it has no room to tell apart; see UsageMap::kKeysMax.
  row.set_workflow(question.group_by.workflow && line.key.workflow.empty()
                       ? "other workflows"
                       : WorkflowName(state, line.key.workflow));
  row.set_destination(DestinationName(state, line.key.destination));
  ToProto(UnixMillis::From(line.counters.first), row.mutable_first_time());
  ToProto(UnixMillis::From(line.counters.last), row.mutable_last_time());
  row.set_allowed(line.counters.allowed);
  row.set_denied(line.counters.denied);
  row.set_writes(line.counters.writes);
  row.set_not_enforced(line.counters.not_enforced);
  row.set_last_index(line.counters.last_index.value());
  if (line.counters.denied > 0) {
    row.set_last_denied_reason(ReasonText(static_cast<uint32_t>(line.counters.last_denied_reason)));
  }
  return row;
}

}  // namespace leasehold
