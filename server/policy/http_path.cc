#include "server/policy/http_path.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>

#include "server/base/glob.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr std::string_view kAnySegments = "**";

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// What RFC 3986 lets stand in a segment as it is.
bool IsSegmentCharacter(char c) {
  return IsUnreserved(c) || std::string_view("!$&'()*+,;=:@").find(c) != std::string_view::npos;
}

// The value of a capital hex digit, or -1.
int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Looks at "%XX" at the front of `text`.
std::string_view EncodedOffence(std::string_view text) {
  if (text.size() < 3 || HexValue(text[1]) < 0 || HexValue(text[2]) < 0) {
    return "has a '%' without two hex digits in capitals after it";
  }
  const auto byte = static_cast<uint8_t>(HexValue(text[1]) * 16 + HexValue(text[2]));
  if (byte == '/' || byte == '\\') return "has an encoded slash, which servers read differently";
  if (byte < 0x20 || byte == 0x7f) return "has an encoded control character";
  if (byte == '%' && text.size() >= 5 && std::isxdigit(static_cast<uint8_t>(text[3])) != 0 &&
      std::isxdigit(static_cast<uint8_t>(text[4])) != 0) {
    return "has a doubly encoded character, which servers read differently";
  }
  if (IsUnreserved(static_cast<char>(byte))) {
    return "has an encoded character that needs no encoding";
  }
  return {};
}

std::string_view SegmentOffence(std::string_view segment) {
  if (segment == "." || segment == "..") return "has a '.' or '..' segment";
  // Servlet containers drop what follows a ';' and then see the dots.
  const std::string_view name = segment.substr(0, std::min(segment.find(';'), segment.find("%3B")));
  if (name == "." || name == "..") return "has a '.' or '..' segment with parameters";
  for (size_t i = 0; i < segment.size(); ++i) {
    if (IsSegmentCharacter(segment[i])) continue;
    if (segment[i] == '?' || segment[i] == '#') return "has a query or fragment";
    if (segment[i] != '%') return "has a character that must be percent-encoded";
    if (const auto offence = EncodedOffence(segment.substr(i)); !offence.empty()) return offence;
    i += 2;
  }
  return {};
}

// One segment of a path, and where the next begins; past the end after the last.
struct Cut {
  std::string_view segment;
  size_t next;
};

// answer[i][j], of the segments from i of one pattern and from j of another.
using SegmentAnswers =
    std::array<std::array<bool, PathPattern::kSegmentsMax + 1>, PathPattern::kSegmentsMax + 1>;

Cut CutSegment(std::string_view path, size_t begin) {
  const size_t end = std::min(path.find('/', begin), path.size());
  return {path.substr(begin, end - begin), end + 1};
}

}  // namespace

std::string_view PathOffence(std::string_view path) {
  if (path.empty() || path[0] != '/') return "does not start with '/'";
  if (path.size() > kPathBytesMax) return "is longer than 8192 bytes";
  static_assert(kPathBytesMax == 8192, "the sentence above says it");
  for (size_t at = 1; at <= path.size();) {
    const Cut cut = CutSegment(path, at);
    at = cut.next;
    if (cut.segment.empty() && at <= path.size()) return "has '//'";
    if (const auto offence = SegmentOffence(cut.segment); !offence.empty()) return offence;
  }
  return {};
}

bool IsCanonicalPath(std::string_view path) { return PathOffence(path).empty(); }

absl::StatusOr<PathPattern> PathPattern::Parse(std::string_view text, std::string_view what) {
  const auto refuse = [what](std::string_view offence) {
    return Error(Reason::kInvalidArgument, StrCat(what, " ", offence));
  };
  if (text.size() > kBytesMax) {
    return refuse(StrCat("has ", text.size(), " bytes; at most ", kBytesMax, " are allowed"));
  }
  // '*' may stand in a path as it is, so a pattern that could match something is itself canonical.
  if (const auto offence = PathOffence(text); !offence.empty()) {
    return refuse(StrCat(offence, "; no path of a use looks like that"));
  }
  PathPattern pattern{std::string(text)};
  for (size_t at = 1; at <= text.size();) {
    const Cut cut = CutSegment(text, at);
    at = cut.next;
    const bool any_segments = cut.segment == kAnySegments;
    if (!any_segments && cut.segment.find(kAnySegments) != std::string_view::npos) {
      return refuse(
          "has '**' beside other characters; '**' stands alone between slashes, '*' matches "
          "within a segment");
    }
    if (any_segments && !pattern.segments_.empty() &&
        pattern.segments_.back().kind == Segment::Kind::kAnySegments) {
      continue;
    }
    const auto kind = any_segments ? Segment::Kind::kAnySegments
                      : cut.segment.find('*') != std::string_view::npos ? Segment::Kind::kWildcard
                                                                        : Segment::Kind::kLiteral;
    pattern.segments_.push_back({kind, std::string(cut.segment)});
  }
  if (pattern.segments_.size() > kSegmentsMax) {
    return refuse(StrCat("has ", pattern.segments_.size(), " segments; at most ", kSegmentsMax,
                         " are allowed"));
  }
  return pattern;
}

