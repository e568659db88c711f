#include "server/base/name.h"

#include <cstdint>

#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

bool IsEdgeCharacter(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool IsInnerCharacter(char c) { return IsEdgeCharacter(c) || c == '.' || c == '_' || c == '-'; }

// A character for an error: as it is where it can be printed, else its number.
std::string Shown(char c) {
  if (c > ' ' && c < 0x7f) return StrCat("'", c, "'");
  const auto byte = static_cast<uint8_t>(c);
  return StrCat("byte 0x", HexEncode({&byte, 1}));
}

absl::Status Invalid(std::string_view what, std::string_view offence) {
  return Error(Reason::kInvalidArgument, StrCat(what, " ", offence));
}

// Splits at '/' without looking at what stands between.
std::vector<std::string_view> Split(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t slash = text.find('/');
    parts.push_back(text.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    text.remove_prefix(slash + 1);
  }
}

absl::Status CheckSegment(std::string_view segment, std::string_view what) {
  if (segment.empty()) {
    return Invalid(what, "has an empty segment; write a/b, without '/' at an end or twice");
  }
  if (segment.size() > Name::kSegmentBytesMax) {
    return Invalid(what, StrCat("has a segment of ", segment.size(), " bytes; at most ",
                                Name::kSegmentBytesMax, " are allowed"));
  }
  for (const char c : segment) {
    if (!IsInnerCharacter(c)) {
      return Invalid(what,
                     StrCat("has ", Shown(c), "; allowed are a-z, 0-9, '.', '_', '-' and '/'"));
    }
  }
  for (const char c : {segment.front(), segment.back()}) {
    if (!IsEdgeCharacter(c)) {
      return Invalid(what, StrCat("has a segment with ", Shown(c),
                                  " at an end; it starts and ends with a-z or 0-9"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Name> Name::Parse(std::string_view text, std::string_view what) {
  if (text.empty()) return Invalid(what, "is empty");
  if (text.size() > kBytesMax) {
    return Invalid(what,
                   StrCat("has ", text.size(), " bytes; at most ", kBytesMax, " are allowed"));
  }
  const std::vector<std::string_view> segments = Split(text);
  if (segments.size() > kSegmentsMax) {
    return Invalid(
        what, StrCat("has ", segments.size(), " segments; at most ", kSegmentsMax, " are allowed"));
  }
  for (const std::string_view segment : segments) RETURN_IF_ERROR(CheckSegment(segment, what));
  return Name(std::string(text));
}

absl::StatusOr<Name> Name::ParseResource(std::string_view resource, std::string_view prefix) {
  if (!resource.starts_with(prefix)) {
    return Invalid("resource name", StrCat("does not start with ", prefix));
  }
  return Parse(resource.substr(prefix.size()), StrCat("name after ", prefix));
}

}  // namespace leasehold
