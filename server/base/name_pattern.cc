#include <algorithm>
#include <array>
#include <span>

#include "server/base/glob.h"
#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr std::string_view kAnySegments = "**";

absl::Status Invalid(std::string_view what, std::string_view offence) {
  return Error(Reason::kInvalidArgument, StrCat(what, " ", offence));
}

bool IsNameEdge(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// The shortest segment that `pattern` matches: each '*' stands for nothing, or for one letter at
// an edge where the segment would otherwise not begin or end as a Name's must.
std::string ShortestMatch(std::string_view pattern) {
  std::string shortest;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '*') {
      shortest.push_back(pattern[i]);
      continue;
    }
    const bool first = i == 0;
    const bool last = i + 1 == pattern.size();
    const bool needs_start = first && (last || !IsNameEdge(pattern[i + 1]));
    const bool needs_end = last && !first && !IsNameEdge(pattern[i - 1]);
    if (needs_start || needs_end) shortest.push_back('a');
  }
  return shortest;
}

// Backtracking to the last '**' is enough: if an earlier one stood for more, less would be left for
// the rest, never something else.
bool SegmentsMatch(std::span<const std::string> pattern, std::span<const std::string_view> name) {
  size_t p = 0;
  size_t n = 0;
  size_t star = std::string_view::npos;
  size_t star_end = 0;  // Where the segments that the last '**' stands for end.
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == kAnySegments) {
      star = p++;
      star_end = n;
    } else if (p < pattern.size() && GlobMatches(pattern[p], name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++star_end;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == kAnySegments) ++p;
  return p == pattern.size();
}

}  // namespace

absl::StatusOr<NamePattern> NamePattern::Parse(std::string_view text, std::string_view what) {
  if (text.size() > kBytesMax) {
    return Invalid(what,
                   StrCat("has ", text.size(), " bytes; at most ", kBytesMax, " are allowed"));
  }
  NamePattern pattern{std::string(text)};
  std::string shortest;
  bool any_name = true;  // So far there is nothing but '**'.
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('/', begin), text.size());
    const std::string_view segment = text.substr(begin, end - begin);
    begin = end + 1;
    if (pattern.segments_.empty() || segment != kAnySegments ||
        pattern.segments_.back() != kAnySegments) {
      pattern.segments_.emplace_back(segment);
    }
    if (segment == kAnySegments) continue;
    if (segment.empty() && !text.empty()) {
      return Invalid(what, "has an empty segment; write a/b, without '/' at an end or twice");
    }
    if (segment.find(kAnySegments) != std::string_view::npos) {
      return Invalid(what,
                     "has '**' beside other characters; '**' stands alone between slashes, '*' "
                     "matches within a segment");
    }
    if (!any_name) shortest.push_back('/');
    any_name = false;
    shortest += ShortestMatch(segment);
  }
  // A pattern whose shortest match is no Name matches none.
  if (!any_name) {
    RETURN_IF_ERROR(Annotate(Name::Parse(shortest, what).status(), "this matches no name"));
  }
  return pattern;
}

bool NamePattern::Matches(std::string_view name) const {
  // The two commonest kinds need no segments.
  if (segments_.size() == 1 && segments_.front() == kAnySegments) return true;
  if (IsLiteral()) return value_ == name;
  // On the stack: this runs for each policy that may cover a use.
  std::array<std::string_view, Name::kSegmentsMax> segments;
  size_t count = 0;
  for (size_t begin = 0; begin <= name.size();) {
    if (count == segments.size()) return false;  // Not a Name.
    const size_t end = std::min(name.find('/', begin), name.size());
    segments[count++] = name.substr(begin, end - begin);
    begin = end + 1;
  }
  return SegmentsMatch(segments_, {segments.data(), count});
}

bool NamePattern::IsLiteral() const { return value_.find('*') == std::string::npos; }

}  // namespace leasehold
