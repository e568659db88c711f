#include "server/broker/http/problem.h"

#include <algorithm>
#include <cstdint>

#include "server/base/str_cat.h"

namespace leasehold {
namespace {

std::string_view ScopeName(ErrorDetail::Scope scope) {
  switch (scope) {
    case ErrorDetail::Scope::kLease:
      return "lease";
    case ErrorDetail::Scope::kAgent:
      return "agent";
    default:
      return "call";
  }
}

void AppendJsonText(std::string* out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out->push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (byte < 0x20) {
      StrAppend(out, "\\u00", kHex[byte >> 4], kHex[byte & 15]);
    } else {
      out->push_back(c);
    }
  }
  out->push_back('"');
}

// "LEASE_EXPIRED" as "lease expired".
std::string Title(Reason reason) {
  std::string title(ReasonName(reason));
  for (char& c : title) c = c == '_' ? ' ' : static_cast<char>(c - 'A' + 'a');
  return title;
}

std::string WriteBody(const Problem& problem) {
  const std::string_view reason = ReasonName(problem.reason);
  std::string body = "{\"type\":\"urn:leasehold:reason:";
  StrAppend(&body, reason, "\",\"title\":\"", Title(problem.reason),
            "\",\"status\":", problem.status, ",\"detail\":");
  AppendJsonText(&body, problem.detail);
  StrAppend(&body, ",\"reason\":\"", reason,
            "\",\"retryable\":", ReasonRetryable(problem.reason) ? "true" : "false",
            ",\"scope\":\"", ScopeName(problem.scope), "\"");
  if (problem.entry.has_value()) StrAppend(&body, ",\"entry\":", problem.entry->value());
  body += "}\n";
  return body;
}

}  // namespace

Problem Problem::From(const absl::Status& error, int status_override) {
  const Reason reason = ReasonOf(error);
  const ErrorDetail detail = DetailOf(error);
  return {.status = status_override != 0 ? status_override : ReasonHttpStatus(reason),
          .reason = reason,
          .detail = std::string(ToStd(error.message())),
          .scope = std::max(detail.scope, ScopeOf(reason)),
          .retry_after = detail.retry_after,
          .entry = std::nullopt};
}

ErrorDetail::Scope ScopeOf(Reason reason) {
  switch (reason) {
    case Reason::kLeaseExpired:
    case Reason::kLeaseRevoked:
    case Reason::kLeaseReleased:
    case Reason::kLeaseMaxTtl:
    case Reason::kLeaseUseLimit:
    case Reason::kLeaseUnknown:
    case Reason::kVersionDestroyed:
    case Reason::kRestoredEpoch:
      return ErrorDetail::Scope::kLease;
    case Reason::kAgentSuspended:
    case Reason::kAgentExpired:
      return ErrorDetail::Scope::kAgent;
    default:
      return ErrorDetail::Scope::kCall;
  }
}

std::string WriteProblem(const Problem& problem, ProblemFraming framing) {
  const std::string body = WriteBody(problem);
  std::string out = StrCat("HTTP/1.1 ", problem.status, " ", StatusPhrase(problem.status),
                           "\r\nContent-Type: application/problem+json\r\nCache-Control: no-store"
                           "\r\nContent-Length: ",
                           body.size(), "\r\n");
  if (problem.status == 401) out += "WWW-Authenticate: Bearer realm=\"leasehold\"\r\n";
  if (problem.retry_after.has_value()) {
    // Whole seconds, and never "at once": a client that obeys must not come too early.
    const int64_t s = absl::ToInt64Seconds(absl::Ceil(*problem.retry_after, absl::Seconds(1)));
    StrAppend(&out, "Retry-After: ", std::max<int64_t>(s, 1), "\r\n");
  }
  if (problem.entry.has_value()) {
    StrAppend(&out, "X-Leasehold-Entry: ", problem.entry->value(), "\r\n");
  }
  if (framing.close) out += "Connection: close\r\n";
  out += "\r\n";
  if (!framing.to_head) out += body;
  return out;
}

std::string_view StatusPhrase(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "";
  }
}

}  // namespace leasehold
