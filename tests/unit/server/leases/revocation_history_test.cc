// Promises 2 and 3 under fire: clients hammer uses and take new leases while somebody revokes. What
// each client saw, in its own order, is held against the ledger afterwards.

#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "server/base/status.h"
#include "server/ledger/entry_codec.h"
#include "tests/support/committer_thread.h"
#include "tests/unit/server/leases/furnished_world.h"

namespace leasehold {
namespace {

constexpr int kClients = 8;

// What a client saw of one call.
struct Seen {
  bool began_after = false;  // the revocation was acknowledged to somebody before it called
  bool acquire = false;
  Reason reason = Reason::kNone;
  LeaseNumber lease;
  LogIndex entry;  // of allowed uses
};

// Calls and waits for the answer.
template <typename Result, typename Call>
absl::StatusOr<Result> Wait(Call call) {
  absl::StatusOr<Result> result = absl::UnknownError("not answered");
  absl::Notification answered;
  call([&](absl::StatusOr<Result> given) {
    result = std::move(given);
    answered.Notify();
  });
  answered.WaitForNotification();
  return result;
}

// Who is revoked, and which of the clients' leases that is about.
struct Plan {
  const char* what;
  SelectorNames selector;
  bool agent_bot;     // covers leases of bot
  bool of_user_only;  // only those on behalf of ann
  bool holds;
};

const std::vector<Plan>& Plans() {
  static const std::vector<Plan>& plans = *new std::vector<Plan>{
      {"agent", {.agent = "bot"}, true, false, true},
      {"group", {.group = "mailers"}, true, false, true},
      {"user", {.user = "ann"}, false, true, true},
      {"pair", {.agent = "bot", .secret = "db/login"}, true, false, false},
      {"combination", {.agent = "bot", .user = "ann"}, true, true, false},
      {"everything", {.all = true}, false, false, false},
  };
  return plans;
}

class History {
 public:
  History(uint32_t seed, int operations)
      : seed_(seed), operations_(operations), plan_(Plans()[seed % Plans().size()]) {
    for (int client = 0; client < kClients; ++client) {
      AcquireRequest request = RequestOf(client);
      leases_[client].push_back(world_.Await(world_.Acquire(request)).value());
    }
  }

  void Live() {
    CommitterThread committer(world_.committer());
    std::vector<std::thread> clients;
    for (int client = 0; client < kClients; ++client) {
      clients.emplace_back([this, client] { Hammer(client); });
    }
    {
      // In the thick of it: when a part of the calls is done, another for each history.
      const int after = 1 + static_cast<int>(seed_ % 7) * operations_ / 10;
      absl::MutexLock lock(&mu_);
      wanted_ = after;
      mu_.Await(absl::Condition(
          +[](History* self) { return self->done_ >= self->wanted_; }, this));
    }
    RevokeRequest request{
        .principal = LeaseWorld::Operator(), .selector = plan_.selector, .reason = "a drill"};
    const absl::StatusOr<uint64_t> number = Wait<uint64_t>([&](auto done) {
      world_.authority().Submit<uint64_t>(
          Urgency::kUrgent, [&](Transaction& tx) { return Revoke(tx, request); }, std::move(done));
    });
    acknowledged_.store(true);
    for (std::thread& client : clients) client.join();
    REQUIRE(number.ok());
  }

  // Holds what was seen against the ledger.
  void Check() {
    const Revocation& revocation = world_.state().revocations().front();
    std::map<LogIndex, LeaseNumber> allowed = AllowedUses();
    for (int client = 0; client < kClients; ++client) {
      CAPTURE(client);
      for (const Seen& seen : seen_[client]) {
        const bool covered = IsCovered(client);
        if (seen.acquire) {
          const bool refused = seen.reason == Reason::kHeld;
          REQUIRE((seen.reason == Reason::kNone || refused));
          if (seen.began_after) REQUIRE(refused == (covered && plan_.holds));
          continue;
        }
        if (seen.reason != Reason::kNone) {
          REQUIRE(seen.reason == Reason::kLeaseRevoked);
          REQUIRE(world_.state().RevocationOf(*Find(seen.lease)) == &revocation);
          continue;
        }
        // What the client was told is what the ledger says.
        REQUIRE(allowed.at(seen.entry) == seen.lease);
        if (revocation.Covers(*Find(seen.lease))) {
          REQUIRE(seen.entry < revocation.index);
          REQUIRE_FALSE(seen.began_after);
        }
      }
    }
    for (const auto& [index, lease] : allowed) {
      if (revocation.Covers(*Find(lease))) REQUIRE(index < revocation.index);
    }
    for (uint64_t n = 1; n <= world_.state().leases().count(); ++n) {
      const Lease& lease = *Find(LeaseNumber(n));
      // Leases that a hold forbids are not issued behind it.
      if (plan_.holds && lease.issue_index > revocation.index) {
        REQUIRE_FALSE(Selects(lease));
      }
      REQUIRE(revocation.Covers(lease) == (Selects(lease) && n <= revocation.through.value()));
    }
  }

