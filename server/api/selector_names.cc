// Selectors between API messages and our types; see names.h.

#include <charconv>

#include "server/api/names.h"
#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr std::string_view kTokens = "/tokens/";
constexpr std::string_view kCredentials = "credentials/";

// Puts the name that stands behind `collection` into `name`, where there is one.
absl::Status TakeName(const std::string& resource, std::string_view collection, std::string* name) {
  if (resource.empty()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(Name parsed, Name::ParseResource(resource, collection));
  *name = parsed.value();
  return absl::OkStatus();
}

absl::Status TakeText(const std::string& text, std::string_view field, std::string* name) {
  if (!text.empty()) {
    RETURN_IF_ERROR(Text::Parse(text, field).status());
  }
  *name = text;
  return absl::OkStatus();
}

// "agents/{id}/tokens/{number}" or "credentials/{number}".
absl::Status TakeCredential(std::string_view resource, SelectorNames& names) {
  if (resource.empty()) {
    return absl::OkStatus();
  }
  std::string_view digits;
  if (resource.starts_with(kCredentials)) {
    digits = resource.substr(kCredentials.size());
  } else if (const size_t at = resource.rfind(kTokens); at != std::string_view::npos) {
    ASSIGN_OR_RETURN(Name agent, Name::ParseResource(resource.substr(0, at), "agents/"));
    names.credential_agent = agent.value();
    digits = resource.substr(at + kTokens.size());
  }
  uint64_t number = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() ||
      digits.front() == '0') {
    return Error(Reason::kInvalidArgument,
                 "a credential is named agents/{id}/tokens/{number} or credentials/{number}");
  }
  names.credential = CredentialId(number);
  return absl::OkStatus();
}

absl::Status TakeVersion(const v1::Selector& selector, SelectorNames& names) {
  if (selector.version().empty()) {
    return TakeName(selector.secret(), "secrets/", &names.secret);
  }
  if (!selector.secret().empty()) {
    return Error(Reason::kInvalidArgument, "version names its secret: leave secret out");
  }
  ASSIGN_OR_RETURN(SecretVersionName version, ParseSecretVersionName(selector.version()));
  if (version.version.empty()) {
    return Error(Reason::kInvalidArgument,
                 "a version is named secrets/{path}/versions/{number from 1}");
  }
  names.secret = version.secret.value();
  names.version = version.version;
  return absl::OkStatus();
}

absl::Status TakeLease(const std::string& name, SelectorNames& names) {
  if (name.empty()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(LeaseId lease, ParseLeaseName(name));
  names.epoch = lease.epoch;
  names.lease = lease.number;
  return absl::OkStatus();
}

std::string EntityName(const State& state, std::string_view collection, EntityUid uid) {
  const Entity* entity = state.entities().Find(uid);
  return entity == nullptr ? "" : StrCat(collection, entity->name);
}

std::string TextName(const State& state, std::string_view collection, TextId id) {
  return id.empty() ? "" : StrCat(collection, state.texts().Get(id));
}

std::string CredentialName(const State& state, CredentialId id) {
  const Credential* credential = state.credentials().Find(id);
  if (credential == nullptr) {
    return "";
  }
  const Entity* agent = state.entities().Find(credential->agent);
  return agent == nullptr ? StrCat(kCredentials, id.value())
                          : StrCat("agents/", agent->name, kTokens, id.value());
}

}  // namespace

absl::StatusOr<SelectorNames> ParseSelector(const v1::Selector& selector) {
  SelectorNames names;
  names.all = selector.all();
  RETURN_IF_ERROR(TakeLease(selector.lease(), names));
  RETURN_IF_ERROR(TakeName(selector.agent(), "agents/", &names.agent));
  RETURN_IF_ERROR(TakeVersion(selector, names));
  RETURN_IF_ERROR(TakeName(selector.workflow(), "workflows/", &names.workflow));
  RETURN_IF_ERROR(TakeName(selector.group(), "groups/", &names.group));
  RETURN_IF_ERROR(TakeName(selector.policy(), "policies/", &names.policy));
  RETURN_IF_ERROR(TakeText(selector.user(), "user", &names.user));
  RETURN_IF_ERROR(TakeText(selector.run(), "run", &names.run));
  RETURN_IF_ERROR(TakeCredential(selector.credential(), names));
  const bool named = !names.lease.empty() || !names.agent.empty() || !names.secret.empty() ||
                     !names.workflow.empty() || !names.group.empty() || !names.policy.empty() ||
                     !names.user.empty() || !names.run.empty() || !names.credential.empty();
  if (named == names.all) {
    return Error(Reason::kInvalidArgument,
                 named ? "the selector has `all` and something beside it; use one of them"
                       : "the selector names nothing: set an agent, a secret, or another field, or "
                         "all");
  }
  return names;
}

void SelectorToProto(const State& state, const Selector& selector, v1::Selector* proto) {
  const Selector::Parts& parts = selector.parts();
  proto->set_all(parts.all);
  if (!parts.lease.empty()) {
    const Lease* lease = state.leases().Find(parts.lease);
    proto->set_lease(
        LeaseName(lease == nullptr ? state.epoch() : state.EpochOf(*lease), parts.lease));
  }
  proto->set_agent(EntityName(state, "agents/", parts.agent));
  proto->set_group(EntityName(state, "groups/", parts.group));
  const std::string secret = EntityName(state, "secrets/", parts.secret);
  if (parts.version.empty()) {
    proto->set_secret(secret);
  } else {
    proto->set_version(StrCat(secret, "/versions/", parts.version.value()));
  }
  proto->set_workflow(TextName(state, "workflows/", parts.workflow));
  proto->set_policy(TextName(state, "policies/", parts.policy));
  proto->set_user(TextName(state, "", parts.user));
  proto->set_run(TextName(state, "", parts.run));
  proto->set_credential(CredentialName(state, parts.credential));
}

std::string SelectorWords(const State& state, const Selector& selector) {
  v1::Selector names;
  SelectorToProto(state, selector, &names);
  if (names.all()) {
    return "everything";
  }
  std::string words;
  auto add = [&words](std::string_view kind, const std::string& name) {
    if (!name.empty()) {
      StrAppend(&words, words.empty() ? "" : " with ", kind, name);
    }
  };
  add("", names.lease());
  add("", names.agent());
  add("", names.group());
  add("user ", names.user());
  add("", names.secret());
  add("", names.version());
  add("", names.workflow());
  add("", names.policy());
  add("", names.credential());
  add("run ", names.run());
  return words;
}

}  // namespace leasehold
