#include "tests/bench/store_under_test.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "leasehold/v1/identity.pb.h"
#include "leasehold/v1/lease.pb.h"
#include "leasehold/v1/policy.pb.h"
#include "leasehold/v1/secret.pb.h"
#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// Longer than all rounds, so that no lease ends while it is used.
constexpr int64_t kTtlSeconds = 24 * 3600;

template <typename Response, typename Request>
absl::StatusOr<Response> Call(const ApiClient& client, std::string_view method,
                              const Request& request) {
  auto answer = client.Call<Response>(method, request);
  if (!answer.ok()) {
    return Error(Reason::kInternal, StrCat("set-up: ", method, " failed: ", answer.message));
  }
  return std::move(answer.value);
}

// A value that is new in each run.
std::string MakeValue() {
  std::string random(16, '\0');
  RandomBytes({reinterpret_cast<uint8_t*>(random.data()), random.size()});
  return HexEncode(AsBytes(random));
}

absl::Status AddSecret(const ApiClient& admin) {
  v1::CreateSecretRequest create;
  create.mutable_secret()->set_name(StoreUnderTest::kSecret);
  RETURN_IF_ERROR(Call<v1::Secret>(admin, "SecretService/CreateSecret", create).status());
  v1::AddVersionRequest add;
  add.set_parent(StoreUnderTest::kSecret);
  add.add_fields()->set_name("value");
  add.mutable_fields(0)->set_value(MakeValue());
  return Call<v1::Version>(admin, "SecretService/AddVersion", add).status();
}

absl::Status AddTarget(const ApiClient& admin, const std::string& upstream_url) {
  v1::CreateTargetRequest create;
  v1::Target& target = *create.mutable_target();
  target.set_name(StrCat("targets/", StoreUnderTest::kTarget));
  target.set_base_url(upstream_url);
  target.add_secrets("bench/key");
  target.mutable_injection()->mutable_header()->set_name("Authorization");
  target.mutable_injection()->mutable_header()->set_template_("Bearer {value}");
  target.add_allow_cidrs("127.0.0.0/8");
  return Call<v1::Target>(admin, "IdentityService/CreateTarget", create).status();
}

absl::Status ApplyPolicy(const ApiClient& admin) {
  v1::ApplyPoliciesRequest apply;
  v1::Policy& policy = *apply.mutable_policy_set()->add_policies();
  policy.set_name("agents-read-bench");
  policy.mutable_subjects()->add_agents("**");
  policy.add_secrets("bench/key");
  policy.mutable_lease()->mutable_ttl()->set_seconds(kTtlSeconds);
  v1::AllowRule& rule = *policy.add_allow();
  rule.set_target(StoreUnderTest::kTarget);
  rule.set_access(v1::ACCESS_READ);
  rule.add_paths("/items/*");
  return Call<v1::ApplyPoliciesResponse>(admin, "PolicyService/ApplyPolicies", apply).status();
}

}  // namespace

absl::StatusOr<std::unique_ptr<StoreUnderTest>> StoreUnderTest::Create(
    const std::string& folder, const std::string& name, const std::string& upstream_url) {
  ServerOptions options;
  options.data_dir = StrCat(folder, "/", name);
  options.log_file = StrCat(folder, "/", name, ".log");
  const Ran made = RunProgram(
      {ProgramPath("leasehold"), "server", "init", "--name", "bench"},
      {StrCat("LEASEHOLD_DATA_DIR=", options.data_dir), StrCat("XDG_STATE_HOME=", folder)});
  if (made.status != 0) {
    return Error(Reason::kInternal, StrCat("set-up: leasehold server init failed: ", made.err));
  }
  std::unique_ptr<StoreUnderTest> store(new StoreUnderTest(std::move(options)));
  RETURN_IF_ERROR(store->Start());
  RETURN_IF_ERROR(store->Fill(upstream_url));
  return store;
}

absl::Status StoreUnderTest::Start() {
  server_.reset();
  server_ = std::make_unique<ServerProcess>(options_);
  if (server_->AwaitServing()) return absl::OkStatus();
  return Error(Reason::kInternal, StrCat("set-up: leaseholdd did not start: ", server_->Log()));
}

absl::Status StoreUnderTest::Stop() {
  if (server_->Stop() == 0) return absl::OkStatus();
  return Error(Reason::kInternal, StrCat("leaseholdd did not stop cleanly: ", server_->Log()));
}

absl::Status StoreUnderTest::Declare(const ApiClient& admin,
                                     const std::string& upstream_url) const {
  RETURN_IF_ERROR(AddSecret(admin));
  RETURN_IF_ERROR(AddTarget(admin, upstream_url));
  return ApplyPolicy(admin);
}

absl::StatusOr<std::string> StoreUnderTest::AddLease(const ApiClient& agent,
                                                     const std::string& bearer) {
  v1::AcquireLeaseRequest acquire;
  acquire.set_secret(kSecret);
  ASSIGN_OR_RETURN(v1::AcquireLeaseResponse lease,
                   Call<v1::AcquireLeaseResponse>(agent, "LeaseService/AcquireLease", acquire));
  holders_.push_back({bearer, lease.token(), lease.handle()});
  return lease.lease().name();
}

absl::Status StoreUnderTest::AddAgent(const ApiClient& admin, const std::string& agent) {
  v1::CreateAgentRequest create;
  create.mutable_agent()->set_name(agent);
  RETURN_IF_ERROR(Call<v1::Agent>(admin, "IdentityService/CreateAgent", create).status());
  v1::IssueTokenRequest issue;
  issue.set_agent(agent);
  ASSIGN_OR_RETURN(const v1::IssueTokenResponse token,
                   Call<v1::IssueTokenResponse>(admin, "IdentityService/IssueToken", issue));
  const ApiClient client(Endpoint("grpc"), token.token());
  const std::string bearer = StrCat("Bearer ", token.token());
  for (int i = 0; i < kLeasesPerAgent; ++i) {
    RETURN_IF_ERROR(AddLease(client, bearer).status());
  }
  ASSIGN_OR_RETURN(spare_lease_, AddLease(client, bearer));
  holders_.pop_back();
  return absl::OkStatus();
}

absl::Status StoreUnderTest::Fill(const std::string& upstream_url) {
  const ApiClient admin(StrCat("unix:", Endpoint("admin_socket")));
  RETURN_IF_ERROR(Declare(admin, upstream_url));
  for (int i = 0; i < kAgents; ++i) {
    RETURN_IF_ERROR(AddAgent(admin, StrCat("agents/bench-", i)));
  }
  return absl::OkStatus();
}

uint64_t StoreUnderTest::DatabaseBytes() const {
  uint64_t bytes = 0;
  for (const char* file : {"/leasehold.db", "/leasehold.db-wal"}) {
    std::error_code missing;
    const uintmax_t size = std::filesystem::file_size(options_.data_dir + file, missing);
    if (!missing) bytes += size;
  }
  return bytes;
}

}  // namespace leasehold
