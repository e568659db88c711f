#include "server/base/status.h"

#include <cstdint>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "server/base/check.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// Payloads of absl::Status that carry what a Status has no field for. They never leave the
// process: the API turns them into google.rpc details.
constexpr absl::string_view kReasonPayload = "leasehold/reason";
constexpr absl::string_view kDetailPayload = "leasehold/detail";

// An ErrorDetail as text: scope, retry in ns ("-" for none), then key and value of each fact. Each
// part is written as "length:bytes", so that any bytes can stand in it.
void AppendPart(std::string* out, std::string_view part) { StrAppend(out, part.size(), ":", part); }

std::string EncodeDetail(const ErrorDetail& detail) {
  std::string out;
  AppendPart(&out, StrCat(static_cast<int>(detail.scope)));
  AppendPart(&out, detail.retry_after.has_value()
                       ? StrCat(absl::ToInt64Nanoseconds(*detail.retry_after))
                       : std::string("-"));
  for (const auto& [key, value] : detail.metadata) {
    AppendPart(&out, key);
    AppendPart(&out, value);
  }
  return out;
}

// Takes one part from the front of `rest`. Only EncodeDetail writes what is read here, so anything
// else is a bug.
std::string TakePart(std::string_view* rest) {
  const size_t colon = rest->find(':');
  uint64_t size = 0;
  LEASEHOLD_CHECK(colon != std::string_view::npos &&
                  absl::SimpleAtoi(ToAbsl(rest->substr(0, colon)), &size));
  rest->remove_prefix(colon + 1);
  LEASEHOLD_CHECK(size <= rest->size());
  std::string part(rest->substr(0, size));
  rest->remove_prefix(size);
  return part;
}

ErrorDetail DecodeDetail(std::string_view rest) {
  ErrorDetail detail;
  int scope = 0;
  LEASEHOLD_CHECK(absl::SimpleAtoi(TakePart(&rest), &scope));
  detail.scope = static_cast<ErrorDetail::Scope>(scope);
  const std::string retry = TakePart(&rest);
  if (int64_t ns = 0; absl::SimpleAtoi(retry, &ns)) detail.retry_after = absl::Nanoseconds(ns);
  while (!rest.empty()) {
    std::string key = TakePart(&rest);
    detail.metadata.emplace_back(std::move(key), TakePart(&rest));
  }
  return detail;
}

}  // namespace

absl::Status Error(Reason reason, std::string_view message) {
  LEASEHOLD_CHECK(reason != Reason::kNone, "an error needs a reason");
  absl::Status status(ReasonCode(reason), ToAbsl(message));
  status.SetPayload(kReasonPayload, absl::Cord(ToAbsl(ReasonName(reason))));
  return status;
}

absl::Status Error(Reason reason, std::string_view message, ErrorDetail detail) {
  absl::Status status = Error(reason, message);
  status.SetPayload(kDetailPayload, absl::Cord(EncodeDetail(detail)));
  return status;
}

Reason ReasonOf(const absl::Status& status) {
  if (status.ok()) return Reason::kNone;
  const auto payload = status.GetPayload(kReasonPayload);
  if (!payload.has_value()) return Reason::kInternal;
  return ParseReason(std::string(*payload)).value_or(Reason::kInternal);
}

ErrorDetail DetailOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kDetailPayload);
  if (!payload.has_value()) return {};
  return DecodeDetail(std::string(*payload));
}

absl::Status Annotate(const absl::Status& status, std::string_view context) {
  if (status.ok()) return status;
  absl::Status annotated(status.code(), StrCat(context, ": ", status.message()));
  status.ForEachPayload([&annotated](absl::string_view url, const absl::Cord& payload) {
    annotated.SetPayload(url, payload);
  });
  return annotated;
}

}  // namespace leasehold
