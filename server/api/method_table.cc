#include "server/api/method_table.h"

#include <array>

#include "server/base/check.h"

namespace leasehold {
namespace {

constexpr Roles kAdmin = Roles::Of(Role::kAdmin);
constexpr Roles kReaders = Roles::Of(Role::kAdmin, Role::kSecurity, Role::kAuditor);
constexpr Roles kStoppers = Roles::Of(Role::kAdmin, Role::kSecurity);
constexpr Roles kAgent = Roles::Of(Role::kAgent);
constexpr Roles kAgentAndAdmin = Roles::Of(Role::kAgent, Role::kAdmin);
constexpr Roles kAgentAndReaders =
    Roles::Of(Role::kAgent, Role::kAdmin, Role::kSecurity, Role::kAuditor);
constexpr Roles kAgentAndStoppers = Roles::Of(Role::kAgent, Role::kAdmin, Role::kSecurity);
constexpr Roles kPointOfUse = Roles::Of(Role::kAgent, Role::kAdapter);
constexpr Roles kAnybody =
    Roles::Of(Role::kAdmin, Role::kSecurity, Role::kAuditor, Role::kAgent, Role::kAdapter);

constexpr std::string_view kSecrets = "leasehold.v1.SecretService";
constexpr std::string_view kLeases = "leasehold.v1.LeaseService";
constexpr std::string_view kRevocations = "leasehold.v1.RevocationService";
constexpr std::string_view kUses = "leasehold.v1.UseService";
constexpr std::string_view kLedger = "leasehold.v1.LedgerService";
constexpr std::string_view kPolicies = "leasehold.v1.PolicyService";
constexpr std::string_view kIdentity = "leasehold.v1.IdentityService";
constexpr std::string_view kApprovals = "leasehold.v1.ApprovalService";
constexpr std::string_view kAdministration = "leasehold.v1.AdminService";

// The one table of who may call what.
constexpr std::array kMethods = {
    ApiMethod{kSecrets, "CreateSecret", kAdmin},
    ApiMethod{kSecrets, "GetSecret", kReaders},
    ApiMethod{kSecrets, "ListSecrets", kReaders},
    ApiMethod{kSecrets, "UpdateSecret", kAdmin},
    ApiMethod{kSecrets, "DeleteSecret", kAdmin},
    ApiMethod{kSecrets, "AddVersion", kAdmin, Keys::kNeeded},
    ApiMethod{kSecrets, "ListVersions", kReaders},
    ApiMethod{kSecrets, "DisableVersion", kAdmin},
    ApiMethod{kSecrets, "EnableVersion", kAdmin},
    ApiMethod{kSecrets, "DestroyVersion", kAdmin},
    ApiMethod{kLeases, "AcquireLease", kAgent, Keys::kNeeded},
    ApiMethod{kLeases, "BatchAcquireLeases", kAgent, Keys::kNeeded},
    ApiMethod{kLeases, "RenewLease", kAgent, Keys::kNeeded},
    ApiMethod{kLeases, "KeepAlive", kAgent, Keys::kNeeded},
    ApiMethod{kLeases, "GetLease", kAgentAndReaders},
    ApiMethod{kLeases, "ListLeases", kAgentAndReaders},
    ApiMethod{kLeases, "ReleaseLease", kAgentAndStoppers},
    ApiMethod{kLeases, "DelegateLease", kAgent, Keys::kNeeded},
    ApiMethod{kLeases, "CheckLease", kPointOfUse, Keys::kNeeded},
    ApiMethod{kLeases, "WatchLeases", kAgentAndReaders},
    ApiMethod{kRevocations, "Revoke", kStoppers},
    ApiMethod{kRevocations, "GetRevocation", kReaders},
    ApiMethod{kRevocations, "Resume", kStoppers},
    ApiMethod{kRevocations, "ListHolds", kReaders},
    ApiMethod{kUses, "AuthorizeUse", kPointOfUse, Keys::kNeeded},
    ApiMethod{kUses, "BatchAuthorizeUse", kPointOfUse, Keys::kNeeded},
    ApiMethod{kUses, "StreamAuthorizeUse", kPointOfUse, Keys::kNeeded},
    ApiMethod{kUses, "RevealSecret", kAgent, Keys::kNeeded},
    ApiMethod{kLedger, "ListEntries", kReaders},
    ApiMethod{kLedger, "WatchEntries", kReaders},
    ApiMethod{kLedger, "QueryUsage", kReaders},
    ApiMethod{kLedger, "GetCheckpoint", kAnybody, Keys::kNeeded},
    ApiMethod{kLedger, "ExportEntries", kReaders, Keys::kNeeded},
    ApiMethod{kPolicies, "ApplyPolicies", kAdmin},
    ApiMethod{kPolicies, "GetPolicySet", kReaders},
    ApiMethod{kPolicies, "ListRevisions", kReaders},
    ApiMethod{kPolicies, "ExplainDecision", kReaders},
    ApiMethod{kPolicies, "ReplayPolicies", kReaders},
    ApiMethod{kPolicies, "SuggestPolicy", kReaders},
    ApiMethod{kIdentity, "CreateAgent", kAdmin},
    ApiMethod{kIdentity, "GetAgent", kReaders},
    ApiMethod{kIdentity, "ListAgents", kReaders},
    ApiMethod{kIdentity, "UpdateAgent", kAdmin},
    ApiMethod{kIdentity, "DeleteAgent", kAdmin},
    ApiMethod{kIdentity, "IssueToken", kAdmin},
    ApiMethod{kIdentity, "RevokeToken", kStoppers},
    ApiMethod{kIdentity, "RotateToken", kAgentAndAdmin},
    ApiMethod{kIdentity, "CreateEnrolmentToken", kAdmin},
    ApiMethod{kIdentity, "EnrolAgent", Roles::Anyone()},
    ApiMethod{kIdentity, "CreateGroup", kAdmin},
    ApiMethod{kIdentity, "GetGroup", kReaders},
    ApiMethod{kIdentity, "ListGroups", kReaders},
    ApiMethod{kIdentity, "UpdateGroup", kAdmin},
    ApiMethod{kIdentity, "DeleteGroup", kAdmin},
    ApiMethod{kIdentity, "CreateTarget", kAdmin},
    ApiMethod{kIdentity, "GetTarget", kReaders},
    ApiMethod{kIdentity, "ListTargets", kReaders},
    ApiMethod{kIdentity, "UpdateTarget", kAdmin},
    ApiMethod{kIdentity, "DeleteTarget", kAdmin},
    ApiMethod{kIdentity, "GetCaller", kAnybody},
    ApiMethod{kIdentity, "GetLoginOptions", Roles::Anyone()},
    ApiMethod{kIdentity, "CreateSession", Roles::Anyone()},
    ApiMethod{kIdentity, "EndSession", kReaders},
    ApiMethod{kApprovals, "ListApprovals", kAgentAndReaders},
    ApiMethod{kApprovals, "GetApproval", kAgentAndReaders},
    ApiMethod{kApprovals, "Approve", kAgentAndStoppers},
    ApiMethod{kApprovals, "Reject", kAgentAndStoppers},
    ApiMethod{kAdministration, "GetStatus", kReaders},
    ApiMethod{kAdministration, "GetServerInfo", kAnybody},
    ApiMethod{kAdministration, "Backup", kAdmin},
    ApiMethod{kAdministration, "Unseal", kAdmin},
    ApiMethod{kAdministration, "RotateKeys", kAdmin, Keys::kNeeded},
};

}  // namespace

std::span<const ApiMethod> AllApiMethods() { return kMethods; }

const ApiMethod& FindApiMethod(std::string_view service, std::string_view name) {
  for (const ApiMethod& method : kMethods) {
    if (method.service == service && method.name == name) {
      return method;
    }
  }
  CheckFailed(__FILE__, __LINE__, "FindApiMethod", name);
}

}  // namespace leasehold
