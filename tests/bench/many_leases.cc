#include "tests/bench/many_leases.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "leasehold/v1/lease.pb.h"
#include "leasehold/v1/policy.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "tests/bench/connections.h"
#include "tests/support/api_client.h"

namespace leasehold {
namespace {

// The first agent of a StoreUnderTest.
constexpr char kAgent[] = "agents/bench-0";
constexpr int kPerCall = 100;
// More would only wait for the same disk.
constexpr int kThreads = 4;

// Takes `calls` times kPerCall leases; false where one failed.
bool TakeLeases(const std::string& address, std::string_view token, int calls) {
  const ApiClient client(address, std::string(token));
  v1::BatchAcquireLeasesRequest request;
  for (int i = 0; i < kPerCall; ++i) request.add_requests()->set_secret(StoreUnderTest::kSecret);
  for (int i = 0; i < calls; ++i) {
    const auto answer =
        client.Call<v1::BatchAcquireLeasesResponse>("LeaseService/BatchAcquireLeases", request);
    if (!answer.ok()) return false;
    for (const v1::AcquireLeaseResult& result : answer.value.results()) {
      if (!result.has_response()) return false;
    }
  }
  return true;
}

}  // namespace

ManyLeases::ManyLeases(std::unique_ptr<StoreUnderTest> store)
    : store_(std::move(store)),
      stub_(v1::RevocationService::NewStub(
          OpenConnection(StrCat("unix:", store_->Endpoint("revoke_socket"))))) {}

absl::StatusOr<std::unique_ptr<ManyLeases>> ManyLeases::Create(const std::string& folder,
                                                               const std::string& upstream_url,
                                                               uint64_t leases) {
  ASSIGN_OR_RETURN(std::unique_ptr<StoreUnderTest> store,
                   StoreUnderTest::Create(folder, "many", upstream_url));
  std::unique_ptr<ManyLeases> many(new ManyLeases(std::move(store)));
  RETURN_IF_ERROR(many->Fill(leases));
  return many;
}

absl::Status ManyLeases::Fill(uint64_t leases) {
  constexpr std::string_view kBearer = "Bearer ";
  const std::string token = store_->holders().front().bearer.substr(kBearer.size());
  std::atomic<bool> ok = true;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      if (!TakeLeases(store_->Endpoint("grpc"), token,
                      static_cast<int>(leases / kPerCall / kThreads)))
        ok = false;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return ok ? absl::OkStatus() : Error(Reason::kInternal, "set-up: a lease was not issued");
}

absl::StatusOr<double> ManyLeases::Revoke(const v1::Selector& selector) {
  v1::RevokeRequest request;
  *request.mutable_selector() = selector;
  request.set_reason("benchmark");
  request.set_leases_only(true);
  grpc::ClientContext context;
  v1::Revocation response;
  const absl::Time start = absl::Now();
  const grpc::Status status = stub_->Revoke(&context, request, &response);
  const double took = absl::ToDoubleMicroseconds(absl::Now() - start);
  if (!status.ok()) {
    return Error(Reason::kInternal, StrCat("a revocation failed: ", status.error_message()));
  }
  return took;
}

absl::StatusOr<double> ManyLeases::RevokeOne() {
  v1::Selector selector;
  selector.set_lease(store_->spare_lease());
  return Revoke(selector);
}

absl::StatusOr<double> ManyLeases::RevokeAgent() {
  v1::Selector selector;
  selector.set_agent(kAgent);
  return Revoke(selector);
}

absl::StatusOr<double> ManyLeases::Replay() {
  const ApiClient admin(StrCat("unix:", store_->Endpoint("admin_socket")));
  v1::ReplayPoliciesRequest request;
  v1::Policy* policy = request.mutable_policy_set()->add_policies();
  policy->set_name("none-of-them");
  policy->mutable_subjects()->add_agents("other-*");
  policy->add_secrets("**");
  const absl::Time start = absl::Now();
  const auto answer =
      admin.Call<v1::ReplayPoliciesResponse>("PolicyService/ReplayPolicies", request);
  const double took = absl::ToDoubleMilliseconds(absl::Now() - start);
  if (!answer.ok()) return Error(Reason::kInternal, "a replay failed");
  if (answer.value.newly_denied() < store_->holders().size()) {
    return Error(Reason::kInternal, "a replay did not see the leases");
  }
  return took;
}

}  // namespace leasehold
