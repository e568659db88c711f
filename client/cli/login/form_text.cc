#include "client/cli/login/form_text.h"

#include <charconv>

#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr std::string_view kUnreserved =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

void AppendEncoded(std::string* out, std::string_view text) {
  for (const char c : text) {
    if (kUnreserved.find(c) != std::string_view::npos) {
      out->push_back(c);
    } else {
      StrAppend(out, '%', HexEncode(AsBytes(std::string_view(&c, 1))));
    }
  }
}

absl::StatusOr<std::string> Decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i] == '+' ? ' ' : text[i]);
      continue;
    }
    unsigned byte = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) {
      return Error(Reason::kInvalidArgument, "a bad escape in a query");
    }
    out.push_back(static_cast<char>(byte));
    i += 2;
  }
  return out;
}

}  // namespace

std::string EncodeForm(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    if (!out.empty()) out.push_back('&');
    AppendEncoded(&out, name);
    out.push_back('=');
    AppendEncoded(&out, value);
  }
  return out;
}

absl::StatusOr<std::map<std::string, std::string>> DecodeForm(std::string_view text) {
  std::map<std::string, std::string> fields;
  while (!text.empty()) {
    const std::string_view field = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), field.size() + 1));
    const size_t equals = std::min(field.find('='), field.size());
    ASSIGN_OR_RETURN(std::string name, Decode(field.substr(0, equals)));
    ASSIGN_OR_RETURN(std::string value, Decode(field.substr(std::min(field.size(), equals + 1))));
    if (!fields.emplace(std::move(name), std::move(value)).second) {
      return Error(Reason::kInvalidArgument, "a field twice in a query");
    }
  }
  return fields;
}

}  // namespace leasehold
