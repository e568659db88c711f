// IdentityService's agent tokens.
#include <array>
#include <charconv>
#include <memory>
#include <utility>

#include "server/api/entity_calls.h"
#include "server/api/identity_service.h"
#include "server/api/names.h"
#include "server/api/request_checks.h"
#include "server/api/submit_call.h"
#include "server/base/token_text.h"
#include "server/leases/operations/credentials.h"

namespace leasehold {
namespace {

constexpr std::string_view kService = "leasehold.v1.IdentityService";

constexpr absl::Duration kTokenTtlMin = absl::Seconds(1);
// A year and a month, so that a yearly change of tokens has time to spare.
constexpr absl::Duration kTokenTtlMax = absl::Hours(24 * 400);
constexpr size_t kTokenRandomBytes = 32;
constexpr std::string_view kTokens = "/tokens/";

std::string TokenName(std::string_view agent, CredentialId id) {
  return StrCat("agents/", agent, kTokens, id.value());
}

constexpr absl::Duration kEnrolmentTtlDefault = absl::Hours(1);
constexpr absl::Duration kEnrolmentTtlMin = absl::Minutes(1);
// A machine that is set up on Friday is started on Monday.
constexpr absl::Duration kEnrolmentTtlMax = absl::Hours(24 * 7);
constexpr absl::Duration kOverlapDefault = absl::Hours(1);
constexpr absl::Duration kOverlapMax = absl::Hours(24);

std::string NewToken(TokenKind kind) {
  std::array<uint8_t, kTokenRandomBytes> random;
  RandomBytes(random);
  return FrameToken(kind, random);
}

absl::StatusOr<absl::Duration> ParseTokenTtl(const google::protobuf::Duration& ttl) {
  ASSIGN_OR_RETURN(absl::Duration parsed, FromProto(ttl, "ttl"));
  if (parsed < kTokenTtlMin || parsed > kTokenTtlMax) {
    return Error(Reason::kInvalidArgument, "ttl must be 1s to 400 days, or left out for 90 days");
  }
  return parsed;
}

absl::StatusOr<TokenIssue> ParseIssue(const Principal& principal,
                                      const v1::IssueTokenRequest& request,
                                      std::string_view token) {
  ASSIGN_OR_RETURN(Name agent, ParseId(request.agent(), "agents/"));
  absl::Duration ttl = kTokenTtlDefault;
  if (request.has_ttl()) {
    ASSIGN_OR_RETURN(ttl, ParseTokenTtl(request.ttl()));
  }
  return TokenIssue{.principal = principal,
                    .agent = std::move(agent),
                    .token_hash = Sha256Of(AsBytes(token)),
                    .ttl = ttl};
}

absl::StatusOr<TokenIssue> ParseEnrolment(const Principal& principal,
                                          const v1::CreateEnrolmentTokenRequest& request,
                                          std::string_view token) {
  ASSIGN_OR_RETURN(Name agent, ParseId(request.agent(), "agents/"));
  absl::Duration ttl = kEnrolmentTtlDefault;
  if (request.has_ttl()) {
    ASSIGN_OR_RETURN(ttl, FromProto(request.ttl(), "ttl"));
  }
  if (ttl < kEnrolmentTtlMin || ttl > kEnrolmentTtlMax) {
    return Error(Reason::kInvalidArgument, "ttl must be 1m to 7 days, or left out for 1 hour");
  }
  return TokenIssue{.principal = principal,
                    .agent = std::move(agent),
                    .token_hash = Sha256Of(AsBytes(token)),
                    .ttl = ttl,
                    .enrolment = true};
}

// "agents/a/b/tokens/7"
struct TokenPlace {
  Name agent;
  CredentialId credential;
};
absl::StatusOr<TokenPlace> ParseTokenName(std::string_view name) {
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
  return TokenPlace{.agent = std::move(agent), .credential = CredentialId(number)};
}

absl::StatusOr<TokenRotation> ParseRotation(const Principal& principal,
                                            const v1::RotateTokenRequest& request,
                                            std::string_view token) {
  TokenRotation rotation{.principal = principal,
                         .credential = principal.credential,
                         .token_hash = Sha256Of(AsBytes(token)),
                         .overlap = kOverlapDefault};
  if (!request.name().empty()) {
    ASSIGN_OR_RETURN(TokenPlace place, ParseTokenName(request.name()));
    rotation.credential = place.credential;
    rotation.agent = std::move(place.agent);
  } else if (principal.method != AuthMethod::kAgentToken) {
    return Error(Reason::kInvalidArgument,
                 "name the token, agents/{id}/tokens/{number}; you present none yourself");
  }
  if (request.has_ttl()) {
    ASSIGN_OR_RETURN(rotation.ttl, ParseTokenTtl(request.ttl()));
  }
  if (request.has_overlap()) {
    ASSIGN_OR_RETURN(rotation.overlap, FromProto(request.overlap(), "overlap"));
  }
  if (rotation.overlap < absl::ZeroDuration() || rotation.overlap > kOverlapMax) {
    return Error(Reason::kInvalidArgument, "overlap must be 0s to 24h, or left out for 1h");
  }
  return rotation;
}

// Commits what `issue` decides about `token` and answers with it, this once.
template <typename Response, typename Issue>
void SubmitIssue(LeaseAuthority& authority, std::shared_ptr<UnaryCall<Response>> call,
                 std::string token, Issue issue) {
  SubmitCall<IssuedToken>(
      authority, Urgency::kNormal, std::move(call), std::move(issue),
      [token = std::move(token)](const State& state, const IssuedToken& issued) {
        Response answer;
        answer.set_token(token);
        answer.set_name(TokenName(state.entities().Find(issued.agent)->name, issued.id));
        ToProto(issued.expire_time, answer.mutable_expire_time());
        return answer;
      });
}

absl::StatusOr<TokenRevoke> ParseRevoke(const Principal& principal, std::string_view name) {
  ASSIGN_OR_RETURN(TokenPlace place, ParseTokenName(name));
  return TokenRevoke{
      .principal = principal, .agent = std::move(place.agent), .credential = place.credential};
}

}  // namespace

grpc::Status IdentityService::IssueToken(grpc::ServerContext* context,
                                         const v1::IssueTokenRequest* request,
                                         v1::IssueTokenResponse* response) {
  static const ApiMethod& method = FindApiMethod(kService, "IssueToken");
  return Dispatch<v1::IssueTokenResponse>(context, response, gate_, method, [&](auto call) {
    std::string token = NewToken(TokenKind::kAgentToken);
    absl::StatusOr<TokenIssue> issue = ParseIssue(call->principal(), *request, token);
    if (!issue.ok()) {
      call->Finish(issue.status());
      return;
    }
    SubmitIssue(authority_, std::move(call), std::move(token),
                [issue = *issue](Transaction& tx) { return leasehold::IssueToken(tx, issue); });
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

grpc::Status IdentityService::RotateToken(grpc::ServerContext* context,
                                          const v1::RotateTokenRequest* request,
                                          v1::IssueTokenResponse* response) {
  static const ApiMethod& method = FindApiMethod(kService, "RotateToken");
  return Dispatch<v1::IssueTokenResponse>(context, response, gate_, method, [&](auto call) {
    std::string token = NewToken(TokenKind::kAgentToken);
    absl::StatusOr<TokenRotation> rotation = ParseRotation(call->principal(), *request, token);
    if (!rotation.ok()) {
      call->Finish(rotation.status());
      return;
    }
    SubmitIssue(authority_, std::move(call), std::move(token),
                [rotation = *std::move(rotation)](Transaction& tx) {
                  return leasehold::RotateToken(tx, rotation);
                });
  });
}

grpc::Status IdentityService::CreateEnrolmentToken(grpc::ServerContext* context,
                                                   const v1::CreateEnrolmentTokenRequest* request,
                                                   v1::CreateEnrolmentTokenResponse* response) {
  static const ApiMethod& method = FindApiMethod(kService, "CreateEnrolmentToken");
  return Dispatch<v1::CreateEnrolmentTokenResponse>(
      context, response, gate_, method, [&](auto call) {
        std::string token = NewToken(TokenKind::kEnrolmentToken);
        absl::StatusOr<TokenIssue> issue = ParseEnrolment(call->principal(), *request, token);
        if (!issue.ok()) {
          call->Finish(issue.status());
          return;
        }
        SubmitIssue(authority_, std::move(call), std::move(token),
                    [issue = *std::move(issue)](Transaction& tx) {
                      return leasehold::IssueToken(tx, issue);
                    });
      });
}

grpc::Status IdentityService::EnrolAgent(grpc::ServerContext* context,
                                         const v1::EnrolAgentRequest* request,
                                         v1::IssueTokenResponse* response) {
  static const ApiMethod& method = FindApiMethod(kService, "EnrolAgent");
  return Dispatch<v1::IssueTokenResponse>(context, response, gate_, method, [&](auto call) {
    absl::Status admitted = strangers_.Admit(call->principal().address, absl::Now());
    if (admitted.ok()) {
      admitted = UnframeToken(TokenKind::kEnrolmentToken, request->token()).status();
    }
    if (admitted.ok()) {
      admitted = strangers_.AdmitWellFormed(absl::Now());
    }
    const Hash enrolment_hash = Sha256Of(AsBytes(request->token()));
    if (admitted.ok()) {
      // What cannot succeed takes no place in the Committer's queue.
      admitted = authority_.published().Read([&](const PublishedState::View& view) {
        return CheckEnrolment(view.state, enrolment_hash, authority_.Now());
      });
    }
    if (!admitted.ok()) {
      call->Finish(admitted);
      return;
    }
    std::string token = NewToken(TokenKind::kAgentToken);
    Enrolment enrolment{.principal = call->principal(),
                        .enrolment_hash = enrolment_hash,
                        .token_hash = Sha256Of(AsBytes(token))};
    SubmitIssue(
        authority_, std::move(call), std::move(token),
        [enrolment = std::move(enrolment)](Transaction& tx) { return Enrol(tx, enrolment); });
  });
}

}  // namespace leasehold
