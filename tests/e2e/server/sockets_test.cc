// Which way in lets one call what, on the real server's own sockets. The expectations are written
// down here once more, on purpose: a slip in the server's table is not to be repeated by its test.

#include <google/protobuf/descriptor.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/empty.pb.h"
#include "tests/support/api_methods.h"
#include "tests/support/installation.h"

namespace leasehold {
namespace {

constexpr int kUnimplemented = 12;
constexpr int kUnauthenticated = 16;

// "LeaseService/AcquireLease", all of them.
std::vector<std::string> EveryMethod() {
  std::vector<std::string> methods;
  for (const google::protobuf::MethodDescriptor* method : EveryApiMethod()) {
    methods.push_back(method->service()->name() + "/" + method->name());
  }
  return methods;
}

const std::set<std::string> kAnybody = {"LedgerService/GetCheckpoint", "IdentityService/GetCaller",
                                        "AdminService/GetServerInfo"};
// What the request holds is the credential, so that everybody may call.
const std::set<std::string> kStrangers = {"IdentityService/EnrolAgent",
                                          "IdentityService/GetLoginOptions",
                                          "IdentityService/CreateSession"};
const std::set<std::string> kAgents = {
    "LeaseService/AcquireLease",    "LeaseService/BatchAcquireLeases",
    "LeaseService/RenewLease",      "LeaseService/GetLease",
    "LeaseService/ListLeases",      "LeaseService/ReleaseLease",
    "LeaseService/CheckLease",      "LeaseService/DelegateLease",
    "UseService/AuthorizeUse",      "UseService/RevealSecret",
    "UseService/BatchAuthorizeUse", "IdentityService/RotateToken",
    "LeaseService/KeepAlive",       "UseService/StreamAuthorizeUse",
    "LeaseService/WatchLeases",     "ApprovalService/ListApprovals",
    "ApprovalService/GetApproval",  "ApprovalService/Approve",
    "ApprovalService/Reject"};
const std::set<std::string> kAdapters = {"LeaseService/CheckLease", "UseService/AuthorizeUse",
                                         "UseService/BatchAuthorizeUse",
                                         "UseService/StreamAuthorizeUse"};
// What only those may do who hold leases, or stand where they are used; all else is the operator's.
const std::set<std::string> kNotOperators = {
    "LeaseService/AcquireLease",    "LeaseService/BatchAcquireLeases", "LeaseService/RenewLease",
    "LeaseService/CheckLease",      "LeaseService/DelegateLease",      "UseService/AuthorizeUse",
    "UseService/RevealSecret",      "UseService/BatchAuthorizeUse",    "LeaseService/KeepAlive",
    "UseService/StreamAuthorizeUse"};
const std::set<std::string> kWithoutEnd = {
    "LedgerService/ExportEntries", "LedgerService/WatchEntries", "LeaseService/WatchLeases"};

CallStatus CallEmpty(const ApiClient& client, const std::string& method) {
  return client.Call<google::protobuf::Empty>(method, google::protobuf::Empty());
}

template <typename MayCall>
void CheckWay(const std::string& way, const ApiClient& client, const MayCall& may_call) {
  for (const std::string& method : EveryMethod()) {
    // Answers with many messages, of which this kind of call takes one and then waits.
    if (kWithoutEnd.contains(method) && may_call(method)) continue;
    const CallStatus status = CallEmpty(client, method);
    INFO(way << " calls " << method << ": " << status.message);
    if (may_call(method) || kStrangers.contains(method)) {
      CHECK(status.reason != "ROLE_FORBIDDEN");
      CHECK(status.reason != "UNAUTHENTICATED");
      CHECK(status.code != kUnimplemented);
    } else {
      CHECK(status.reason == "ROLE_FORBIDDEN");
    }
  }
}

TEST_CASE("every way in lets its callers do what is theirs and nothing else") {
  Installation installation;
  installation.Start();
  installation.AddAgent("bot");
  const auto socket = [&](const char* name) {
    return "unix:" + installation.server().Endpoint(name);
  };
  const std::string& token = installation.TokenOf("bot");
  CHECK(EveryMethod().size() > 40);
  const auto agents_may = [](const std::string& method) {
    return kAgents.count(method) + kAnybody.count(method) > 0;
  };
  CheckWay("an agent over TCP", installation.Agent("bot"), agents_may);
  CheckWay("an agent at agent.sock", ApiClient(socket("agent_socket"), token), agents_may);
  CheckWay("an agent at admin.sock", ApiClient(socket("admin_socket"), token), agents_may);
  CheckWay("an adapter", ApiClient(socket("adapter_socket")), [](const std::string& method) {
    return kAdapters.count(method) + kAnybody.count(method) > 0;
  });
  CheckWay("an agent at adapter.sock", ApiClient(socket("adapter_socket"), token),
           [](const std::string&) { return false; });
  CheckWay("the operator", installation.Operator(),
           [](const std::string& method) { return kNotOperators.count(method) == 0; });
}

TEST_CASE("without a credential nothing can be called") {
  Installation installation;
  installation.Start();
  for (const std::string& address : {installation.server().Endpoint("grpc"),
                                     "unix:" + installation.server().Endpoint("agent_socket")}) {
    const ApiClient nobody(address);
    for (const std::string& method : EveryMethod()) {
      if (kStrangers.contains(method)) continue;
      INFO(address << " " << method);
      const CallStatus status = CallEmpty(nobody, method);
      CHECK(status.code == kUnauthenticated);
      CHECK(status.reason == "UNAUTHENTICATED");
    }
  }
}

TEST_CASE("the revocation socket serves revocations and nothing else") {
  Installation installation;
  installation.Start();
  const ApiClient revoker = installation.Revoker();
  for (const std::string& method : EveryMethod()) {
    INFO(method);
    const CallStatus status = CallEmpty(revoker, method);
    CHECK((status.code == kUnimplemented) == !method.starts_with("RevocationService/"));
  }
}

TEST_CASE("the sockets and the data folder let in whom they are for") {
  Installation installation;
  installation.Start();
  const std::pair<const char*, mode_t> rows[] = {
      {"", 0700},           {"admin.sock", 0600},   {"revoke.sock", 0600},
      {"agent.sock", 0666}, {"adapter.sock", 0660}, {"leasehold.db", 0600},
      {"root.key", 0600}};
  for (const auto& [name, mode] : rows) {
    INFO(name);
    struct stat found {};
    REQUIRE(stat(installation.DataFile(name).c_str(), &found) == 0);
    CHECK((found.st_mode & 07777U) == mode);
  }
}

}  // namespace
}  // namespace leasehold
