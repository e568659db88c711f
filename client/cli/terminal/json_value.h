#ifndef LEASEHOLD_CLIENT_CLI_TERMINAL_JSON_VALUE_H_
#define LEASEHOLD_CLIENT_CLI_TERMINAL_JSON_VALUE_H_

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leasehold {

// What a command answers, before it is written as JSON or YAML. Objects keep the order in which
// their members were set, so that the same answer is the same text.
class Json {
 public:
  enum class Kind { kNull, kBool, kNumber, kString, kArray, kObject };

  Json() = default;  // null
  // For text only: a char* would otherwise prefer bool.
  Json(std::string text) : kind_(Kind::kString), text_(std::move(text)) {}  // NOLINT
  Json(std::string_view text) : Json(std::string(text)) {}                  // NOLINT
  Json(const char* text) : Json(std::string(text)) {}                       // NOLINT
  template <std::same_as<bool> T>
  Json(T value) : kind_(Kind::kBool), text_(value ? "true" : "false") {}  // NOLINT
  template <std::integral T>
  requires(!std::same_as<T, bool>) Json(T value)  // NOLINT
      : kind_(Kind::kNumber), text_(std::to_string(value)) {}

  static Json Array();
  static Json Object();

  // Sets a member of an object, or replaces it in its place.
  Json& Set(std::string_view key, Json value);
  // Appends to an array.
  Json& Append(Json value);

  Kind kind() const { return kind_; }
  // Of a string its text, of a bool or number what is written.
  const std::string& text() const { return text_; }
  const std::vector<Json>& items() const { return items_; }
  const std::vector<std::pair<std::string, Json>>& members() const { return members_; }

  // Both end with a line feed. JSON is indented by two spaces; YAML is the block style, and quotes
  // what a YAML reader could take for something else than text.
  std::string ToJson() const;
  std::string ToYaml() const;

 private:
  Kind kind_ = Kind::kNull;
  std::string text_;
  std::vector<Json> items_;
  std::vector<std::pair<std::string, Json>> members_;
};

// `text` in double quotes with the escapes of RFC 8259; valid in YAML too.
std::string JsonQuoted(std::string_view text);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_TERMINAL_JSON_VALUE_H_
