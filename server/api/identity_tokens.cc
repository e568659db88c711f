// IdentityService's agent tokens, and who is calling.
#include <array>
#include <charconv>
#include <utility>

#include "server/api/entity_calls.h"
#include "server/api/identity_service.h"
#include "server/api/names.h"
#include "server/api/request_checks.h"
#include "server/base/token_text.h"

namespace leasehold {
namespace {

constexpr std::string_view kService = "leasehold.v1.IdentityService";

constexpr absl::Duration kTokenTtlDefault = absl::Hours(24 * 90);
constexpr absl::Duration kTokenTtlMin = absl::Seconds(1);
// A year and a month, so that a yearly change of tokens has time to spare.
constexpr absl::Duration kTokenTtlMax = absl::Hours(24 * 400);
constexpr size_t kTokenRandomBytes = 32;
constexpr std::string_view kTokens = "/tokens/";

std::string TokenName(std::string_view agent, CredentialId id) {
  return StrCat("agents/", agent, kTokens, id.value());
}

absl::StatusOr<TokenIssue> ParseIssue(const Principal& principal,
                                      const v1::IssueTokenRequest& request,
                                      std::string_view token) {
  ASSIGN_OR_RETURN(Name agent, ParseId(request.agent(), "agents/"));
  absl::Duration ttl = kTokenTtlDefault;
  if (request.has_ttl()) {
    ASSIGN_OR_RETURN(ttl, FromProto(request.ttl(), "ttl"));
  }
  if (ttl < kTokenTtlMin || ttl > kTokenTtlMax) {
    return Error(Reason::kInvalidArgument, "ttl must be 1s to 400 days, or left out for 90 days");
  }
  return TokenIssue{.principal = principal,
                    .agent = std::move(agent),
                    .token_hash = Sha256Of(AsBytes(token)),
                    .ttl = ttl};
}

absl::StatusOr<TokenRevoke> ParseRevoke(const Principal& principal, std::string_view name) {
  size_t at = name.rfind(kTokens);
  uint64_t number = 0;
  if (at != std::string_view::npos) {
    std::string_view digits = name.substr(at + kTokens.size());
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || digits != StrCat(number)) {
      number = 0;
    }
  }
  if (number == 0) {
    return Error(Reason::kInvalidArgument, "a token is named agents/{id}/tokens/{number}");
  }
  ASSIGN_OR_RETURN(Name agent, ParseId(name.substr(0, at), "agents/"));
  return TokenRevoke{
      .principal = principal, .agent = std::move(agent), .credential = CredentialId(number)};
}

std::string_view MethodOf(const Principal& principal) {
  switch (principal.method) {
    case AuthMethod::kPeerCredentials:
      return principal.role == Role::kAgent     ? "agent_socket"
             : principal.role == Role::kAdapter ? "adapter_socket"
                                                : "admin_socket";
    case AuthMethod::kAgentToken:
      return "agent_token";
    case AuthMethod::kMtls:
      return "client_certificate";
    case AuthMethod::kJwt:
      return "jwt";
    case AuthMethod::kOperatorSession:
      return "operator_session";
    case AuthMethod::kHandle:
      return "broker_handle";
    case AuthMethod::kServer:
    case AuthMethod::kOffline:
      return "server";
  }
  return "server";
}

}  // namespace

grpc::Status IdentityService::IssueToken(grpc::ServerContext* context,
                                         const v1::IssueTokenRequest* request,
                                         v1::IssueTokenResponse* response) {
  static const ApiMethod& method = FindApiMethod(kService, "IssueToken");
  return Dispatch<v1::IssueTokenResponse>(context, response, gate_, method, [&](auto call) {
    std::array<uint8_t, kTokenRandomBytes> random;
    RandomBytes(random);
    std::string token = FrameToken(TokenKind::kAgentToken, random);
    absl::StatusOr<TokenIssue> issue = ParseIssue(call->principal(), *request, token);
    if (!issue.ok()) {
      call->Finish(issue.status());
      return;
    }
    SubmitCall<IssuedToken>(
        authority_, Urgency::kNormal, std::move(call),
        [issue = *issue](Transaction& tx) { return leasehold::IssueToken(tx, issue); },
        [token = std::move(token), agent = issue->agent](const State&, const IssuedToken& issued) {
          v1::IssueTokenResponse answer;
          answer.set_token(token);
          answer.set_name(TokenName(agent.value(), issued.id));
          ToProto(issued.expire_time, answer.mutable_expire_time());
          return answer;
        });
  });
}

grpc::Status IdentityService::RevokeToken(grpc::ServerContext* context,
                                          const v1::RevokeTokenRequest* request,
                                          google::protobuf::Empty* response) {
  static const ApiMethod& method = FindApiMethod(kService, "RevokeToken");
  return Dispatch<google::protobuf::Empty>(context, response, gate_, method, [&](auto call) {
    absl::StatusOr<TokenRevoke> revoke = ParseRevoke(call->principal(), request->name());
    if (!revoke.ok()) {
      call->Finish(revoke.status());
      return;
    }
    // Urgent like every revocation: it must work on a full disk too.
    SubmitCall<CredentialId>(
        authority_, Urgency::kUrgent, std::move(call),
        [revoke = *std::move(revoke)](Transaction& tx) {
          return leasehold::RevokeToken(tx, revoke);
        },
        [](const State&, CredentialId) { return google::protobuf::Empty(); });
  });
}

grpc::Status IdentityService::GetCaller(grpc::ServerContext* context, const v1::GetCallerRequest*,
                                        v1::Caller* response) {
  static const ApiMethod& method = FindApiMethod(kService, "GetCaller");
  return DispatchRead<v1::Caller>(context, response, gate_, method, [](const Principal& principal) {
    v1::Caller caller;
    caller.set_principal(principal.name);
    caller.set_role(static_cast<v1::Role>(principal.role));
    caller.set_method(std::string(MethodOf(principal)));
    if (principal.expire_time.has_value()) {
      ToProto(UnixMillis::From(*principal.expire_time), caller.mutable_expire_time());
    }
    return absl::StatusOr<v1::Caller>(std::move(caller));
  });
}

}  // namespace leasehold
