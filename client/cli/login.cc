#include <chrono>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "client/cli/commands.h"
#include "client/cli/enum_text.h"
#include "client/cli/limit.h"
#include "client/cli/login/loopback_listener.h"
#include "client/cli/login/oidc_provider.h"
#include "client/cli/session.h"
#include "client/cli/session_file.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/time_text.h"
#include "leasehold/v1/identity.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using Stub = v1::IdentityService::Stub;

// A person who has to find a second factor gets it done in this time.
constexpr absl::Duration kBrowserTime = absl::Minutes(5);
// Our server reads the provider's keys when it sees a new one; that takes a moment.
constexpr int kAttempts = 10;
constexpr std::chrono::seconds kBetweenAttempts{1};

absl::StatusOr<std::string> ReadCaFile(const std::string& path) {
  const std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (file && !text.str().empty()) return text.str();
  return UsageError(StrCat("the file '", path, "' cannot be read"),
                    "--ca-file names certificates in PEM form");
}

// The provider to log in at: the only one, or the one that was named.
absl::StatusOr<OidcClient> ChooseIssuer(Session& session) {
  ASSIGN_OR_RETURN(const v1::LoginOptions options,
                   session.Call(&Stub::GetLoginOptions, v1::GetLoginOptionsRequest()));
  const auto wanted = session.args().Get("issuer");
  std::string known;
  const v1::LoginIssuer* chosen = nullptr;
  for (const v1::LoginIssuer& issuer : options.issuers()) {
    StrAppend(&known, known.empty() ? "" : ", ", issuer.issuer());
    if (wanted.has_value() ? *wanted == issuer.issuer() : options.issuers_size() == 1) {
      chosen = &issuer;
    }
  }
  if (chosen == nullptr) {
    return known.empty()
               ? CliError(ExitStatus::kNotAuthenticated, "nobody logs in at this server",
                          "on the server's machine the admin socket does; issuers are configured "
                          "under identity.jwt")
               : UsageError("which provider?", StrCat("name one with --issuer: ", known));
  }
  OidcClient client{.issuer = chosen->issuer(),
                    .client_id = chosen->client_id(),
                    .scopes = {chosen->scopes().begin(), chosen->scopes().end()},
                    .ca_pem = ""};
  if (const auto path = session.args().Get("ca-file")) {
    ASSIGN_OR_RETURN(client.ca_pem, ReadCaFile(*path));
  }
  return client;
}

absl::StatusOr<std::string> LogInWithBrowser(Session& session, const OidcProvider& provider,
                                             const std::string& nonce, uint16_t port) {
  ASSIGN_OR_RETURN(const auto listener, LoopbackListener::Open(port));
  const OidcProvider::Authorization authorization{.redirect_uri = listener->redirect_uri(),
                                                  .state = LoginSecret(),
                                                  .nonce = nonce,
                                                  .verifier = LoginSecret()};
  session.console().Note(
      StrCat("open this in a browser: ", provider.AuthorizationUrl(authorization)));
  ASSIGN_OR_RETURN(auto fields, listener->Await(authorization.state, absl::Now() + kBrowserTime));
  // RFC 9207: a provider that says who it is must be the one we sent the person to.
  if (fields.contains("iss") && fields["iss"] != provider.issuer()) {
    return CliError(ExitStatus::kNotAuthenticated, "another provider answered than was asked");
  }
  if (fields["code"].empty()) {
    return CliError(ExitStatus::kNotAuthenticated, "the provider did not log you in");
  }
  return provider.Redeem(authorization, fields["code"]);
}

absl::StatusOr<std::string> LogInWithDevice(Session& session, const OidcProvider& provider) {
  ASSIGN_OR_RETURN(DeviceGrant grant, provider.StartDevice());
  session.console().Note(
      StrCat("open ", grant.verification_uri, " anywhere and enter ", grant.user_code));
  if (!grant.verification_uri_complete.empty()) {
    session.console().Note(StrCat("or open ", grant.verification_uri_complete));
  }
  while (absl::Now() < grant.deadline) {
    ASSIGN_OR_RETURN(std::optional<std::string> token, provider.PollDevice(grant));
    if (token.has_value()) return *std::move(token);
    std::this_thread::sleep_for(absl::ToChronoNanoseconds(grant.interval));
  }
  return CliError(ExitStatus::kNotAuthenticated, "nobody entered the code in time",
                  "run `leasehold login --device` again");
}

