#include "server/leases/state/selector.h"

#include "leasehold/ledger/v1/entry.pb.h"

namespace leasehold {
namespace {

using Kind = Selector::Kind;
using Parts = Selector::Parts;

// One bit for each part.
constexpr uint32_t kAllBit = 1 << 0;
constexpr uint32_t kLeaseBit = 1 << 1;
constexpr uint32_t kAgentBit = 1 << 2;
constexpr uint32_t kSecretBit = 1 << 3;
constexpr uint32_t kVersionBit = 1 << 4;
constexpr uint32_t kWorkflowBit = 1 << 5;
constexpr uint32_t kUserBit = 1 << 6;
constexpr uint32_t kGroupBit = 1 << 7;
constexpr uint32_t kPolicyBit = 1 << 8;
constexpr uint32_t kCredentialBit = 1 << 9;
constexpr uint32_t kRunBit = 1 << 10;

uint32_t BitsOf(const Parts& parts) {
  return (parts.all ? kAllBit : 0) | (parts.lease.empty() ? 0 : kLeaseBit) |
         (parts.agent.empty() ? 0 : kAgentBit) | (parts.secret.empty() ? 0 : kSecretBit) |
         (parts.version.empty() ? 0 : kVersionBit) | (parts.workflow.empty() ? 0 : kWorkflowBit) |
         (parts.user.empty() ? 0 : kUserBit) | (parts.group.empty() ? 0 : kGroupBit) |
         (parts.policy.empty() ? 0 : kPolicyBit) | (parts.credential.empty() ? 0 : kCredentialBit) |
         (parts.run.empty() ? 0 : kRunBit);
}

std::optional<Kind> KindOf(uint32_t bits) {
  switch (bits) {
    case kAllBit:
      return Kind::kAll;
    case kLeaseBit:
      return Kind::kLease;
    case kAgentBit:
      return Kind::kAgent;
    case kSecretBit:
      return Kind::kSecret;
    case kWorkflowBit:
      return Kind::kWorkflow;
    case kUserBit:
      return Kind::kUser;
    case kGroupBit:
      return Kind::kGroup;
    case kSecretBit | kVersionBit:
      return Kind::kVersion;
    case kPolicyBit:
      return Kind::kPolicy;
    case kCredentialBit:
      return Kind::kCredential;
    case kRunBit:
      return Kind::kRun;
    case kAgentBit | kSecretBit:
      return Kind::kAgentSecret;
    case kAgentBit | kWorkflowBit:
      return Kind::kAgentWorkflow;
    case kSecretBit | kWorkflowBit:
      return Kind::kSecretWorkflow;
    default:
      break;
  }
  const bool lone_version = (bits & kVersionBit) != 0 && (bits & kSecretBit) == 0;
  if (bits == 0 || (bits & kAllBit) != 0 || lone_version) {
    return std::nullopt;
  }
  return Kind::kCombination;
}

}  // namespace

std::optional<Selector> Selector::Of(const Parts& parts) {
  const std::optional<Kind> kind = KindOf(BitsOf(parts));
  return kind.has_value() ? std::optional(Selector(parts, *kind)) : std::nullopt;
}

std::optional<Selector> Selector::FromEntry(const ledger::v1::Selector& proto) {
  return Of({.all = proto.all(),
             .lease = LeaseNumber(proto.lease()),
             .agent = EntityUid(proto.agent()),
             .secret = EntityUid(proto.secret()),
             .version = VersionNumber(proto.version()),
             .workflow = TextId(proto.workflow()),
             .user = TextId(proto.user()),
             .group = EntityUid(proto.group()),
             .policy = TextId(proto.policy()),
             .credential = CredentialId(proto.credential()),
             .run = TextId(proto.run())});
}

void Selector::ToEntry(ledger::v1::Selector* proto) const {
  proto->set_all(parts_.all);
  proto->set_lease(parts_.lease.value());
  proto->set_agent(parts_.agent.value());
  proto->set_secret(parts_.secret.value());
  proto->set_version(parts_.version.value());
  proto->set_workflow(parts_.workflow.value());
  proto->set_user(parts_.user.value());
  proto->set_group(parts_.group.value());
  proto->set_policy(parts_.policy.value());
  proto->set_credential(parts_.credential.value());
  proto->set_run(parts_.run.value());
}

Selector::Mark Selector::mark() const {
  switch (kind_) {
    case Kind::kAll:
    case Kind::kCombination:
      return {kind_};
    case Kind::kLease:
      return {kind_, parts_.lease.value()};
    case Kind::kAgent:
      return {kind_, parts_.agent.value()};
    case Kind::kSecret:
      return {kind_, parts_.secret.value()};
    case Kind::kWorkflow:
      return {kind_, parts_.workflow.value()};
    case Kind::kUser:
      return {kind_, parts_.user.value()};
    case Kind::kGroup:
      return {kind_, parts_.group.value()};
    case Kind::kVersion:
      return {kind_, parts_.secret.value(), parts_.version.value()};
    case Kind::kPolicy:
      return {kind_, parts_.policy.value()};
    case Kind::kCredential:
      return {kind_, parts_.credential.value()};
    case Kind::kRun:
      return {kind_, parts_.run.value()};
    case Kind::kAgentSecret:
      return {kind_, parts_.agent.value(), parts_.secret.value()};
    case Kind::kAgentWorkflow:
      return {kind_, parts_.agent.value(), parts_.workflow.value()};
    case Kind::kSecretWorkflow:
      return {kind_, parts_.secret.value(), parts_.workflow.value()};
  }
  return {kind_};
}

bool Selector::CanHold() const {
  return kind_ == Kind::kAgent || kind_ == Kind::kGroup || kind_ == Kind::kUser ||
         kind_ == Kind::kSecret || kind_ == Kind::kWorkflow;
}

}  // namespace leasehold