bool PathPattern::Segment::Matches(std::string_view segment) const {
  if (kind == Kind::kLiteral) return text == segment;
  return !(segment.empty() && text == "*") && GlobMatches(text, segment);
}

// Backtracking to the last '**' is enough: were an earlier one to stand for more, the rest would
// have less to match, never something else.
bool PathPattern::Matches(std::string_view path) const {
  size_t p = 0;
  size_t at = 1;
  size_t star = std::string_view::npos;
  size_t star_end = 0;  // Where the segments that the last '**' stands for end.
  while (at <= path.size()) {
    const Cut cut = CutSegment(path, at);
    if (p < segments_.size() && segments_[p].kind == Segment::Kind::kAnySegments) {
      star = p++;
      star_end = at;
      if (p == segments_.size()) return true;
    } else if (p < segments_.size() && segments_[p].Matches(cut.segment)) {
      ++p;
      at = cut.next;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      star_end = CutSegment(path, star_end).next;
      at = star_end;
    } else {
      return false;
    }
  }
  while (p < segments_.size() && segments_[p].kind == Segment::Kind::kAnySegments) ++p;
  return p == segments_.size();
}

bool PathPattern::Segment::Contains(const Segment& other) const {
  if (other.kind == Kind::kLiteral) return Matches(other.text);
  // A '*' of the other that one of ours takes as a character stands for whatever that is.
  return kind == Kind::kWildcard && GlobMatches(text, other.text);
}

bool PathPattern::Segment::Overlaps(const Segment& other) const {
  if (kind == Kind::kLiteral) return other.Matches(text);
  if (other.kind == Kind::kLiteral) return Matches(other.text);
  // What stands before the first '*' and behind the last must agree so far as both have it.
  const std::string_view a = text;
  const std::string_view b = other.text;
  const size_t front = std::min(a.find('*'), b.find('*'));
  const size_t back = std::min(a.size() - a.rfind('*'), b.size() - b.rfind('*')) - 1;
  return a.substr(0, front) == b.substr(0, front) &&
         a.substr(a.size() - back) == b.substr(b.size() - back);
}

bool PathPattern::Contains(const PathPattern& other) const {
  const size_t n = segments_.size();
  const size_t m = other.segments_.size();
  SegmentAnswers contains{};
  for (size_t i = n + 1; i-- > 0;) {
    const bool any = i < n && segments_[i].kind == Segment::Kind::kAnySegments;
    for (size_t j = m + 1; j-- > 0;) {
      if (j == m) {
        contains[i][j] = i == n || (any && contains[i + 1][j]);
      } else if (any) {
        contains[i][j] = contains[i + 1][j] || contains[i][j + 1];
      } else if (i < n && other.segments_[j].kind != Segment::Kind::kAnySegments) {
        contains[i][j] = contains[i + 1][j + 1] && segments_[i].Contains(other.segments_[j]);
      }
    }
  }
  return contains[0][0];
}

bool PathPattern::Overlaps(const PathPattern& other) const {
  const size_t n = segments_.size();
  const size_t m = other.segments_.size();
  SegmentAnswers overlaps{};
  for (size_t i = n + 1; i-- > 0;) {
    const bool any = i < n && segments_[i].kind == Segment::Kind::kAnySegments;
    for (size_t j = m + 1; j-- > 0;) {
      const bool other_any = j < m && other.segments_[j].kind == Segment::Kind::kAnySegments;
      if (i == n && j == m) {
        overlaps[i][j] = true;
      } else if (any || other_any) {
        overlaps[i][j] = (any && overlaps[i + 1][j]) || (other_any && overlaps[i][j + 1]) ||
                         (any && j < m && overlaps[i][j + 1]) ||
                         (other_any && i < n && overlaps[i + 1][j]);
      } else if (i < n && j < m) {
        overlaps[i][j] = overlaps[i + 1][j + 1] && segments_[i].Overlaps(other.segments_[j]);
      }
    }
  }
  return overlaps[0][0];
}

}  // namespace leasehold
