#include "client/cli/login/oidc_provider.h"

#include <algorithm>
#include <array>

#include "client/cli/login/form_text.h"
#include "client/cli/terminal/cli_error.h"
#include "server/base/crypto_bytes.h"
#include "server/base/json.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/net/https/https_client.h"

namespace leasehold {
namespace {

constexpr size_t kAnswerBytesMax = 256 * 1024;
constexpr std::string_view kDeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
// RFC 8628 section 3.5.
constexpr absl::Duration kIntervalDefault = absl::Seconds(5);
constexpr absl::Duration kSlowDown = absl::Seconds(5);
constexpr absl::Duration kIntervalMax = absl::Minutes(1);
// What a provider says may be absurd.
constexpr int64_t kDeviceSecondsMax = 1800;

absl::Status Failed(std::string_view what, std::string_view hint = {}) {
  return CliError(ExitStatus::kNotAuthenticated, what, hint);
}

// A document of the provider: its status and JSON object.
struct Document {
  int status = 0;
  JsonValue json;
};

absl::StatusOr<Document> Ask(const OidcClient& client, const std::string& url,
                             const std::string& form) {
  auto parsed = HttpsUrl::Parse(url);
  if (!parsed.ok()) {
    return Failed(StrCat("the provider's address is refused: ", parsed.status().message()));
  }
  const auto response = HttpsCall({.url = *std::move(parsed), .form = form},
                                  {.ca_pem = client.ca_pem, .body_bytes_max = kAnswerBytesMax});
  if (!response.ok()) {
    return CliError(ExitStatus::kUnavailable,
                    StrCat("the login provider: ", response.status().message()),
                    "where its certificate is not a public one, name it with --ca-file");
  }
  auto json =
      JsonValue::Parse(response->body, {.bytes_max = kAnswerBytesMax}, "the provider's answer");
  if (!json.ok() || !json->is_object()) {
    return Failed(StrCat(url, " answers with status ", response->status, " and no JSON"));
  }
  return Document{response->status, *std::move(json)};
}

std::string Text(const JsonValue& json, std::string_view name) {
  const JsonValue* const found = json.Find(name);
  return found != nullptr && found->is_string() ? found->text() : std::string();
}

// What a provider says for people, as far as it can stand in an error: it may be anybody's text.
std::string Described(const JsonValue& json) {
  std::string text = StrCat(Text(json, "error"), ": ", Text(json, "error_description"));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text.substr(0, 200);
}

absl::StatusOr<std::string> IdTokenOf(const Document& document) {
  if (document.status != 200) {
    return Failed(StrCat("the provider refused the login: ", Described(document.json)));
  }
  std::string token = Text(document.json, "id_token");
  if (token.empty()) {
    return Failed("the provider gave no ID token", "the scopes have to include openid");
  }
  return token;
}

int64_t Number(const JsonValue& json, std::string_view name, int64_t otherwise) {
  const JsonValue* const found = json.Find(name);
  return found == nullptr ? otherwise : found->integer().value_or(otherwise);
}

}  // namespace

std::string LoginSecret() {
  std::array<uint8_t, 32> random;
  RandomBytes(random);
  return Base64UrlEncode(random);
}

absl::StatusOr<OidcProvider> OidcProvider::Discover(OidcClient client) {
  std::string base = client.issuer;
  if (base.ends_with('/')) base.pop_back();
  ASSIGN_OR_RETURN(const Document document,
                   Ask(client, StrCat(base, "/.well-known/openid-configuration"), ""));
  // OpenID Connect Discovery 4.3: else one provider could speak for another.
  if (document.status != 200 || Text(document.json, "issuer") != client.issuer) {
    return Failed(StrCat(client.issuer, " does not describe itself as an OpenID Connect provider"));
  }
  OidcProvider provider(std::move(client));
  provider.authorization_endpoint_ = Text(document.json, "authorization_endpoint");
  provider.token_endpoint_ = Text(document.json, "token_endpoint");
  provider.device_endpoint_ = Text(document.json, "device_authorization_endpoint");
  if (!HttpsUrl::Parse(provider.authorization_endpoint_).ok() ||
      !HttpsUrl::Parse(provider.token_endpoint_).ok()) {
    return Failed(StrCat(provider.issuer(), " has no endpoints with https"));
  }
  return provider;
}

std::string OidcProvider::Scope() const {
  std::string scope;
  for (const std::string& one : client_.scopes) StrAppend(&scope, scope.empty() ? "" : " ", one);
  return scope;
}

std::string OidcProvider::AuthorizationUrl(const Authorization& authorization) const {
  const Hash challenge = Sha256Of(AsBytes(authorization.verifier));
  return StrCat(authorization_endpoint_,
                authorization_endpoint_.find('?') == std::string::npos ? "?" : "&",
                EncodeForm({{"response_type", "code"},
                            {"client_id", client_.client_id},
                            {"redirect_uri", authorization.redirect_uri},
                            {"scope", Scope()},
                            {"state", authorization.state},
                            {"nonce", authorization.nonce},
                            {"code_challenge", Base64UrlEncode(challenge)},
                            {"code_challenge_method", "S256"}}));
}

absl::StatusOr<std::string> OidcProvider::Redeem(const Authorization& authorization,
                                                 const std::string& code) const {
  ASSIGN_OR_RETURN(const Document document,
                   Ask(client_, token_endpoint_,
                       EncodeForm({{"grant_type", "authorization_code"},
                                   {"code", code},
                                   {"redirect_uri", authorization.redirect_uri},
                                   {"client_id", client_.client_id},
                                   {"code_verifier", authorization.verifier}})));
  return IdTokenOf(document);
}

absl::StatusOr<DeviceGrant> OidcProvider::StartDevice() const {
  if (device_endpoint_.empty()) {
    return Failed(StrCat(issuer(), " has no login for devices"), "log in without --device");
  }
  ASSIGN_OR_RETURN(const Document document,
                   Ask(client_, device_endpoint_,
                       EncodeForm({{"client_id", client_.client_id}, {"scope", Scope()}})));
  DeviceGrant grant{
      .device_code = Text(document.json, "device_code"),
      .user_code = Text(document.json, "user_code"),
      .verification_uri = Text(document.json, "verification_uri"),
      .verification_uri_complete = Text(document.json, "verification_uri_complete"),
      .interval = absl::Seconds(Number(document.json, "interval", 5)),
      .deadline = absl::Now() + absl::Seconds(std::min(Number(document.json, "expires_in", 0),
                                                       kDeviceSecondsMax))};
  if (document.status != 200 || grant.device_code.empty() || grant.user_code.empty() ||
      !HttpsUrl::Parse(grant.verification_uri).ok()) {
    return Failed(StrCat("the provider refused the login: ", Described(document.json)));
  }
  if (!HttpsUrl::Parse(grant.verification_uri_complete).ok()) {
    grant.verification_uri_complete.clear();
  }
  if (grant.interval <= absl::ZeroDuration()) grant.interval = kIntervalDefault;
  return grant;
}

absl::StatusOr<std::optional<std::string>> OidcProvider::PollDevice(DeviceGrant& grant) const {
  ASSIGN_OR_RETURN(const Document document,
                   Ask(client_, token_endpoint_,
                       EncodeForm({{"grant_type", std::string(kDeviceGrant)},
                                   {"device_code", grant.device_code},
                                   {"client_id", client_.client_id}})));
  const std::string error = Text(document.json, "error");
  if (error == "authorization_pending" || error == "slow_down") {
    if (error == "slow_down") grant.interval = std::min(grant.interval + kSlowDown, kIntervalMax);
    return std::optional<std::string>();
  }
  ASSIGN_OR_RETURN(std::string token, IdTokenOf(document));
  return std::optional(std::move(token));
}

}  // namespace leasehold
