#ifndef LEASEHOLD_SERVER_POLICY_HTTP_PATH_H_
#define LEASEHOLD_SERVER_POLICY_HTTP_PATH_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace leasehold {

// Paths longer than this are not canonical. Common servers stop at 8 KiB too, and matching is at
// worst quadratic in the number of segments.
inline constexpr size_t kPathBytesMax = 8192;

// Whether a path is spelled as policy judges it: starts with '/'; no segment is empty but the last,
// or is '.' or '..'; every character may stand in a path as it is (RFC 3986), or is percent-encoded
// with capital hex digits and is not unreserved. Reserved ones have two spellings ('@' and "%40",
// since common clients send either); to policy these are two paths, which allow rules can only make
// stricter. An encoded '/', '\' or control character is never canonical: servers disagree about
// what it means. The judged bytes are forwarded, so what is not canonical is refused and not
// repaired. Does not allocate.
bool IsCanonicalPath(std::string_view path);
// Why not, to follow "the path": "has a '..' segment". Empty where it is canonical.
std::string_view PathOffence(std::string_view path);

// Matches canonical paths, byte for byte: within a segment `*` stands for any characters (alone:
// for at least one), `**` for any number of segments, also none: "/repos/acme/**" matches
// "/repos/acme", "/repos/acme/" and all below. Immutable.
class PathPattern {
 public:
  // Method, blank and pattern together are recorded as one Text of at most 1,024 bytes.
  static constexpr size_t kBytesMax = 512;
  // Bounds the work of `**` on a long path.
  static constexpr size_t kSegmentsMax = 32;

  // INVALID_ARGUMENT where no canonical path could match or a limit is passed; `what` starts the
  // sentence.
  static absl::StatusOr<PathPattern> Parse(std::string_view text, std::string_view what);

  // `path` is canonical; for other strings the answer means nothing. Does not allocate.
  bool Matches(std::string_view path) const;
  // Whether every path that `other` matches is matched. May say no where it is so after all.
  bool Contains(const PathPattern& other) const;
  // Whether a path may match both. May say yes where none does after all.
  bool Overlaps(const PathPattern& other) const;
  const std::string& value() const { return value_; }

 private:
  struct Segment {
    enum class Kind { kLiteral, kWildcard, kAnySegments };
    Kind kind;
    std::string text;
    bool Matches(std::string_view segment) const;
    // As those of PathPattern, for what is no kAnySegments.
    bool Contains(const Segment& other) const;
    bool Overlaps(const Segment& other) const;
  };
  explicit PathPattern(std::string value) : value_(std::move(value)) {}
  std::string value_;
  std::vector<Segment> segments_;  // Without a `**` right after another.
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_HTTP_PATH_H_
