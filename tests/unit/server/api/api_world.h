#ifndef LEASEHOLD_TESTS_UNIT_SERVER_API_API_WORLD_H_
#define LEASEHOLD_TESTS_UNIT_SERVER_API_API_WORLD_H_

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/synchronization/notification.h"
#include "leasehold/v1/admin.grpc.pb.h"
#include "leasehold/v1/identity.grpc.pb.h"
#include "leasehold/v1/lease.grpc.pb.h"
#include "leasehold/v1/ledger.grpc.pb.h"
#include "leasehold/v1/policy.grpc.pb.h"
#include "leasehold/v1/revocation.grpc.pb.h"
#include "leasehold/v1/secret.grpc.pb.h"
#include "leasehold/v1/use.grpc.pb.h"
#include "server/base/crypto_bytes.h"
#include "tests/unit/server/api/api_server.h"

namespace leasehold {

// A value that no other run has.
inline std::string FakeValue(size_t bytes = 24) {
  std::vector<uint8_t> random(bytes);
  RandomBytes(random);
  return std::string(AsText(random));
}

// A connection of its own to a socket, which takes no more than 64 KiB that nobody reads.
inline std::shared_ptr<grpc::Channel> NarrowChannel(const std::string& socket) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  return grpc::CreateCustomChannel("unix:" + socket, grpc::InsecureChannelCredentials(), arguments);
}

// A server with an operator's stubs, and the steps that many tests begin with.
class ApiWorld {
 public:
  explicit ApiWorld(const SecretBytes* passphrase = nullptr,
                    absl::Duration stalled_max = absl::Seconds(60))
      : server(nullptr, passphrase, stalled_max) {}

  ApiServer server;
  std::shared_ptr<grpc::Channel> operators = server.admin();
  std::shared_ptr<grpc::Channel> agents = server.agent();
  std::unique_ptr<v1::SecretService::Stub> secrets = v1::SecretService::NewStub(operators);
  std::unique_ptr<v1::IdentityService::Stub> identity = v1::IdentityService::NewStub(operators);
  std::unique_ptr<v1::PolicyService::Stub> policies = v1::PolicyService::NewStub(operators);
  std::unique_ptr<v1::LedgerService::Stub> ledger = v1::LedgerService::NewStub(operators);
  std::unique_ptr<v1::AdminService::Stub> admin = v1::AdminService::NewStub(operators);
  std::unique_ptr<v1::RevocationService::Stub> revocations =
      v1::RevocationService::NewStub(operators);
  std::unique_ptr<v1::LeaseService::Stub> leases = v1::LeaseService::NewStub(agents);
  std::unique_ptr<v1::UseService::Stub> uses = v1::UseService::NewStub(agents);

  // Appends in one transaction.
  void Append(absl::AnyInvocable<void(Transaction&)> append) {
    absl::Notification done;
    server.authority().Submit<int>(
        Urgency::kNormal,
        [append = std::move(append)](Transaction& tx) mutable -> absl::StatusOr<int> {
          append(tx);
          return 0;
        },
        [&](absl::StatusOr<int> result) {
          CHECK(result.ok());
          done.Notify();
        });
    done.WaitForNotification();
  }

  v1::Secret CreateSecret(const std::string& name) {
    v1::CreateSecretRequest request;
    request.mutable_secret()->set_name(name);
    auto answer = Ask(*secrets, &v1::SecretService::Stub::CreateSecret, request);
    REQUIRE(answer.status.error_message() == "");
    return answer.response;
  }

  v1::Version AddVersion(const std::string& secret, const std::string& value = FakeValue()) {
    v1::AddVersionRequest request;
    request.set_parent(secret);
    request.add_fields()->set_name("value");
    request.mutable_fields(0)->set_value(value);
    auto answer = Ask(*secrets, &v1::SecretService::Stub::AddVersion, request);
    REQUIRE(answer.status.error_message() == "");
    return answer.response;
  }

  v1::Agent CreateAgent(const std::string& name) {
    v1::CreateAgentRequest request;
    request.mutable_agent()->set_name(name);
    auto answer = Ask(*identity, &v1::IdentityService::Stub::CreateAgent, request);
    REQUIRE(answer.status.error_message() == "");
    return answer.response;
  }

  v1::IssueTokenResponse IssueToken(const std::string& agent) {
    v1::IssueTokenRequest request;
    request.set_agent(agent);
    auto answer = Ask(*identity, &v1::IdentityService::Stub::IssueToken, request);
    REQUIRE(answer.status.error_message() == "");
    return answer.response;
  }

  static v1::Target TargetFor(const std::string& name, const std::string& secret_pattern) {
    v1::Target target;
    target.set_name(name);
    target.set_base_url("http://127.0.0.1:9");
    target.add_allow_cidrs("127.0.0.0/8");
    target.add_secrets(secret_pattern);
    target.mutable_injection()->mutable_header()->set_name("Authorization");
    target.mutable_injection()->mutable_header()->set_template_("Bearer {value}");
    return target;
  }

  void CreateTarget(const std::string& name, const std::string& secret_pattern) {
    v1::CreateTargetRequest request;
    *request.mutable_target() = TargetFor(name, secret_pattern);
    auto answer = Ask(*identity, &v1::IdentityService::Stub::CreateTarget, request);
    REQUIRE(answer.status.error_message() == "");
  }

  // Lets every agent read with every secret at `target`.
  static v1::Policy ReadPolicy(const std::string& name, const std::string& target) {
    v1::Policy policy;
    policy.set_name(name);
    policy.mutable_subjects()->add_agents("**");
    policy.add_secrets("**");
    policy.add_allow()->set_target(target);
    policy.mutable_allow(0)->set_access(v1::ACCESS_READ);
    return policy;
  }

  void Apply(const std::vector<v1::Policy>& set) {
    v1::ApplyPoliciesRequest request;
    request.set_prune(true);
    request.mutable_policy_set();
    for (const v1::Policy& policy : set) {
      *request.mutable_policy_set()->add_policies() = policy;
    }
    auto answer = Ask(*policies, &v1::PolicyService::Stub::ApplyPolicies, request);
    REQUIRE(answer.status.error_message() == "");
  }

  Answer<v1::AcquireLeaseResponse> Acquire(const std::string& token, const std::string& secret,
                                           const std::string& workflow = "workflows/triage") {
    v1::AcquireLeaseRequest request;
    request.set_secret(secret);
    request.set_workflow(workflow);
    return Ask(*leases, &v1::LeaseService::Stub::AcquireLease, request, token);
  }

  Answer<v1::AuthorizeUseResponse> Use(const std::string& token, const std::string& lease_token,
                                       const std::string& target,
                                       const std::string& method = "GET") {
    v1::AuthorizeUseRequest request;
    request.set_token(lease_token);
    request.set_target(target);
    request.set_method(method);
    request.set_path("/repos");
    return Ask(*uses, &v1::UseService::Stub::AuthorizeUse, request, token);
  }
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_SERVER_API_API_WORLD_H_
