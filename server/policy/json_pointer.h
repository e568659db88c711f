#ifndef LEASEHOLD_SERVER_POLICY_JSON_POINTER_H_
#define LEASEHOLD_SERVER_POLICY_JSON_POINTER_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/json.h"

namespace leasehold {

// A place in a JSON value (RFC 6901, its string form): "/owner", "/labels/0", "/a~1b" for the name
// "a/b". Immutable.
class JsonPointer {
 public:
  static constexpr size_t kBytesMax = 256;

  // INVALID_ARGUMENT with a sentence that starts with `what`. The empty pointer is the whole value.
  static absl::StatusOr<JsonPointer> Parse(std::string_view text, std::string_view what);

  // The value there, owned by `root`; null where there is none. Does not allocate.
  const JsonValue* FindIn(const JsonValue& root) const;
  const std::string& value() const { return value_; }

 private:
  explicit JsonPointer(std::string value) : value_(std::move(value)) {}
  std::string value_;
  std::vector<std::string> names_;  // without escapes
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_JSON_POINTER_H_
