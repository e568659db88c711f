#include "server/policy/http_methods.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// HTTP and WebDAV. The usual ones first: they are looked for at every use.
constexpr std::array<std::string_view, 17> kMethods = {
    "GET",   "POST", "HEAD", "PUT",  "PATCH",  "DELETE", "OPTIONS", "PROPFIND", "PROPPATCH",
    "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH",  "PURGE"};

constexpr std::array<std::string_view, 3> kForbidden = {"TRACE", "TRACK", "CONNECT"};

// Longer than any registered method.
constexpr size_t kMethodBytesMax = 32;

bool IsForbidden(std::string_view method) {
  return std::find(kForbidden.begin(), kForbidden.end(), method) != kForbidden.end();
}

}  // namespace

std::span<const std::string_view> KnownMethods() { return kMethods; }

std::string_view RecordedMethod(std::string_view method) {
  const auto known = std::find(kMethods.begin(), kMethods.end(), method);
  return known != kMethods.end() ? *known : "OTHER";
}

bool IsUsableMethod(std::string_view method) {
  if (method.empty() || method.size() > kMethodBytesMax || IsForbidden(method)) return false;
  return std::all_of(method.begin(), method.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; });
}

absl::Status CheckNamedMethod(std::string_view method, std::string_view what) {
  if (std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end()) {
    return absl::OkStatus();
  }
  if (IsForbidden(method)) {
    return Error(Reason::kInvalidArgument,
                 StrCat(what, " is ", method, ", which is never sent to a target"));
  }
  std::string known;
  for (const std::string_view name : kMethods) {
    if (!known.empty()) known += ", ";
    known += name;
  }
  return Error(Reason::kInvalidArgument,
               StrCat(what, " is not a method this version knows; write one of ", known,
                      " in capitals, or leave methods out for every method"));
}

}  // namespace leasehold
