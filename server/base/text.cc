#include <cstdint>

#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/base/utf8.h"

namespace leasehold {
namespace {

absl::Status Invalid(std::string_view what, std::string_view offence) {
  return Error(Reason::kInvalidArgument, StrCat(what, " ", offence));
}

// C0, DEL and C1.
bool IsControl(uint32_t code_point) {
  return code_point < 0x20 || (code_point >= 0x7f && code_point <= 0x9f);
}

}  // namespace

absl::StatusOr<Text> Text::Parse(std::string_view text, std::string_view what) {
  if (text.empty()) return Invalid(what, "is empty");
  if (text.size() > kBytesMax) {
    return Invalid(what,
                   StrCat("has ", text.size(), " bytes; at most ", kBytesMax, " are allowed"));
  }
  for (size_t at = 0; at < text.size();) {
    const Utf8Character character = FirstUtf8Character(text.substr(at));
    if (character.size == 0) return Invalid(what, StrCat("is not UTF-8 at byte ", at));
    if (IsControl(character.code_point)) {
      return Invalid(what, StrCat("has a control character at byte ", at));
    }
    at += character.size;
  }
  return Text(std::string(text));
}

}  // namespace leasehold
