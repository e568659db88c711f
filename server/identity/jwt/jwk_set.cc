#include "server/identity/jwt/jwk_set.h"

#include <algorithm>

#include "server/base/json.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {

absl::StatusOr<JwkSet> JwkSet::Parse(std::string_view text) {
  ASSIGN_OR_RETURN(const JsonValue json,
                   JsonValue::Parse(text, {.bytes_max = kBytesMax}, "the key set"));
  const JsonValue* const keys = json.Find("keys");
  if (keys == nullptr || !keys->is_array()) {
    return Error(Reason::kInvalidArgument, "the key set has no \"keys\"");
  }
  if (keys->items().size() > kKeysMax) {
    return Error(Reason::kTooLarge, StrCat("the key set has ", keys->items().size(),
                                           " keys; at most ", kKeysMax, " are allowed"));
  }
  JwkSet set;
  set.hash_ = Sha256Of(AsBytes(text));
  absl::Status last = Error(Reason::kInvalidArgument, "there is none");
  for (const JsonValue& item : keys->items()) {
    absl::StatusOr<Jwk> key = Jwk::Parse(item);
    if (key.ok()) {
      set.keys_.push_back(*std::move(key));
    } else {
      last = key.status();
      ++set.unusable_;
    }
  }
  if (set.keys_.empty()) {
    return Annotate(last, "the key set has no key that can be used");
  }
  return set;
}

const Jwk* JwkSet::Find(std::string_view kid, SignatureAlgorithm algorithm) const {
  const Jwk* found = nullptr;
  for (const Jwk& key : keys_) {
    if (!key.Allows(algorithm) || (!kid.empty() && key.kid() != kid)) continue;
    if (!kid.empty()) return &key;
    if (found != nullptr) return nullptr;
    found = &key;
  }
  return found;
}

bool JwkSet::Has(std::string_view kid) const {
  return std::any_of(keys_.begin(), keys_.end(), [&](const Jwk& key) { return key.kid() == kid; });
}

}  // namespace leasehold
