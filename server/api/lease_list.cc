// ListLeases; the rest of LeaseService is in lease_service.cc.

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "server/api/lease_description.h"
#include "server/api/lease_service.h"
#include "server/api/unary_call.h"
#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr int kPageSizeDefault = 100;
constexpr int kPageSizeMax = 1000;
// A reader holds the committer up while it looks: 20,000 leases take about 0.2 ms. A page may end
// early for it, with a token to go on.
constexpr uint64_t kScanMax = 20'000;

struct LeaseFilter {
  EntityUid agent;
  EntityUid secret;
  TextId workflow;
  bool active_only = false;
  // Whether a name was given that nothing has: nothing matches.
  bool nothing = false;

  bool Matches(const State& state, const Lease& lease, UnixMillis now) const {
    return !nothing && (agent.empty() || lease.agent == agent) &&
           (secret.empty() || lease.secret == secret) &&
           (workflow.empty() || lease.workflow == workflow) &&
           (!active_only || state.CheckLease(lease, now).ok());
  }
};

absl::StatusOr<LeaseFilter> ParseFilter(const State& state, const Principal& principal,
                                        const v1::ListLeasesRequest& request) {
  LeaseFilter filter{.active_only = request.active_only()};
  auto find = [&](const std::string& resource, std::string_view prefix, EntityKind kind,
                  EntityUid* uid) -> absl::Status {
    if (resource.empty()) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(Name name, Name::ParseResource(resource, prefix));
    const Entity* entity = state.entities().FindByName(kind, name.value());
    filter.nothing = filter.nothing || entity == nullptr;
    *uid = entity == nullptr ? EntityUid() : entity->uid;
    // An agent must not learn which secrets and workflows there are: for it what is absent is
    // looked for like what is there.
    if (entity == nullptr && principal.role == Role::kAgent) {
      *uid = EntityUid(std::numeric_limits<uint64_t>::max());
      filter.nothing = false;
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(find(request.agent(), "agents/", EntityKind::kAgent, &filter.agent));
  RETURN_IF_ERROR(find(request.secret(), "secrets/", EntityKind::kSecret, &filter.secret));
  if (!request.workflow().empty()) {
    ASSIGN_OR_RETURN(Name name, Name::ParseResource(request.workflow(), "workflows/"));
    filter.workflow = state.texts().Find(ledger::v1::TEXT_KIND_WORKFLOW, name.value());
    if (filter.workflow.empty() && principal.role == Role::kAgent) {
      filter.workflow = TextId(std::numeric_limits<uint64_t>::max());
    }
    filter.nothing = filter.nothing || filter.workflow.empty();
  }
  if (principal.role == Role::kAgent) {
    filter.nothing = filter.nothing || (!filter.agent.empty() && filter.agent != principal.agent);
    filter.agent = principal.agent;
  }
  return filter;
}

// A page token is the number of the last lease that was looked at. It reveals nothing and its
// filter is checked anew, so it needs no protection.
absl::StatusOr<uint64_t> ParseToken(const std::string& token, uint64_t newest) {
  if (token.empty()) {
    return newest + 1;
  }
  uint64_t before = 0;
  auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), before);
  if (error != std::errc() || end != token.data() + token.size() || before > newest + 1) {
    return Error(Reason::kPageTokenInvalid, "page_token is not one that ListLeases gave");
  }
  return before;
}

}  // namespace

grpc::Status LeaseService::ListLeases(grpc::ServerContext* context,
                                      const v1::ListLeasesRequest* request,
                                      v1::ListLeasesResponse* response) {
  auto answer = [&](const Principal& principal) -> absl::StatusOr<v1::ListLeasesResponse> {
    if (request->page_size() < 0 || request->page_size() > kPageSizeMax) {
      return Error(Reason::kInvalidArgument, StrCat("page_size must be 1 to ", kPageSizeMax));
    }
    int page_size = request->page_size() == 0 ? kPageSizeDefault : request->page_size();
    UnixMillis now = authority_.Now();
    return authority_.published().Read(
        [&](const PublishedState::View& view) -> absl::StatusOr<v1::ListLeasesResponse> {
          const State& state = view.state;
          ASSIGN_OR_RETURN(LeaseFilter filter, ParseFilter(state, principal, *request));
          ASSIGN_OR_RETURN(uint64_t number,
                           ParseToken(request->page_token(), state.leases().count()));
          v1::ListLeasesResponse page;
          uint64_t last = number > kScanMax ? number - kScanMax : 1;
          while (number > last && page.leases_size() < page_size && !filter.nothing) {
            const Lease& lease = *state.leases().Find(LeaseNumber(--number));
            if (filter.Matches(state, lease, now)) {
              *page.add_leases() = DescribeLease(state, lease, now);
            }
          }
          if (number > 1 && !filter.nothing) {
            page.set_next_page_token(StrCat(number));
          }
          return page;
        });
  };
  return DispatchRead<v1::ListLeasesResponse>(context, response, gate_, list_, answer);
}

}  // namespace leasehold
