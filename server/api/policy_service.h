#ifndef LEASEHOLD_SERVER_API_POLICY_SERVICE_H_
#define LEASEHOLD_SERVER_API_POLICY_SERVICE_H_

#include <atomic>

#include "leasehold/v1/policy.grpc.pb.h"
#include "server/api/gate.h"
#include "server/api/page_token.h"
#include "server/api/read_pool.h"
#include "server/api/unary_call.h"
#include "server/leases/lease_authority.h"
#include "storage/store.h"

namespace leasehold {

// PolicyService. Sets lie in the store by their hash, and compiling a large one takes a while, so
// that is done on `pool`. The arguments must outlive it.
class PolicyService final : public v1::PolicyService::Service {
 public:
  PolicyService(LeaseAuthority& authority, const Gate& gate, Store& store, ReadPool& pool);

  grpc::Status ApplyPolicies(grpc::ServerContext* context, const v1::ApplyPoliciesRequest* request,
                             v1::ApplyPoliciesResponse* response) override;
  grpc::Status GetPolicySet(grpc::ServerContext* context, const v1::GetPolicySetRequest* request,
                            v1::PolicySetRevision* response) override;
  grpc::Status ListRevisions(grpc::ServerContext* context, const v1::ListRevisionsRequest* request,
                             v1::ListRevisionsResponse* response) override;
  // In policy_questions.cc.
  grpc::Status ExplainDecision(grpc::ServerContext* context,
                               const v1::ExplainDecisionRequest* request,
                               v1::Explanation* response) override;
  grpc::Status ReplayPolicies(grpc::ServerContext* context,
                              const v1::ReplayPoliciesRequest* request,
                              v1::ReplayPoliciesResponse* response) override;
  grpc::Status SuggestPolicy(grpc::ServerContext* context, const v1::SuggestPolicyRequest* request,
                             v1::SuggestPolicyResponse* response) override;

 private:
  using ApplyCall = std::shared_ptr<UnaryCall<v1::ApplyPoliciesResponse>>;

  // One attempt to apply; on the pool. Where another set came into force between comparing and
  // applying, and the caller named no base, there are `attempts_left` more.
  void Apply(const ApplyCall& call, const v1::ApplyPoliciesRequest& request, int attempts_left);
  absl::StatusOr<v1::PolicySetRevision> ReadSet(const v1::GetPolicySetRequest& request) const;
  absl::StatusOr<v1::PolicySet> ReadBody(const Hash& hash) const;
  absl::StatusOr<v1::ReplayPoliciesResponse> AnswerReplay(const v1::ReplayPoliciesRequest& request,
                                                          grpc::ServerContext* context);
  absl::StatusOr<v1::SuggestPolicyResponse> AnswerSuggest(const v1::SuggestPolicyRequest& request,
                                                          grpc::ServerContext* context);
  absl::StatusOr<v1::Explanation> AnswerExplain(const v1::ExplainDecisionRequest& request) const;

  LeaseAuthority& authority_;
  const Gate& gate_;
  Store& store_;
  ReadPool& pool_;
  const PageTokens tokens_;
  // A replay, or a suggestion, keeps a thread of the pool for seconds; two would keep all pages
  // waiting.
  std::atomic<bool> replaying_ = false;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_POLICY_SERVICE_H_
