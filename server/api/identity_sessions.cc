// IdentityService's sessions of people.
#include <array>
#include <charconv>
#include <utility>

#include "server/api/identity_service.h"
#include "server/api/names.h"
#include "server/api/submit_call.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/base/token_text.h"
#include "server/identity/jwt/jws.h"
#include "server/leases/operations/sessions.h"

namespace leasehold {
namespace {

constexpr std::string_view kService = "leasehold.v1.IdentityService";
constexpr std::string_view kCredentials = "credentials/";
constexpr size_t kTokenRandomBytes = 32;

// One ID token, one session: by what is signed, since of some signatures anybody can make a second.
std::string HashOfIdToken(const Principal& person, std::string_view id_token) {
  const std::string_view signed_text = id_token.substr(0, id_token.rfind('.'));
  return RequestHash(person.name, "CreateSession", signed_text, signed_text);
}

absl::StatusOr<SessionStart> CheckLogin(const LoginSettings& login,
                                        const v1::CreateSessionRequest& request,
                                        const Principal& stranger, absl::Time now) {
  if (login.verifier == nullptr) {
    return Error(Reason::kTokenRejected,
                 "nobody logs in at this server: no issuer is configured; use admin.sock");
  }
  ASSIGN_OR_RETURN(VerifiedJwt verified,
                   login.verifier->VerifyLogin(request.id_token(), request.nonce(), now));
  SessionStart start{.principal = {.role = verified.who.role,
                                   .method = AuthMethod::kJwt,
                                   .name = std::move(verified.who.operator_name),
                                   .address = stranger.address},
                     .ttl = login.session_ttl};
  start.request_hash = HashOfIdToken(start.principal, request.id_token());
  return start;
}

// The same error, which also says what was presented.
absl::Status OfJwt(const absl::Status& status) {
  ErrorDetail detail = DetailOf(status);
  detail.metadata.emplace_back("method", "jwt");
  return Error(ReasonOf(status), ToStd(status.message()), std::move(detail));
}

absl::StatusOr<CredentialId> ParseSession(const Principal& principal, std::string_view name) {
  if (name.empty()) {
    if (principal.method != AuthMethod::kOperatorSession) {
      return Error(Reason::kInvalidArgument,
                   "name a session, credentials/{number}: this call was not made in one");
    }
    return principal.credential;
  }
  uint64_t number = 0;
  if (name.starts_with(kCredentials)) {
    const std::string_view digits = name.substr(kCredentials.size());
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || digits != StrCat(number)) {
      number = 0;
    }
  }
  if (number == 0) {
    return Error(Reason::kInvalidArgument, "a session is named credentials/{number}");
  }
  return CredentialId(number);
}

}  // namespace

grpc::Status IdentityService::GetLoginOptions(grpc::ServerContext* context,
                                              const v1::GetLoginOptionsRequest*,
                                              v1::LoginOptions* response) {
  static const ApiMethod& method = FindApiMethod(kService, "GetLoginOptions");
  return DispatchRead<v1::LoginOptions>(context, response, gate_, method, [&](const Principal&) {
    v1::LoginOptions options;
    if (login_.verifier == nullptr) {
      return absl::StatusOr<v1::LoginOptions>(std::move(options));
    }
    for (const JwtIssuer& issuer : login_.verifier->issuers()) {
      if (issuer.login.client_id.empty()) {
        continue;
      }
      v1::LoginIssuer* added = options.add_issuers();
      added->set_issuer(issuer.issuer);
      added->set_client_id(issuer.login.client_id);
      for (const std::string& scope : issuer.login.scopes) {
        added->add_scopes(scope);
      }
    }
    return absl::StatusOr<v1::LoginOptions>(std::move(options));
  });
}

grpc::Status IdentityService::CreateSession(grpc::ServerContext* context,
                                            const v1::CreateSessionRequest* request,
                                            v1::CreateSessionResponse* response) {
  static const ApiMethod& method = FindApiMethod(kService, "CreateSession");
  return Dispatch<v1::CreateSessionResponse>(context, response, gate_, method, [&](auto call) {
    absl::Status slow = strangers_.Admit(call->principal().address, absl::Now());
    if (slow.ok() && ParseJws(request->id_token()).ok()) {
      slow = strangers_.AdmitWellFormed(absl::Now());
    }
    if (!slow.ok()) {
      call->Finish(slow);
      return;
    }
    absl::StatusOr<SessionStart> start =
        CheckLogin(login_, *request, call->principal(), authority_.Now().ToTime());
    if (!start.ok()) {
      call->Finish(OfJwt(start.status()));
      return;
    }
    std::array<uint8_t, kTokenRandomBytes> random;
    RandomBytes(random);
    std::string token = FrameToken(TokenKind::kOperatorSession, random);
    start->token_hash = Sha256Of(AsBytes(token));
    SubmitCall<StartedSession>(
        authority_, Urgency::kNormal, std::move(call),
        [start = *start](Transaction& tx) { return StartSession(tx, start); },
        [token = std::move(token), person = start->principal](const State&,
                                                              const StartedSession& started) {
          v1::CreateSessionResponse answer;
          answer.set_token(token);
          v1::Caller* caller = answer.mutable_caller();
          caller->set_principal(person.name);
          caller->set_role(static_cast<v1::Role>(person.role));
          caller->set_method("operator_session");
          caller->set_address(person.address);
          caller->set_credential(StrCat(kCredentials, started.id.value()));
          ToProto(started.expire_time, caller->mutable_expire_time());
          return answer;
        });
  });
}

grpc::Status IdentityService::EndSession(grpc::ServerContext* context,
                                         const v1::EndSessionRequest* request,
                                         google::protobuf::Empty* response) {
  static const ApiMethod& method = FindApiMethod(kService, "EndSession");
  return Dispatch<google::protobuf::Empty>(context, response, gate_, method, [&](auto call) {
    absl::StatusOr<CredentialId> session = ParseSession(call->principal(), request->name());
    if (!session.ok()) {
      call->Finish(session.status());
      return;
    }
    // Urgent like every revocation: it must work on a full disk too.
    SubmitCall<CredentialId>(
        authority_, Urgency::kUrgent, std::move(call),
        [end = SessionEnd{call->principal(), *session}](Transaction& tx) {
          return leasehold::EndSession(tx, end);
        },
        [](const State&, CredentialId) { return google::protobuf::Empty(); });
  });
}

}  // namespace leasehold
