#ifndef LEASEHOLD_SERVER_BASE_NAME_H_
#define LEASEHOLD_SERVER_BASE_NAME_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace leasehold {

// A resource name's path: segments of [a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])? joined by '/', at
// most 8 segments and 200 bytes. What is not canonical is rejected, never normalised: two
// spellings of one secret would be two answers to "who used it". Once a Name exists it is valid.
class Name {
 public:
  static constexpr size_t kSegmentsMax = 8;
  static constexpr size_t kBytesMax = 200;
  static constexpr size_t kSegmentBytesMax = 64;

  // `what` stands in the error: "secret name", "agent name". INVALID_ARGUMENT names the first
  // offence and what is allowed.
  static absl::StatusOr<Name> Parse(std::string_view text, std::string_view what = "name");

  // The id in `collection`/{id}, e.g. Parse("secrets/github/pat", "secrets/") -> github/pat.
  static absl::StatusOr<Name> ParseResource(std::string_view resource, std::string_view prefix);

  const std::string& value() const { return value_; }
  auto operator<=>(const Name&) const = default;

  template <typename H>
  friend H AbslHashValue(H h, const Name& name) {
    return H::combine(std::move(h), name.value_);
  }

 private:
  explicit Name(std::string value) : value_(std::move(value)) {}
  std::string value_;
};

// A string from outside whose bytes are kept exactly: users, hosts, paths, reasons. Valid UTF-8,
// 1 to 1,024 bytes, no control characters (C0, DEL, C1).
class Text {
 public:
  static constexpr size_t kBytesMax = 1024;

  // INVALID_ARGUMENT says what is wrong with `what`; the text itself is not quoted.
  static absl::StatusOr<Text> Parse(std::string_view text, std::string_view what);

  const std::string& value() const { return value_; }
  auto operator<=>(const Text&) const = default;

 private:
  explicit Text(std::string value) : value_(std::move(value)) {}
  std::string value_;
};

// Matches canonical names: `*` is exactly one segment, `**` any number of segments (also none);
// a segment may also hold `*` beside other characters ("support-*": any characters but '/').
class NamePattern {
 public:
  // `**` takes no room in a name, so a pattern may be a little longer.
  static constexpr size_t kBytesMax = 256;

  // INVALID_ARGUMENT where the pattern could never match a canonical name, or is too long.
  static absl::StatusOr<NamePattern> Parse(std::string_view text, std::string_view what);

  // `name` is the value of a Name; for other strings the answer means nothing. Does not allocate.
  bool Matches(std::string_view name) const;
  // True where the pattern has no wildcard, i.e. is one Name.
  bool IsLiteral() const;
  const std::string& value() const { return value_; }

 private:
  explicit NamePattern(std::string value) : value_(std::move(value)) {}
  std::string value_;
  std::vector<std::string> segments_;  // Without a `**` right after another.
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BASE_NAME_H_
