#include "client/cli/terminal/json_value.h"

#include "server/base/check.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

std::string Indent(int depth) { return std::string(static_cast<size_t>(depth) * 2, ' '); }

void WriteJson(const Json& value, int depth, std::string* out) {
  switch (value.kind()) {
    case Json::Kind::kNull:
      out->append("null");
      return;
    case Json::Kind::kBool:
    case Json::Kind::kNumber:
      out->append(value.text());
      return;
    case Json::Kind::kString:
      out->append(JsonQuoted(value.text()));
      return;
    case Json::Kind::kArray: {
      const char* separator = "[\n";
      for (const Json& item : value.items()) {
        StrAppend(out, separator, Indent(depth + 1));
        WriteJson(item, depth + 1, out);
        separator = ",\n";
      }
      value.items().empty() ? out->append("[]") : out->append("\n" + Indent(depth) + "]");
      return;
    }
    case Json::Kind::kObject: {
      const char* separator = "{\n";
      for (const auto& [key, member] : value.members()) {
        StrAppend(out, separator, Indent(depth + 1), JsonQuoted(key), ": ");
        WriteJson(member, depth + 1, out);
        separator = ",\n";
      }
      value.members().empty() ? out->append("{}") : out->append("\n" + Indent(depth) + "}");
      return;
    }
  }
}

// Whether a YAML reader takes the bare word for this very text. Letters that begin words like
// `yes`, `null` or `on`, and everything that looks like a number, get quotes.
bool IsPlainYaml(std::string_view text) {
  constexpr std::string_view kWords[] = {"true", "false", "yes", "no", "on",
                                         "off",  "null",  "y",   "n"};
  if (text.empty()) return false;
  bool has_letter = false;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '/';
    const bool other = (c >= '0' && c <= '9') || c == '-' || c == '.';
    if (!letter && !other) return false;
    has_letter |= letter;
  }
  const char first = text.front();
  if (!has_letter || first == '-' || first == '.' || (first >= '0' && first <= '9')) return false;
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  for (const std::string_view word : kWords) {
    if (lower == word) return false;
  }
  return true;
}

bool IsEmptyCollection(const Json& value) {
  return value.items().empty() && value.members().empty();
}

bool IsCollection(const Json& value) {
  return value.kind() == Json::Kind::kArray || value.kind() == Json::Kind::kObject;
}

// Writes a value that stands after "key:" or "-" on the same line.
void WriteYamlScalar(const Json& value, std::string* out) {
  if (value.kind() == Json::Kind::kString && IsPlainYaml(value.text())) {
    StrAppend(out, value.text(), "\n");
    return;
  }
  WriteJson(value, 0, out);
  out->push_back('\n');
}

void WriteYaml(const Json& value, int depth, std::string* out);

// A member or an item; `lead` is "key:" or "-".
void WriteYamlEntry(std::string_view lead, const Json& value, int depth, std::string* out) {
  StrAppend(out, Indent(depth), lead);
  if (!IsCollection(value) || IsEmptyCollection(value)) {
    out->push_back(' ');
    WriteYamlScalar(value, out);
    return;
  }
  if (lead != "-") {
    out->push_back('\n');
    WriteYaml(value, value.kind() == Json::Kind::kArray ? depth : depth + 1, out);
    return;
  }
  // "- " is as wide as one step, so the first member moves up beside the dash.
  std::string block;
  WriteYaml(value, depth + 1, &block);
  StrAppend(out, " ", std::string_view(block).substr(Indent(depth + 1).size()));
}

void WriteYaml(const Json& value, int depth, std::string* out) {
  if (!IsCollection(value) || IsEmptyCollection(value)) {
    WriteYamlScalar(value, out);
    return;
  }
  for (const Json& item : value.items()) WriteYamlEntry("-", item, depth, out);
  for (const auto& [key, member] : value.members()) {
    WriteYamlEntry((IsPlainYaml(key) ? key : JsonQuoted(key)) + ":", member, depth, out);
  }
}

}  // namespace

Json Json::Array() {
  Json value;
  value.kind_ = Kind::kArray;
  return value;
}

Json Json::Object() {
  Json value;
  value.kind_ = Kind::kObject;
  return value;
}

Json& Json::Set(std::string_view key, Json value) {
  LEASEHOLD_CHECK(kind_ == Kind::kObject);
  for (auto& [existing, member] : members_) {
    if (existing == key) {
      member = std::move(value);
      return *this;
    }
  }
  members_.emplace_back(key, std::move(value));
  return *this;
}

Json& Json::Append(Json value) {
  LEASEHOLD_CHECK(kind_ == Kind::kArray);
  items_.push_back(std::move(value));
  return *this;
}

std::string Json::ToJson() const {
  std::string out;
  WriteJson(*this, 0, &out);
  out.push_back('\n');
  return out;
}

std::string Json::ToYaml() const {
  std::string out;
  WriteYaml(*this, 0, &out);
  return out;
}

std::string JsonQuoted(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out.append("\\n");
    } else if (byte < 0x20 || byte == 0x7f) {
      StrAppend(&out, "\\u00", kHex[byte >> 4], kHex[byte & 15]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
  return out;
}

}  // namespace leasehold
