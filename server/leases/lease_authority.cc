#include "server/leases/lease_authority.h"

#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/operations/credentials.h"
#include "server/leases/operations/refusals.h"

namespace leasehold {
namespace {

class AuthorityWatch final : public PointOfUse::Watch {
 public:
  explicit AuthorityWatch(std::unique_ptr<LeaseWatchers::Watch> watch) : watch_(std::move(watch)) {}

 private:
  std::unique_ptr<LeaseWatchers::Watch> watch_;
};

// Whether `lease` can be used, as an error.
absl::Status UsableNow(const State& state, LeaseNumber number, UnixMillis now) {
  const Lease* lease = state.leases().Find(number);
  if (lease == nullptr) {
    return Error(Reason::kLeaseUnknown, "there is no such lease");
  }
  Usability usable = state.CheckLease(*lease, now);
  return usable.ok() ? absl::OkStatus() : LeaseError(*lease, usable);
}

// Whose lease stands for a batch in the quota: that of the first token that proves one.
LeaseNumber FirstLease(const LeaseTokens& tokens, const std::vector<UseRequest>& requests) {
  for (const UseRequest& request : requests) {
    if (absl::StatusOr<LeaseTokenClaims> claims = tokens.Parse(request.token); claims.ok()) {
      return claims->lease;
    }
  }
  return {};
}

}  // namespace

LeaseAuthority::LeaseAuthority(Committer& committer, SealableVault& vault, Store& store,
                               UseObserver* observer)
    : committer_(committer),
      vault_(vault),
      tokens_(vault, committer.published()),
      observer_(observer),
      versions_(store, vault) {
  committer_.SetHousekeeping([this](Transaction& tx, Committer::Occasion occasion) {
    bool last = occasion == Committer::Occasion::kClosing;
    for (const RefusalSummary& summary : last ? refusals_.TakeAll() : refusals_.TakeDue(tx.now())) {
      AppendRefusals(tx, summary);
    }
  });
  committer_.SetStopListener([this] { SweepWatchers(); });
}

absl::Status LeaseAuthority::TooMany() {
  return Error(Reason::kOverloaded,
               "this agent has too many operations under way; wait for some and try again",
               {.scope = ErrorDetail::Scope::kAgent, .retry_after = absl::Milliseconds(100)});
}

absl::StatusOr<Admission::Ticket> LeaseAuthority::Admit(const Principal& principal,
                                                        LeaseNumber number, uint32_t weight) {
  // No lease and no use while sealed, whether or not it would take a key.
  RETURN_IF_ERROR(vault_.CheckOpen());
  EntityUid agent = principal.agent;
  if (agent.empty()) {
    agent = published().Read([&](const PublishedState::View& view) {
      const Lease* lease = view.state.leases().Find(number);
      return lease == nullptr ? EntityUid() : lease->agent;
    });
  }
  Admission::Ticket ticket = admission_.Enter(agent, weight);
  if (!ticket) {
    return TooMany();
  }
  return ticket;
}

template <typename Request>
std::unique_ptr<Operation> LeaseAuthority::AgentOperation(
    absl::StatusOr<AcquireResult> (*decide)(Transaction&, RefusalLimiter&, const Request&),
    Request request, Done<AcquireResult> done) {
  absl::StatusOr<Admission::Ticket> ticket = Admit(request.principal);
  if (!ticket.ok()) {
    std::move(done)(ticket.status());
    return nullptr;
  }
  return MakeOperation<AcquireResult>(
      Urgency::kNormal,
      [this, decide, request = std::move(request), ticket = *std::move(ticket)](Transaction& tx) {
        return decide(tx, refusals_, request);
      },
      std::move(done));
}

std::unique_ptr<Operation> LeaseAuthority::AcquireOperation(AcquireRequest request,
                                                            Done<AcquireResult> done) {
  return AgentOperation(&Acquire, std::move(request), std::move(done));
}

std::unique_ptr<Operation> LeaseAuthority::RenewOperation(RenewRequest request,
                                                          Done<AcquireResult> done) {
  return AgentOperation(&Renew, std::move(request), std::move(done));
}

void LeaseAuthority::SubmitDelegate(DelegateRequest request, Done<AcquireResult> done) {
  if (auto operation = AgentOperation(&Delegate, std::move(request), std::move(done))) {
    committer_.Submit(std::move(operation));
  }
}

absl::StatusOr<UseReply> LeaseAuthority::Complete(JudgedUse judged, bool wants_credential) {
  if (judged.reply.allowed && wants_credential) {
    ASSIGN_OR_RETURN(judged.reply.credential, versions_.Read(judged.version));
  }
  return std::move(judged.reply);
}

void LeaseAuthority::Observe(Adapter adapter, const absl::StatusOr<UseReply>& reply,
                             absl::Time start) {
  if (observer_ != nullptr) {
    observer_->UseDecided(adapter, reply, absl::Now() - start);
  }
}

std::unique_ptr<Operation> LeaseAuthority::UseOperation(UseRequest request, Done<UseReply> done) {
  absl::Time start = absl::Now();
  absl::StatusOr<LeaseTokenClaims> claims = tokens_.Parse(request.token);
  absl::StatusOr<Admission::Ticket> ticket =
      claims.ok() ? Admit(request.presenter, claims->lease) : claims.status();
  Adapter adapter = request.adapter;
  if (!ticket.ok()) {
    Observe(adapter, ticket.status(), start);
    std::move(done)(ticket.status());
    return nullptr;
  }
  bool wants_credential = request.wants_credential;
  if (wants_credential && PrefetchFor(*claims) > kInjectableBytesMax) {
    // Decrypted, such values would only fill the memory that all secrets share.
    absl::Status too_large =
        Error(Reason::kTooLarge, StrCat("the secret is larger than ", kInjectableBytesMax,
                                        " bytes, which no request can carry; ask its owner"));
    Observe(adapter, too_large, start);
    std::move(done)(too_large);
    return nullptr;
  }
  auto finish = [this, wants_credential, adapter, start,
                 done = std::move(done)](absl::StatusOr<JudgedUse> judged) mutable {
    absl::StatusOr<UseReply> reply =
        judged.ok() ? Complete(*std::move(judged), wants_credential) : judged.status();
    Observe(adapter, reply, start);
    std::move(done)(std::move(reply));
  };
  return MakeOperation<JudgedUse>(
      Urgency::kNormal,
      [this, request = std::move(request), claims = *claims, ticket = *std::move(ticket)](
          Transaction& tx) { return Use(tx, refusals_, request, claims); },
      Done<JudgedUse>(std::move(finish)));
}

std::unique_ptr<Operation> LeaseAuthority::UsesOperation(
    std::vector<UseRequest> requests,
    absl::AnyInvocable<void(std::vector<absl::StatusOr<UseReply>>) &&> done) {
  using Replies = std::vector<absl::StatusOr<UseReply>>;
  absl::StatusOr<Admission::Ticket> ticket = Admission::Ticket();
  if (!requests.empty()) {
    const Principal& presenter = requests.front().presenter;
    LeaseNumber lease = presenter.agent.empty() ? FirstLease(tokens_, requests) : LeaseNumber();
    ticket = Admit(presenter, lease, static_cast<uint32_t>(requests.size()));
  }
  if (!ticket.ok()) {
    Replies refused;
    for (size_t i = 0; i < requests.size(); ++i) {
      refused.emplace_back(ticket.status());
    }
    std::move(done)(std::move(refused));
    return nullptr;
  }
  size_t count = requests.size();
  return MakeOperation<Replies>(
      Urgency::kNormal,
      [this, requests = std::move(requests),
       ticket = *std::move(ticket)](Transaction& tx) -> absl::StatusOr<Replies> {
        Replies replies;
        replies.reserve(requests.size());
        for (const UseRequest& request : requests) {
          absl::StatusOr<LeaseTokenClaims> claims = tokens_.Parse(request.token);
          absl::StatusOr<JudgedUse> judged =
              claims.ok() ? Use(tx, refusals_, request, *claims) : claims.status();
          if (judged.ok()) {
            replies.emplace_back(std::move(judged->reply));
          } else {
            replies.emplace_back(judged.status());
          }
        }
        return replies;
      },
      Done<Replies>([this, count, start = absl::Now(),
                     done = std::move(done)](absl::StatusOr<Replies> replies) mutable {
        if (replies.ok()) {
          for (const absl::StatusOr<UseReply>& reply : *replies) {
            Observe(Adapter::kGrpc, reply, start);
          }
          std::move(done)(*std::move(replies));
          return;
        }
        Replies refused;
        for (size_t i = 0; i < count; ++i) {
          refused.emplace_back(replies.status());
        }
        std::move(done)(std::move(refused));
      }),
      count);
}

void LeaseAuthority::SubmitRelease(const Principal& principal, ReleaseRequest request,
                                   Done<AcquireResult> done) {
  if (principal.role != Role::kAgent) {
    Submit<AcquireResult>(
        Urgency::kUrgent, [request](Transaction& tx) { return Release(tx, request); },
        std::move(done));
    return;
  }
  absl::StatusOr<Admission::Ticket> ticket = Admit(principal);
  if (!ticket.ok()) {
    std::move(done)(ticket.status());
    return;
  }
  Submit<AcquireResult>(
      Urgency::kRelease,
      [request, ticket = *std::move(ticket)](Transaction& tx) { return Release(tx, request); },
      std::move(done));
}

void LeaseAuthority::Reveal(Principal principal, std::string_view token, Done<Revealed> done) {
  absl::StatusOr<LeaseTokenClaims> claims = tokens_.Parse(token);
  absl::StatusOr<Admission::Ticket> ticket = claims.ok() ? Admit(principal) : claims.status();
  if (!ticket.ok()) {
    std::move(done)(ticket.status());
    return;
  }
  PrefetchFor(*claims);
  auto finish = [this, done = std::move(done)](absl::StatusOr<JudgedUse> judged) mutable {
    if (!judged.ok()) {
      std::move(done)(judged.status());
      return;
    }
    absl::StatusOr<SecretFields> fields = versions_.Read(judged->version);
    if (!fields.ok()) {
      std::move(done)(fields.status());
      return;
    }
    std::move(done)(Revealed{*std::move(fields), judged->version, *judged->reply.entry});
  };
  Submit<JudgedUse>(
      Urgency::kNormal,
      [this, request = RevealRequest{std::move(principal), *claims, {}},
       ticket = *std::move(ticket)](Transaction& tx) {
        return leasehold::Reveal(tx, refusals_, request);
      },
      std::move(finish));
}

void LeaseAuthority::Authorize(UseRequest request, Done<UseReply> done) {
  if (auto operation = UseOperation(std::move(request), std::move(done))) {
    committer_.Submit(std::move(operation));
  }
}

absl::Status LeaseAuthority::IfStillUsable(LeaseNumber lease,
                                           absl::FunctionRef<void()> write_first_bytes) {
  UnixMillis now = Now();
  // A revocation is published under the same lock before it is acknowledged, so the bytes are
  // either out before the acknowledgement or not at all.
  return published().Read([&](const PublishedState::View& view) {
    absl::Status usable = UsableNow(view.state, lease, now);
    if (usable.ok()) {
      write_first_bytes();
    }
    return usable;
  });
}

std::unique_ptr<PointOfUse::Watch> LeaseAuthority::WatchLease(
    LeaseNumber lease, absl::AnyInvocable<void(absl::Status why) &&> cut) {
  // Whatever ended the lease before it was watched is seen by the next tick's sweep.
  return std::make_unique<AuthorityWatch>(
      watchers_.Add({.lease = lease, .holder = nullptr}, std::move(cut)));
}

std::unique_ptr<PointOfUse::Watch> LeaseAuthority::WatchLeaseFor(
    const Principal& holder, LeaseNumber lease, absl::AnyInvocable<void(absl::Status why) &&> cut) {
  return std::make_unique<AuthorityWatch>(watchers_.Add(
      {.lease = lease, .holder = std::make_shared<const Principal>(holder)}, std::move(cut)));
}

void LeaseAuthority::SweepWatchers() {
  if (watchers_.size() == 0) {
    return;
  }
  UnixMillis now = Now();
  watchers_.Sweep([&](const LeaseWatchers::Watched& watched) {
    return published().Read(
        [&](const PublishedState::View& view) { return CheckWatched(view.state, watched, now); });
  });
}

absl::Status LeaseAuthority::CheckWatched(const State& state, const LeaseWatchers::Watched& watched,
                                          UnixMillis now) {
  const Lease* lease = state.leases().Find(watched.lease);
  if (lease == nullptr) {
    return UsableNow(state, watched.lease, now);
  }
  Usability usable = state.CheckLease(*lease, now);
  if (usable.ok()) {
    return watched.holder == nullptr ? absl::OkStatus() : CheckCaller(state, *watched.holder, now);
  }
  if (usable.revocation != nullptr) {
    cut_streams_.Note(usable.revocation->number, now);
  }
  if (observer_ != nullptr) {
    UnixMillis end = usable.revocation != nullptr             ? usable.revocation->time
                     : usable.reason == Reason::kLeaseExpired ? lease->expire_time
                                                              : now;
    observer_->StreamCut(now - end);
  }
  return LeaseError(*lease, usable);
}

size_t LeaseAuthority::PrefetchFor(const LeaseTokenClaims& claims) {
  UnixMillis now = Now();
  VersionKey key = published().Read([&](const PublishedState::View& view) {
    const Lease* lease = view.state.leases().Find(claims.lease);
    Reason why = Reason::kNone;
    const VersionInfo* version =
        lease == nullptr ? nullptr : view.state.VersionFor(*lease, now, &why);
    return version == nullptr ? VersionKey() : VersionKey{lease->secret, version->number};
  });
  return key.secret.empty() ? 0 : versions_.Prefetch(key);
}

void LeaseAuthority::OnEntry(const ledger::v1::Entry& entry) {
  if (entry.has_version_state() &&
      entry.version_state().state() == ledger::v1::VERSION_STATE_KIND_DESTROYED) {
    versions_.Forget({EntityUid(entry.version_state().secret()),
                      VersionNumber(entry.version_state().version())});
  }
}

}  // namespace leasehold
