#ifndef LEASEHOLD_SERVER_BROKER_HTTP_FIELD_LINES_H_
#define LEASEHOLD_SERVER_BROKER_HTTP_FIELD_LINES_H_

#include <cstddef>
#include <string_view>
#include <vector>

namespace leasehold {

// The part of an HTTP/1.1 head that requests and responses share (RFC 9112), read strictly: what
// two parsers could understand in two ways is refused. Nothing here allocates but the vector of
// fields, which callers use again.

// One field line. Views into the head; the value without the blanks around it.
struct Field {
  std::string_view name;
  std::string_view value;
};

// More than any client sends; bounds the work that is quadratic in the number of fields.
inline constexpr size_t kFieldsMax = 100;

// Where a head ends.
struct HeadEnd {
  enum class State { kMore, kComplete, kBroken };
  State state = State::kMore;
  size_t size = 0;  // with the empty line, where complete
};
// Looks for the end of the head at the front of `bytes`; the first `seen` bytes were looked at by
// an earlier call that answered kMore. Broken where a line ends with a bare LF, which some parsers
// take for a line end and others do not, or where the first line is empty.
HeadEnd FindHeadEnd(std::string_view bytes, size_t seen);

// Which bytes a value may hold. Requests are held to visible ASCII; upstreams do send names of
// files and people in UTF-8 or Latin-1.
enum class ValueBytes { kAscii, kAny };

// Reads the field lines of a head into `fields`, replacing what was there. `lines` is what follows
// the start line's CRLF, without the empty line. Returns the offence, to follow "the head has", or
// an empty view: obs-fold, blanks before the colon, names that are no token, CR, LF, NUL or
// another control character in a value, too many fields.
std::string_view ParseFieldLines(std::string_view lines, ValueBytes bytes,
                                 std::vector<Field>* fields);

// Whether two field names are the same, letter case aside. '_' counts as '-': gateways that hand
// fields on as environment variables cannot tell them apart, so neither do we when we look for a
// dangerous name.
bool SameName(std::string_view a, std::string_view b);

// Letter case aside, nothing else.
bool SameToken(std::string_view a, std::string_view b);

// Whether `text` is a token of RFC 9110: one or more of letters, digits and !#$%&'*+-.^_`|~.
bool IsToken(std::string_view text);

// Calls `visit` with each element of a comma-separated list, blanks removed, empty ones left out.
template <typename Visit>
void ForEachListElement(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    std::string_view element = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    while (!element.empty() && (element.front() == ' ' || element.front() == '\t')) {
      element.remove_prefix(1);
    }
    while (!element.empty() && (element.back() == ' ' || element.back() == '\t')) {
      element.remove_suffix(1);
    }
    if (!element.empty()) visit(element);
  }
}

// Whether a field belongs to one connection and is never passed on, by its own nature.
bool IsHopByHop(std::string_view name);

// Whether `name` is one of `names`.
bool IsNamed(const std::vector<std::string_view>& names, std::string_view name);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BROKER_HTTP_FIELD_LINES_H_
