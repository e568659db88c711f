#include "server/api/method_table.h"

#include <google/protobuf/descriptor.h>

#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "tests/support/api_methods.h"

namespace leasehold {
namespace {

std::set<std::string> DescribedMethods() {
  std::set<std::string> methods;
  for (const google::protobuf::MethodDescriptor* method : EveryApiMethod()) {
    methods.insert(method->full_name());
  }
  return methods;
}

TEST_CASE("the table of methods has every method of the API once") {
  std::set<std::string> listed;
  for (const ApiMethod& method : AllApiMethods()) {
    CHECK(listed.insert(std::string(method.service) + "." + std::string(method.name)).second);
  }
  CHECK(listed == DescribedMethods());
}

// Written down a second time on purpose: who changes the table has to mean it.
TEST_CASE("each role may call its own methods and no others") {
  const std::set<std::string> agents_only = {"AcquireLease",  "BatchAcquireLeases", "RenewLease",
                                             "DelegateLease", "RevealSecret",       "KeepAlive"};
  const std::set<std::string> point_of_use = {"CheckLease", "AuthorizeUse", "BatchAuthorizeUse",
                                              "StreamAuthorizeUse"};
  const std::set<std::string> stops = {"Revoke", "Resume", "RevokeToken"};
  const std::set<std::string> anybody = {"GetCaller", "GetCheckpoint", "GetServerInfo"};
  // What the request holds is the credential.
  const std::set<std::string> strangers = {"EnrolAgent", "GetLoginOptions", "CreateSession"};
  for (const ApiMethod& method : AllApiMethods()) {
    std::string name(method.name);
    CAPTURE(name);
    CHECK(method.roles.IsAnyone() == strangers.contains(name));
    if (method.roles.IsAnyone()) {
      continue;
    }
    bool read = name.starts_with("Get") || name.starts_with("List") || name == "QueryUsage" ||
                name == "ExportEntries" || name == "ExplainDecision" || name == "ReplayPolicies" ||
                name == "SuggestPolicy" || name.starts_with("Watch");
    bool lease_read = name == "GetLease" || name == "ListLeases" || name == "WatchLeases";
    bool all = anybody.contains(name);
    bool use = agents_only.contains(name) || point_of_use.contains(name);
    const bool approval_read = name == "GetApproval" || name == "ListApprovals";
    const bool answer = name == "Approve" || name == "Reject";
    bool stop = stops.contains(name) || name == "ReleaseLease" || answer;
    CHECK(method.roles.Has(Role::kAdmin) == !use);
    const bool own = name == "EndSession";
    CHECK(method.roles.Has(Role::kSecurity) == (read || stop || own));
    CHECK(method.roles.Has(Role::kAuditor) == (read || own));
    CHECK(method.roles.Has(Role::kAgent) == (all || use || lease_read || name == "ReleaseLease" ||
                                             name == "RotateToken" || approval_read || answer));
    CHECK(method.roles.Has(Role::kAdapter) == (all || point_of_use.contains(name)));
    CHECK_FALSE(method.roles.Has(Role::kNone));
  }
}

}  // namespace
}  // namespace leasehold