 private:
  const Lease* Find(LeaseNumber number) const { return world_.state().leases().Find(number); }
  static bool IsBot(int client) { return client % 4 != 3; }
  static bool IsForAnn(int client) { return client % 2 == 0; }

  bool IsCovered(int client) const {
    return (!plan_.agent_bot || IsBot(client)) && (!plan_.of_user_only || IsForAnn(client));
  }
  bool Selects(const Lease& lease) const {
    const bool bot = lease.agent == world_.bot.agent;
    const bool ann = world_.state().texts().Get(lease.terms->user) == "ann";
    return (!plan_.agent_bot || bot) && (!plan_.of_user_only || ann);
  }

  AcquireRequest RequestOf(int client) {
    AcquireRequest request =
        world_.AcquireOf(IsBot(client) ? world_.bot : world_.crawler, "db/login");
    request.principal.user = IsForAnn(client) ? "ann" : "";
    return request;
  }

  void Hammer(int client) {
    std::mt19937 random(seed_ * kClients + static_cast<uint32_t>(client));
    const Principal& agent = IsBot(client) ? world_.bot : world_.crawler;
    std::vector<AcquireResult>& leases = leases_[client];
    for (int i = 0; i < operations_ / kClients; ++i) {
      Seen seen{.began_after = acknowledged_.load()};
      if (random() % 8 == 0) {
        seen.acquire = true;
        const auto lease = Wait<AcquireResult>([&](auto done) {
          world_.committer().Submit(
              world_.authority().AcquireOperation(RequestOf(client), std::move(done)));
        });
        seen.reason = ReasonOf(lease.status());
        if (lease.ok()) leases.push_back(*lease);
      } else {
        const AcquireResult& lease = leases[random() % leases.size()];
        seen.lease = lease.lease;
        const auto reply = Wait<UseReply>([&](auto done) {
          world_.authority().Authorize(world_.UseOf(agent, lease, "github"), std::move(done));
        });
        seen.reason = reply.ok() ? reply->reason : ReasonOf(reply.status());
        if (reply.ok() && reply->allowed) seen.entry = *reply->entry;
      }
      seen_[client].push_back(seen);
      absl::MutexLock lock(&mu_);
      ++done_;
    }
  }

  std::map<LogIndex, LeaseNumber> AllowedUses() {
    std::map<LogIndex, LeaseNumber> uses;
    auto view = world_.store().NewView().value();
    const absl::Status read = view->ReadEntries(
        0, view->Head()->size, [&](uint64_t index, std::string_view bytes) -> absl::Status {
          ASSIGN_OR_RETURN(const ledger::v1::Entry entry, DecodeEntry(AsBytes(bytes)));
          if (entry.has_use() && entry.use().verdict() == ledger::v1::VERDICT_ALLOWED) {
            uses[LogIndex(index)] = LeaseNumber(entry.use().lease());
          }
          return absl::OkStatus();
        });
    REQUIRE(read.ok());
    return uses;
  }

  const uint32_t seed_;
  const int operations_;
  const Plan& plan_;
  FurnishedWorld world_;
  std::vector<AcquireResult> leases_[kClients];
  std::vector<Seen> seen_[kClients];
  std::atomic<bool> acknowledged_ = false;
  absl::Mutex mu_;
  int done_ = 0;
  int wanted_ = 0;
};

void LiveThrough(uint32_t histories, int operations) {
  for (uint32_t seed = 0; seed < histories; ++seed) {
    CAPTURE(seed, Plans()[seed % Plans().size()].what);
    History history(seed, operations);
    history.Live();
    history.Check();
  }
}

}  // namespace

TEST_CASE("no use is allowed and no held lease issued after a revocation, whoever hammers") {
  LiveThrough(50, 160);
}

TEST_CASE("the same, 200 histories of 10,000 operations", "[.long]") { LiveThrough(200, 10'000); }

}  // namespace leasehold
