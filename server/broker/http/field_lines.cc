#include "server/broker/http/field_lines.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace leasehold {
namespace {

constexpr std::array<bool, 256> kTokenCharacters = [] {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<uint8_t>(c)] = true;
  return table;
}();

// The bytes a value may never hold are control characters but the tab.
bool IsValueByte(char c, ValueBytes bytes) {
  const auto byte = static_cast<uint8_t>(c);
  if (byte >= 0x80) return bytes == ValueBytes::kAny;
  return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

char LowerCase(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

// One line without its CRLF.
std::string_view ParseFieldLine(std::string_view line, ValueBytes bytes, Field* field) {
  if (line.empty()) return "an empty line among its fields";
  if (IsBlank(line[0])) return "a field that is folded over two lines";
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return "a line without a colon";
  field->name = line.substr(0, colon);
  if (!IsToken(field->name)) return "a field name with a character that names may not have";
  for (const char c : line.substr(colon + 1)) {
    if (IsValueByte(c, bytes)) continue;
    return static_cast<uint8_t>(c) >= 0x80 ? "a field value with a character beyond ASCII"
                                           : "a field value with a control character";
  }
  field->value = TrimBlanks(line.substr(colon + 1));
  return {};
}

}  // namespace

HeadEnd FindHeadEnd(std::string_view bytes, size_t seen) {
  for (size_t at = seen; (at = bytes.find('\n', at)) != std::string_view::npos; ++at) {
    if (at == 0 || bytes[at - 1] != '\r') return {HeadEnd::State::kBroken};
    if (at == 1) return {HeadEnd::State::kBroken};
    if (at >= 3 && bytes[at - 2] == '\n') return {HeadEnd::State::kComplete, at + 1};
  }
  return {};
}

std::string_view ParseFieldLines(std::string_view lines, ValueBytes bytes,
                                 std::vector<Field>* fields) {
  fields->clear();
  while (!lines.empty()) {
    const size_t end = lines.find("\r\n");
    if (end == std::string_view::npos) return "a line without an end";
    if (fields->size() == kFieldsMax) return "more than 100 fields";
    static_assert(kFieldsMax == 100, "the sentence above says it");
    Field field;
    if (const auto offence = ParseFieldLine(lines.substr(0, end), bytes, &field);
        !offence.empty()) {
      return offence;
    }
    fields->push_back(field);
    lines.remove_prefix(end + 2);
  }
  return {};
}

bool SameName(std::string_view a, std::string_view b) {
  const auto fold = [](char c) { return c == '_' ? '-' : LowerCase(c); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [fold](char x, char y) { return fold(x) == fold(y); });
}

bool SameToken(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return LowerCase(x) == LowerCase(y); });
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return kTokenCharacters[static_cast<uint8_t>(c)];
  });
}

bool IsHopByHop(std::string_view name) {
  // Content-Length and Host are written anew with each head and so are not passed on either, but
  // they say something about the message; their owners handle them.
  constexpr std::array<std::string_view, 9> kNames = {"connection",
                                                      "keep-alive",
                                                      "proxy-connection",
                                                      "proxy-authenticate",
                                                      "proxy-authorization",
                                                      "te",
                                                      "trailer",
                                                      "transfer-encoding",
                                                      "upgrade"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [name](std::string_view hop) { return SameName(hop, name); });
}

bool IsNamed(const std::vector<std::string_view>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [name](std::string_view one) { return SameName(one, name); });
}

}  // namespace leasehold