absl::StatusOr<v1::CreateSessionResponse> CreateSession(Session& session, std::string id_token,
                                                        const std::string& nonce) {
  v1::CreateSessionRequest request;
  request.set_id_token(std::move(id_token));
  request.set_nonce(nonce);
  auto created = session.Call(&Stub::CreateSession, request);
  for (int attempt = 1;
       attempt < kAttempts && ReasonOf(created.status()) == Reason::kIssuerUnavailable; ++attempt) {
    std::this_thread::sleep_for(kBetweenAttempts);
    created = session.Call(&Stub::CreateSession, request);
  }
  Wipe(request.mutable_id_token());
  return created;
}

absl::StatusOr<uint16_t> PortOf(Session& session) {
  const auto text = session.args().Get("port");
  if (!text.has_value()) return 0;
  uint16_t port = 0;
  const auto [stop, error] = std::from_chars(text->data(), text->data() + text->size(), port);
  if (error == std::errc() && stop == text->data() + text->size()) return port;
  return UsageError(StrCat("'", *text, "' is no port"), "write a number from 0 to 65535");
}

absl::StatusOr<ExitStatus> Login(Session& session) {
  ASSIGN_OR_RETURN(const uint16_t port, PortOf(session));
  ASSIGN_OR_RETURN(OidcClient client, ChooseIssuer(session));
  ASSIGN_OR_RETURN(const OidcProvider provider, OidcProvider::Discover(std::move(client)));
  const bool by_device = session.args().Has("device");
  // Providers put no nonce into the token of a device.
  const std::string nonce = by_device ? "" : LoginSecret();
  ASSIGN_OR_RETURN(std::string id_token, by_device
                                             ? LogInWithDevice(session, provider)
                                             : LogInWithBrowser(session, provider, nonce, port));
  ASSIGN_OR_RETURN(v1::CreateSessionResponse created,
                   CreateSession(session, std::move(id_token), nonce));
  ASSIGN_OR_RETURN(const Connection* server, session.server());
  const v1::Caller& caller = created.caller();
  const absl::Status saved =
      SaveSession({.server = server->address(),
                   .token = created.token(),
                   .expire_time = absl::FromUnixSeconds(caller.expire_time().seconds())});
  Wipe(created.mutable_token());
  RETURN_IF_ERROR(saved);
  session.console().Answer(MessageJson(caller),
                           StrCat("logged in as ", caller.principal(), ", role ",
                                  EnumText(v1::Role_Name(caller.role()), "ROLE_"), ", until ",
                                  TimeCell(caller.expire_time()), "\n"));
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> Logout(Session& session) {
  ASSIGN_OR_RETURN(const std::optional<SavedSession> saved, LoadSession());
  if (saved.has_value()) {
    ASSIGN_OR_RETURN(const ClientTls tls, ReadClientTls(session.args()));
    Connection server(saved->server, saved->token, tls);
    const absl::Status ended = server.Call(&Stub::EndSession, v1::EndSessionRequest()).status();
    // One that the server does not know any more has ended too.
    if (!ended.ok() && ExitStatusOf(ended) != ExitStatus::kNotAuthenticated) return ended;
  }
  RETURN_IF_ERROR(RemoveSession());
  session.console().Answer(Json::Object().Set("ended", saved.has_value()),
                           saved.has_value() ? "logged out\n" : "there was no session\n");
  return ExitStatus::kOk;
}

}  // namespace

Command LoginCommand() {
  return {
      .name = "login",
      .summary = "begin a session as a person, at the server's login provider",
      .details =
          "The server's configuration says which OpenID Connect provider, and by which claims a\n"
          "person is admin, security or auditor. The session is kept in ~/.config/leasehold for "
          "this\nOS user and used where no other credential is given. On the server's own machine "
          "the\nadmin socket needs no login.",
      .flags = {{.name = "device",
                 .help = "log in on another device: shows a code instead of waiting for a browser"},
                {.name = "issuer",
                 .value = "URL",
                 .help = "which provider, where there are several"},
                {.name = "ca-file",
                 .value = "FILE",
                 .help = "certificates (PEM) to trust for the provider, instead of the system's"},
                {.name = "port",
                 .value = "PORT",
                 .help = "the port on loopback that the browser comes back to; without it any"}},
      .examples = {"leasehold login --server 127.0.0.1:8640",
                   "leasehold login --server 127.0.0.1:8640 --device"},
      .run = Login,
  };
}

Command LogoutCommand() {
  return {
      .name = "logout",
      .summary = "end the session that `leasehold login` began",
      .examples = {"leasehold logout"},
      .run = Logout,
  };
}

}  // namespace leasehold
