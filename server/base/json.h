#ifndef LEASEHOLD_SERVER_BASE_JSON_H_
#define LEASEHOLD_SERVER_BASE_JSON_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace leasehold {

struct JsonMember;

struct JsonLimits {
  size_t bytes_max;    // of the text; the tree takes up to 50 times as much
  int depth_max = 32;  // arrays and objects inside each other
};

// A JSON value (RFC 8259; not named Json, which the command line calls what it writes), read and
// never changed. Two readers of one text must not see two things, where one of them decides and the
// other acts: so a name that occurs twice in an object is an error, and so are text that is not
// UTF-8, half a surrogate pair, a number that is none of the grammar's or is infinite as a double,
// and anything behind the value. Parsing does not recurse deeper than the limit.
class JsonValue {
 public:
  enum class Kind { kNull, kBool, kNumber, kString, kArray, kObject };

  // INVALID_ARGUMENT, or TOO_LARGE for `limits`; `what` stands in the error ("token header"), which
  // has the byte and never the text.
  static absl::StatusOr<JsonValue> Parse(std::string_view text, const JsonLimits& limits,
                                         std::string_view what);

  JsonValue() = default;  // null

  Kind kind() const { return kind_; }
  bool is_string() const { return kind_ == Kind::kString; }
  bool is_number() const { return kind_ == Kind::kNumber; }
  bool is_array() const { return kind_ == Kind::kArray; }
  bool is_object() const { return kind_ == Kind::kObject; }

  // Of a bool; else false.
  bool boolean() const { return boolean_; }
  // Of a string: its characters in UTF-8, also U+0000. Of a number: as it was written. Else empty.
  const std::string& text() const { return text_; }
  // Of a number: the nearest double. Else 0.
  double number() const { return number_; }
  // Of a number written as a whole one ("7", "-7"; not "7.0") that fits; else nullopt.
  std::optional<int64_t> integer() const;
  // Of an array; else empty.
  std::span<const JsonValue> items() const { return items_; }
  // Of an object, in the order of the text; else empty.
  std::span<const JsonMember> members() const;
  // The value of that name in an object, or null where there is none.
  const JsonValue* Find(std::string_view name) const;

 private:
  friend class JsonParser;

  Kind kind_ = Kind::kNull;
  bool boolean_ = false;
  double number_ = 0;
  std::string text_;
  std::vector<JsonValue> items_;
  std::vector<JsonMember> members_;
};

struct JsonMember {
  std::string name;
  JsonValue value;
};

inline std::span<const JsonMember> JsonValue::members() const { return members_; }

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BASE_JSON_H_
