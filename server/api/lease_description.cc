#include "server/api/lease_description.h"

#include <string>
#include <utility>

#include "server/api/names.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/state/lease_chain.h"

namespace leasehold {
namespace {

// An id of an execution; longer ones are somebody's payload.
constexpr size_t kRunBytesMax = 256;
constexpr size_t kRequestIdBytesMax = 128;

v1::Lease::State StateOf(const Usability& usable) {
  switch (usable.reason) {
    case Reason::kNone:
      return v1::Lease::STATE_ACTIVE;
    case Reason::kLeaseExpired:
      return v1::Lease::STATE_EXPIRED;
    case Reason::kLeaseReleased:
      return v1::Lease::STATE_RELEASED;
    default:
      return v1::Lease::STATE_REVOKED;
  }
}

absl::StatusOr<Delivery> ParseDelivery(v1::Delivery delivery) {
  switch (delivery) {
    case v1::DELIVERY_UNSPECIFIED:
    case v1::DELIVERY_BROKERED:
      return Delivery::kBrokered;
    case v1::DELIVERY_REVEALED:
      return Delivery::kRevealed;
    default:
      return Error(Reason::kInvalidArgument, "delivery must be BROKERED or REVEALED");
  }
}

absl::StatusOr<std::optional<absl::Duration>> ParseTtl(bool given,
                                                       const google::protobuf::Duration& ttl,
                                                       std::string_view otherwise) {
  if (!given) {
    return std::nullopt;
  }
  ASSIGN_OR_RETURN(absl::Duration parsed, FromProto(ttl, "ttl"));
  if (parsed < absl::Milliseconds(1)) {
    return Error(Reason::kInvalidArgument,
                 StrCat("ttl must be positive; leave it out for ", otherwise));
  }
  return parsed;
}

// The hash by which a repeat of `request` is known; empty without an id. There is no map in these
// messages, so equal requests have equal bytes. By uid: an agent that was created anew under an old
// name is a stranger to the requests of before.
template <typename Request>
absl::StatusOr<std::string> HashOfRequest(const Principal& principal, std::string_view method,
                                          const Request& request) {
  if (request.request_id().empty()) {
    return std::string();
  }
  RETURN_IF_ERROR(Text::Parse(request.request_id(), "request_id").status());
  if (request.request_id().size() > kRequestIdBytesMax) {
    return Error(Reason::kInvalidArgument,
                 StrCat("request_id has at most ", kRequestIdBytesMax, " bytes"));
  }
  return RequestHash(StrCat(principal.name, "#", principal.agent.value()), method,
                     request.request_id(), request.SerializeAsString());
}

void DescribeDelegation(const State& state, const Lease& lease, v1::Lease* proto) {
  const LeaseChain chain = ChainOf(state.leases(), lease);
  for (size_t i = 1; i < chain.size(); ++i) {
    v1::LeaseAncestor* above = proto->add_ancestors();
    above->set_lease(LeaseName(state.EpochOf(*chain[i]), chain[i]->number));
    above->set_agent(StrCat("agents/", state.entities().Find(chain[i]->agent)->name));
  }
  if (chain.size() > 1) {
    proto->set_parent(proto->ancestors(0).lease());
  }
  proto->set_use_limit(lease.terms->use_limit);
  if (lease.terms->narrowing.has_value()) {
    for (EntityUid target : lease.terms->narrowing->targets) {
      proto->add_targets(state.entities().Find(target)->name);
    }
    proto->set_reads_only(lease.terms->narrowing->reads_only);
  }
}

}  // namespace

v1::Lease DescribeLease(const State& state, const Lease& lease, UnixMillis now) {
  v1::Lease proto;
  proto.set_name(LeaseName(state.EpochOf(lease), lease.number));
  proto.set_agent(StrCat("agents/", state.entities().Find(lease.agent)->name));
  proto.set_workflow(StrCat("workflows/", state.texts().Get(lease.workflow)));
  proto.set_secret(StrCat("secrets/", state.entities().Find(lease.secret)->name));
  proto.set_version(lease.version.value());
  proto.set_run(std::string(state.texts().Get(lease.run)));
  proto.set_delivery(static_cast<v1::Delivery>(lease.delivery));
  proto.set_policy(std::string(state.texts().Get(lease.policy)));
  proto.set_policy_revision(lease.revision.value());
  ToProto(lease.issue_time, proto.mutable_create_time());
  ToProto(lease.expire_time, proto.mutable_expire_time());
  ToProto(lease.max_expire_time, proto.mutable_max_expire_time());
  Usability usable = state.CheckLease(lease, now);
  proto.set_state(StateOf(usable));
  if (usable.revocation != nullptr && usable.revocation->number != 0) {
    proto.set_revocation(StrCat("revocations/", usable.revocation->number));
  }
  proto.set_allowed_uses(lease.allowed_uses);
  proto.set_denied_uses(lease.denied_uses);
  proto.set_issue_index(lease.issue_index.value());
  proto.set_user(std::string(state.texts().Get(lease.terms->user)));
  for (EntityUid group : lease.terms->groups) {
    proto.add_groups(StrCat("groups/", state.entities().Find(group)->name));
  }
  proto.set_binding(static_cast<v1::Binding>(lease.terms->binding));
  if (lease.terms->approval != 0) {
    proto.set_approval(StrCat("approvals/", lease.terms->approval));
  }
  if (!lease.credential.empty()) {
    proto.set_credential(StrCat("credentials/", lease.credential.value()));
  }
  DescribeDelegation(state, lease, &proto);
  return proto;
}

absl::StatusOr<AcquireRequest> ParseAcquireRequest(const Principal& principal,
                                                   const v1::AcquireLeaseRequest& request) {
  ASSIGN_OR_RETURN(SecretVersionName secret, ParseSecretVersionName(request.secret()));
  ASSIGN_OR_RETURN(
      Name workflow,
      Name::ParseResource(request.workflow().empty() ? "workflows/default" : request.workflow(),
                          "workflows/"));
  ASSIGN_OR_RETURN(Delivery delivery, ParseDelivery(request.delivery()));
  AcquireRequest parsed{.principal = principal,
                        .secret = std::move(secret.secret),
                        .version = secret.version,
                        .workflow = std::move(workflow),
                        .run = request.run(),
                        .delivery = delivery};
  if (!request.run().empty()) {
    RETURN_IF_ERROR(Text::Parse(request.run(), "run").status());
    if (request.run().size() > kRunBytesMax) {
      return Error(Reason::kInvalidArgument, StrCat("run has at most ", kRunBytesMax, " bytes"));
    }
  }
  ASSIGN_OR_RETURN(parsed.ttl, ParseTtl(request.has_ttl(), request.ttl(), "what the policy gives"));
  if (!request.purpose().empty()) {
    RETURN_IF_ERROR(Text::Parse(request.purpose(), "purpose").status());
    parsed.purpose = request.purpose();
  }
  parsed.use_limit = request.use_limit();
  ASSIGN_OR_RETURN(parsed.request_hash, HashOfRequest(principal, "AcquireLease", request));
  return parsed;
}

absl::StatusOr<DelegateRequest> ParseDelegateRequest(const Principal& principal,
                                                     const LeaseTokens& tokens,
                                                     const v1::DelegateLeaseRequest& request) {
  ASSIGN_OR_RETURN(LeaseTokenClaims claims, tokens.Parse(request.token()));
  if (claims.kind != TokenKind::kLeaseToken) {
    return Error(Reason::kHandleNotAllowed,
                 "a broker handle delegates nothing; present the lease token");
  }
  ASSIGN_OR_RETURN(Name agent, Name::ParseResource(request.agent(), "agents/"));
  DelegateRequest parsed{.principal = principal,
                         .lease = claims.lease,
                         .epoch = claims.epoch,
                         .agent = std::move(agent),
                         .use_limit = request.use_limit(),
                         .targets = {request.targets().begin(), request.targets().end()},
                         .reads_only = request.reads_only()};
  ASSIGN_OR_RETURN(parsed.ttl, ParseTtl(request.has_ttl(), request.ttl(),
                                        "as long as the lease that it is delegated from"));
  ASSIGN_OR_RETURN(parsed.request_hash, HashOfRequest(principal, "DelegateLease", request));
  return parsed;
}

absl::StatusOr<v1::AcquireLeaseResponse> DescribeAcquired(LeaseAuthority& authority,
                                                          const AcquireResult& result) {
  UnixMillis now = authority.Now();
  v1::AcquireLeaseResponse response;
  authority.published().Read([&](const PublishedState::View& view) {
    const Lease* lease = view.state.leases().Find(result.lease);
    *response.mutable_lease() = DescribeLease(view.state, *lease, now);
  });
  ASSIGN_OR_RETURN(*response.mutable_token(),
                   authority.tokens().Issue({TokenKind::kLeaseToken, result.epoch, result.lease}));
  if (response.lease().delivery() == v1::DELIVERY_BROKERED) {
    ASSIGN_OR_RETURN(
        *response.mutable_handle(),
        authority.tokens().Issue({TokenKind::kBrokerHandle, result.epoch, result.lease}));
  }
  return response;
}

}  // namespace leasehold
