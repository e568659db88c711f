#ifndef LEASEHOLD_CLIENT_CLI_ENUM_TEXT_H_
#define LEASEHOLD_CLIENT_CLI_ENUM_TEXT_H_

#include <string>
#include <string_view>

namespace leasehold {

// An enum value for people: EnumText("STATE_ACTIVE", "STATE_") is "active".
inline std::string EnumText(std::string_view name, std::string_view prefix) {
  if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  std::string text(name);
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_ENUM_TEXT_H_
