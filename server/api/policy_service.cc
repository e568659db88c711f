#include "server/api/policy_service.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "server/api/names.h"
#include "server/api/policy_diff.h"
#include "server/api/request_checks.h"
#include "server/api/submit_call.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/operations/policies.h"
#include "server/policy/compiled_policies.h"
#include "server/policy/observe_mode.h"
#include "server/policy/policy_warnings.h"

namespace leasehold {
namespace {

constexpr std::string_view kService = "leasehold.v1.PolicyService";
// Several operators who apply at the very same moment; each attempt compares with the set in force.
constexpr int kAttempts = 3;
// Names of dropped policies in an error.
constexpr size_t kNamesShown = 5;
// Copied under the lock that publishing waits for: about a millisecond's worth.
constexpr size_t kNamesAtOnce = 10'000;
// Nobody reads more, and an answer has to fit into a message.
constexpr size_t kWarningsShown = 1000;

v1::PolicySetRevision DescribeRevision(const State& state, const PolicyRevisionInfo& info) {
  v1::PolicySetRevision revision;
  revision.set_revision(info.revision.value());
  revision.set_actor(std::string(state.texts().Get(info.actor)));
  revision.set_index(info.index.value());
  ToProto(info.time, revision.mutable_create_time());
  return revision;
}

absl::Status WouldDrop(const std::vector<std::string>& removed) {
  std::string names;
  for (size_t i = 0; i < std::min(removed.size(), kNamesShown); ++i) {
    StrAppend(&names, i == 0 ? "" : ", ", removed[i]);
  }
  if (removed.size() > kNamesShown) {
    StrAppend(&names, " and ", removed.size() - kNamesShown, " more");
  }
  return Error(Reason::kFailedPrecondition,
               StrCat("policies in force are not in the new set and would be dropped: ", names,
                      "; apply with prune if that is meant"));
}

void Put(const PolicyDiff& diff, v1::ApplyPoliciesResponse& response) {
  response.mutable_added()->Assign(diff.added.begin(), diff.added.end());
  for (const PolicyKeyChanges& changes : diff.changed) {
    response.add_changed(changes.policy);
    v1::ChangedPolicy* changed = response.add_changed_policies();
    changed->set_policy(changes.policy);
    changed->mutable_keys()->Assign(changes.keys.begin(), changes.keys.end());
  }
  response.mutable_removed()->Assign(diff.removed.begin(), diff.removed.end());
}

// In pieces, so that whoever publishes never waits for all of them to be copied.
std::vector<std::string> NamesOf(const PublishedState& published, EntityKind kind) {
  std::vector<std::string> names;
  for (bool more = true; more;) {
    more = published.Read([&](const PublishedState::View& view) {
      const auto& by_name = view.state.entities().ByName(kind);
      auto at = names.empty() ? by_name.begin() : by_name.upper_bound(names.back());
      for (size_t i = 0; i < kNamesAtOnce && at != by_name.end(); ++i, ++at) {
        names.push_back(at->first);
      }
      return at != by_name.end();
    });
  }
  return names;
}

KnownNames ReadKnownNames(const PublishedState& published) {
  KnownNames known{.agents = NamesOf(published, EntityKind::kAgent),
                   .groups = NamesOf(published, EntityKind::kGroup),
                   .secrets = NamesOf(published, EntityKind::kSecret),
                   .targets = {}};
  for (const std::string& name : NamesOf(published, EntityKind::kTarget)) {
    published.Read([&](const PublishedState::View& view) {
      const Entity* target = view.state.entities().FindByName(EntityKind::kTarget, name);
      if (target != nullptr) known.targets.emplace(name, target->target);
    });
  }
  return known;
}

void Put(const std::vector<FoundWarning>& warnings, v1::ApplyPoliciesResponse& response) {
  const size_t shown = std::min(warnings.size(), kWarningsShown);
  for (size_t i = 0; i < shown; ++i) {
    v1::PolicyWarning* warning = response.add_warnings();
    warning->set_position(warnings[i].position);
    warning->set_policy(warnings[i].policy);
    warning->set_key(warnings[i].key);
    warning->set_message(warnings[i].message);
  }
  response.set_warnings_left_out(warnings.size() - shown);
}

// What is in force, so far as applying asks.
struct InForce {
  PolicyRevision revision;
  std::optional<Hash> set_hash;  // nullopt: no set was ever applied
};

InForce ReadInForce(const PublishedState& published) {
  return published.Read([](const PublishedState::View& view) {
    const PolicyHistory& policies = view.state.policies();
    InForce in_force{.revision = policies.revision(), .set_hash = std::nullopt};
    if (const PolicyRevisionInfo* info = policies.Find(in_force.revision)) {
      in_force.set_hash = info->set_hash;
    }
    return in_force;
  });
}

}  // namespace

PolicyService::PolicyService(LeaseAuthority& authority, const Gate& gate, Store& store,
                             ReadPool& pool)
    : authority_(authority), gate_(gate), store_(store), pool_(pool), tokens_(authority.vault()) {}

grpc::Status PolicyService::ApplyPolicies(grpc::ServerContext* context,
                                          const v1::ApplyPoliciesRequest* request,
                                          v1::ApplyPoliciesResponse* response) {
  static const ApiMethod& method = FindApiMethod(kService, "ApplyPolicies");
  return Dispatch<v1::ApplyPoliciesResponse>(context, response, gate_, method, [&](auto call) {
    absl::Status accepted =
        pool_.Submit([this, call, request] { Apply(call, *request, kAttempts - 1); });
    if (!accepted.ok()) {
      call->Finish(accepted);
    }
  });
}

void PolicyService::Apply(const ApplyCall& call, const v1::ApplyPoliciesRequest& request,
                          int attempts_left) {
  v1::ApplyPoliciesResponse response;
  auto prepare = [&]() -> absl::StatusOr<PolicyApply> {
    RETURN_IF_ERROR(CheckNoUnknownFields(request));
    InForce in_force = ReadInForce(authority_.published());
    PolicyRevision next(in_force.revision.value() + 1);
    if (request.base_revision() != 0 && request.base_revision() != in_force.revision.value()) {
      return Error(Reason::kEtagMismatch,
                   StrCat("revision ", in_force.revision.value(), " is in force, not ",
                          request.base_revision(), "; look at it and apply again"));
    }
    v1::PolicySet before;
    if (in_force.set_hash.has_value()) {
      ASSIGN_OR_RETURN(before, ReadBody(*in_force.set_hash));
    }
    v1::PolicySet after = request.policy_set();
    RETURN_IF_ERROR(FillObserveUntil(before, authority_.Now().ToTime(), &after));
    ASSIGN_OR_RETURN(auto compiled, CompiledPolicies::Compile(after, next));
    PolicyDiff diff = DiffPolicies(before, after);
    // A dry run shows what would be dropped; that is what it is for.
    if (!diff.removed.empty() && !request.prune() && !request.validate_only()) {
      return WouldDrop(diff.removed);
    }
    Put(diff, response);
    Put(FindWarnings(after, *compiled, ReadKnownNames(authority_.published()),
                     authority_.Now().ToTime()),
        response);
    response.set_revision(in_force.revision.value());
    return PolicyApply{.principal = call->principal(),
                       .body = DeterministicBytes(after),
                       .compiled = std::move(compiled),
                       .base = in_force.revision};
  };
  absl::StatusOr<PolicyApply> apply = prepare();
  if (!apply.ok() || request.validate_only()) {
    apply.ok() ? call->Finish(std::move(response)) : call->Finish(apply.status());
    return;
  }
  authority_.Submit<PolicyRevision>(
      Urgency::kNormal,
      [apply = *std::move(apply)](Transaction& tx) { return ApplyPolicySet(tx, apply); },
      [this, call, &request, attempts_left,
       response = std::move(response)](absl::StatusOr<PolicyRevision> revision) mutable {
        if (revision.ok()) {
          response.set_revision(revision->value());
          call->Finish(std::move(response));
        } else if (ReasonOf(revision.status()) == Reason::kEtagMismatch &&
                   request.base_revision() == 0 && attempts_left > 0) {
          pool_.SubmitRest(
              [this, call, &request, attempts_left] { Apply(call, request, attempts_left - 1); });
        } else {
          call->Finish(revision.status());
        }
      });
}

grpc::Status PolicyService::GetPolicySet(grpc::ServerContext* context,
                                         const v1::GetPolicySetRequest* request,
                                         v1::PolicySetRevision* response) {
  static const ApiMethod& method = FindApiMethod(kService, "GetPolicySet");
  return Dispatch<v1::PolicySetRevision>(context, response, gate_, method, [&](auto call) {
    ReadCall(pool_, call, [this, request] { return ReadSet(*request); });
  });
}

absl::StatusOr<v1::PolicySetRevision> PolicyService::ReadSet(
    const v1::GetPolicySetRequest& request) const {
  Hash hash;
  ASSIGN_OR_RETURN(
      v1::PolicySetRevision revision,
      authority_.published().Read(
          [&](const PublishedState::View& view) -> absl::StatusOr<v1::PolicySetRevision> {
            const PolicyHistory& policies = view.state.policies();
            PolicyRevision wanted =
                request.revision() == 0 ? policies.revision() : PolicyRevision(request.revision());
            const PolicyRevisionInfo* info = policies.Find(wanted);
            if (info == nullptr) {
              return Error(Reason::kNotFound,
                           wanted.empty() ? std::string("no policy set was applied yet")
                                          : StrCat("there is no policy revision ", wanted.value()));
            }
            hash = info->set_hash;
            return DescribeRevision(view.state, *info);
          }));
  ASSIGN_OR_RETURN(*revision.mutable_policy_set(), ReadBody(hash));
  return revision;
}

absl::StatusOr<v1::PolicySet> PolicyService::ReadBody(const Hash& hash) const {
  ASSIGN_OR_RETURN(std::unique_ptr<StoreView> view, store_.NewView());
  ASSIGN_OR_RETURN(std::optional<std::string> body, view->ReadBody(hash));
  v1::PolicySet set;
  if (!body.has_value() || !set.ParseFromString(*body)) {
    return Error(Reason::kStoreDamaged, "a policy set that the ledger knows is not in the store");
  }
  return set;
}

grpc::Status PolicyService::ListRevisions(grpc::ServerContext* context,
                                          const v1::ListRevisionsRequest* request,
                                          v1::ListRevisionsResponse* response) {
  static const ApiMethod& method = FindApiMethod(kService, "ListRevisions");
  auto list = [&](const Principal&) -> absl::StatusOr<v1::ListRevisionsResponse> {
    ASSIGN_OR_RETURN(size_t page_size, ParsePageSize(request->page_size()));
    const std::string question = QuestionOf(*request);
    ASSIGN_OR_RETURN(std::string place, tokens_.Parse(question, request->page_token()));
    uint64_t newest = UINT64_MAX;
    if (!place.empty()) {
      ASSIGN_OR_RETURN(newest, NumberAt(place));
    }
    v1::ListRevisionsResponse page;
    uint64_t next = authority_.published().Read([&](const PublishedState::View& view) {
      const PolicyHistory& policies = view.state.policies();
      uint64_t number = std::min(newest, policies.revision().value());
      for (; number > 0 && page_size > 0; --number, --page_size) {
        *page.add_revisions() =
            DescribeRevision(view.state, *policies.Find(PolicyRevision(number)));
      }
      return number;
    });
    if (next > 0) {
      page.set_next_page_token(tokens_.Make(question, PlaceOf(next)));
    }
    return page;
  };
  return DispatchRead<v1::ListRevisionsResponse>(context, response, gate_, method, list);
}

}  // namespace leasehold
