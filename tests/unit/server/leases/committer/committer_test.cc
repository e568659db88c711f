#include "server/leases/committer/committer.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "server/base/status.h"
#include "tests/unit/server/leases/furnished_world.h"

namespace leasehold {
namespace {

// Notes that it was judged and how it ended.
class Probe final : public Operation {
 public:
  struct Seen {
    std::vector<int> judged;
    std::vector<Reason> finished;
  };
  Probe(Seen& seen, int id, bool urgent = false) : seen_(seen), id_(id), urgent_(urgent) {}
  void Judge(Transaction&) override { seen_.judged.push_back(id_); }
  void Finish(const absl::Status& commit) override { seen_.finished.push_back(ReasonOf(commit)); }
  bool Urgent() const override { return urgent_; }

 private:
  Seen& seen_;
  const int id_;
  const bool urgent_;
};

template <typename Result>
size_t CountOk(const std::vector<Answer<Result>>& answers) {
  size_t ok = 0;
  for (const Answer<Result>& answer : answers) {
    ok += answer.get().ok() ? 1 : 0;
  }
  return ok;
}

std::vector<Answer<UseReply>> Uses(FurnishedWorld& world, const AcquireResult& lease, int count) {
  std::vector<Answer<UseReply>> answers;
  for (int i = 0; i < count; ++i) {
    answers.push_back(world.Use(world.UseOf(world.bot, lease, "github")));
  }
  return answers;
}

Reason ReasonIn(const Answer<UseReply>& answer) {
  return answer.get().ok() ? answer.get()->reason : ReasonOf(answer.get().status());
}

}  // namespace

TEST_CASE("in one batch every use is denied that shares it with a revocation") {
  for (const bool by_lease : {true, false}) {
    FurnishedWorld world;
    const AcquireResult lease = world.Lease(world.bot, "db/login");
    std::vector<Answer<UseReply>> uses = Uses(world, lease, 100);
    const Answer<uint64_t> revoked =
        world.Revoke(by_lease ? LeaseSelector(lease) : AgentSelector("bot"));
    for (const Answer<UseReply>& use : Uses(world, lease, 100)) {
      uses.push_back(use);
    }
    REQUIRE(world.committer().Commit());
    REQUIRE(!world.committer().Commit());

    REQUIRE(revoked.get().ok());
    for (const Answer<UseReply>& use : uses) {
      REQUIRE(ReasonIn(use) == Reason::kLeaseRevoked);
      REQUIRE(!use.get()->credential.has_value());
    }
    CHECK(world.Find(lease).allowed_uses == 0);
  }
}

TEST_CASE("a release in the middle of a batch parts the uses of its lease") {
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  const std::vector<Answer<UseReply>> before = Uses(world, lease, 50);
  // Not urgent here, so that it keeps its place.
  const Answer<AcquireResult> released = world.Submit<AcquireResult>(
      Urgency::kNormal,
      [&](Transaction& tx) { return Release(tx, {.lease = lease.lease, .epoch = lease.epoch}); });
  const std::vector<Answer<UseReply>> after = Uses(world, lease, 50);
  REQUIRE(world.committer().Commit());

  REQUIRE(released.get().ok());
  for (const Answer<UseReply>& use : before) REQUIRE(ReasonIn(use) == Reason::kNone);
  for (const Answer<UseReply>& use : after) REQUIRE(ReasonIn(use) == Reason::kLeaseReleased);
  CHECK(world.Find(lease).allowed_uses == 50);
}

TEST_CASE("of a hundred requests with one request id in a batch one makes the lease") {
  FurnishedWorld world;
  std::vector<Answer<AcquireResult>> answers;
  for (int i = 0; i < 100; ++i) {
    AcquireRequest request = world.AcquireOf(world.bot, "db/login");
    request.request_hash = RequestHash(world.bot.name, "AcquireLease", "once", "body");
    answers.push_back(world.Acquire(std::move(request)));
  }
  REQUIRE(world.committer().Commit());
  for (const Answer<AcquireResult>& answer : answers) {
    REQUIRE(answer.get().ok());
    REQUIRE(answer.get()->lease == LeaseNumber(1));
  }
  CHECK(world.state().leases().count() == 1);
}

TEST_CASE("in one batch nothing is leased behind a hold") {
  FurnishedWorld world;
  world.Lease(world.bot, "db/login");  // so that the workflow is known
  for (const SelectorNames& selector :
       {AgentSelector("bot"), SecretSelector("db/login"), WorkflowSelector("default")}) {
    std::vector<Answer<AcquireResult>> acquires;
    for (int i = 0; i < 50; ++i) {
      acquires.push_back(world.Acquire(world.AcquireOf(world.bot, "db/login")));
    }
    const Answer<uint64_t> revoked = world.Revoke(selector);
    for (int i = 0; i < 50; ++i) {
      acquires.push_back(world.Acquire(world.AcquireOf(world.bot, "db/login")));
    }
    REQUIRE(world.committer().Commit());
    REQUIRE(revoked.get().ok());
    for (const Answer<AcquireResult>& acquire : acquires) {
      REQUIRE(ReasonOf(acquire.get().status()) == Reason::kHeld);
    }
    REQUIRE(world.Await(world.Resume(selector)).ok());
    CHECK(world.TryAcquire(world.bot, "db/login") == Reason::kNone);
  }
}

TEST_CASE("urgent operations overtake the others, and each kind keeps its order") {
  FurnishedWorld world;
  Probe::Seen seen;
  for (int i = 0; i < 8; ++i) {
    world.committer().Submit(std::make_unique<Probe>(seen, i, /*urgent=*/i % 2 == 1));
  }
  // What the owner received itself is ordered in too.
  std::vector<std::unique_ptr<Operation>> direct;
  direct.push_back(std::make_unique<Probe>(seen, 100));
  direct.push_back(std::make_unique<Probe>(seen, 101, /*urgent=*/true));
  REQUIRE(world.committer().Commit(std::move(direct)));
  CHECK(seen.judged == std::vector<int>{1, 3, 5, 7, 101, 100, 0, 2, 4, 6});
  CHECK(seen.finished == std::vector<Reason>(10, Reason::kNone));
}

TEST_CASE("a full queue refuses at once, but not what is urgent") {
  FurnishedWorld world;
  int wakes = 0;
  world.committer().SetWaker([&wakes] { ++wakes; });
  Probe::Seen seen;
  for (size_t i = 0; i < Committer::kQueueOperationsMax; ++i) {
    world.committer().Submit(std::make_unique<Probe>(seen, static_cast<int>(i)));
  }
  CHECK(wakes == 1);
  REQUIRE(seen.finished.empty());
  world.committer().Submit(std::make_unique<Probe>(seen, -1));
  REQUIRE(seen.finished == std::vector<Reason>{Reason::kOverloaded});
  world.committer().Submit(std::make_unique<Probe>(seen, -2, /*urgent=*/true));
  REQUIRE(seen.finished.size() == 1);

  REQUIRE(world.committer().Commit());
  CHECK(seen.judged.size() == Committer::kBatchDecisionsMax);
  CHECK(seen.judged.front() == -2);
  // The owner is told that there is more: nobody else will.
  CHECK(wakes == 2);
  CHECK(world.committer().queue_length() > 0);
  world.Commit();
  CHECK(seen.judged.size() == Committer::kQueueOperationsMax + 1);
  CHECK(world.committer().queue_length() == 0);
}

TEST_CASE("closing answers what was handed in and refuses what comes after") {
  FurnishedWorld world;
  std::vector<Answer<AcquireResult>> acquires;
  // More than a batch, by several agents so that no quota is in the way.
  for (int i = 0; i < 800; ++i) {
    acquires.push_back(world.Acquire(world.AcquireOf(world.bot, "db/login")));
    acquires.push_back(world.Acquire(world.AcquireOf(world.crawler, "db/login")));
  }
  world.committer().Close();
  REQUIRE(CountOk(acquires) == 1600);
  const Answer<UseReply> late = world.Use(world.UseOf(world.bot, acquires[0].get().value(), "x"));
  CHECK(ReasonOf(late.get().status()) == Reason::kShuttingDown);
  const Answer<uint64_t> revoke = world.Revoke(EverySelector());
  CHECK(ReasonOf(revoke.get().status()) == Reason::kShuttingDown);

  world.Kill();
  REQUIRE(world.Start().ok());
  CHECK(world.state().leases().count() == 1600);
  CHECK(world.state().revocations().empty());
}

TEST_CASE("on a full disk only what ends leases is admitted") {
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  const AcquireResult other = world.Lease(world.bot, "db/login");
  world.store().SetLow(true);
  const uint64_t before = world.entries();

  CHECK(world.TryAcquire(world.bot, "db/login") == Reason::kLedgerFull);
  CHECK(world.TryUse(world.bot, lease) == Reason::kLedgerFull);
  CHECK(ReasonOf(world.Await(world.Renew(world.RenewOf(world.bot, lease))).status()) ==
        Reason::kLedgerFull);
  Probe::Seen seen;
  world.committer().Submit(std::make_unique<Probe>(seen, 1));
  world.Commit();
  CHECK(seen.judged.empty());
  CHECK(world.entries() == before);

  // Also in one batch with others.
  const Answer<UseReply> use = world.Use(world.UseOf(world.bot, lease, "github"));
  const Answer<AcquireResult> released = world.Release(other);
  const Answer<uint64_t> revoked = world.Revoke(AgentSelector("bot"));
  REQUIRE(world.committer().Commit());
  CHECK(released.get().ok());
  CHECK(revoked.get().ok());
  CHECK(ReasonOf(use.get().status()) == Reason::kLedgerFull);

  world.store().SetLow(false);
  CHECK(world.TryUse(world.bot, lease) == Reason::kLeaseRevoked);
  CHECK(world.TryUse(world.crawler, world.Lease(world.crawler, "db/login")) == Reason::kNone);
}

TEST_CASE("an agent's release waits its turn, an operator's does not, and no disk is too full") {
  FurnishedWorld world;
  const AcquireResult own = world.Lease(world.bot, "db/login");
  const AcquireResult other = world.Lease(world.bot, "db/login");
  auto release = [&](const Principal& who, const AcquireResult& lease) {
    Answer<AcquireResult> answer;
    world.authority().SubmitRelease(who, {.lease = lease.lease, .epoch = lease.epoch},
                                    answer.Taker());
    return answer;
  };
  const Answer<UseReply> use_own = world.Use(world.UseOf(world.bot, own, "github"));
  const Answer<UseReply> use_other = world.Use(world.UseOf(world.bot, other, "github"));
  const Answer<AcquireResult> by_agent = release(world.bot, own);
  const Answer<AcquireResult> by_operator = release(LeaseWorld::Operator(), other);
  REQUIRE(world.committer().Commit());
  CHECK(by_agent.get().ok());
  CHECK(by_operator.get().ok());
  CHECK(ReasonIn(use_own) == Reason::kNone);
  CHECK(ReasonIn(use_other) == Reason::kLeaseReleased);

  const AcquireResult third = world.Lease(world.bot, "db/login");
  world.store().SetLow(true);
  CHECK(world.Await(release(world.bot, third)).ok());
  world.store().SetLow(false);
  CHECK(world.TryUse(world.bot, third) == Reason::kLeaseReleased);
}

TEST_CASE("a batch of many decisions counts as many") {
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  const std::vector<UseRequest> hundred(100, world.UseOf(world.bot, lease, "github"));
  int answered = 0;
  for (int i = 0; i < 20; ++i) {
    world.committer().Submit(world.authority().UsesOperation(hundred, [&](auto replies) {
      CHECK(replies.size() == 100);
      ++answered;
    }));
  }
  REQUIRE(world.committer().Commit());
  // The operation that reaches the limit is still in it.
  CHECK(answered == (Committer::kBatchDecisionsMax + 99) / 100);
  world.Commit();
  CHECK(answered == 20);
  CHECK(world.Find(lease).allowed_uses == 2000);
}

TEST_CASE("a disk that fills up under a batch takes what was judged, and nothing more") {
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  world.store().FillUp();
  CHECK(world.TryUse(world.bot, lease) == Reason::kNone);
  CHECK(world.TryUse(world.bot, lease) == Reason::kLedgerFull);
  world.Restart();
  CHECK(world.Find(lease).allowed_uses == 1);
}

TEST_CASE("a closed server with a full disk starts again with everything") {
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  world.store().SetLow(true);
  REQUIRE(world.Await(world.Revoke(AgentSelector("bot"))).ok());
  world.Restart();
  CHECK(world.TryUse(world.bot, lease) == Reason::kLeaseRevoked);
  CHECK(world.TryAcquire(world.bot, "db/login") == Reason::kHeld);
}

TEST_CASE("a failed append stops the process before anybody is answered") {
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  for (const Reason reason : {Reason::kIo, Reason::kStoreDamaged, Reason::kLedgerFull}) {
    int out[2];
    REQUIRE(pipe(out) == 0);
    // Handed in before the fork: the child has no keys, the vault's memory stays with its process.
    bool in_child = false;
    world.authority().Authorize(world.UseOf(world.bot, lease, "github"),
                                [&in_child](absl::StatusOr<UseReply>) {
                                  if (in_child) _exit(42);
                                });
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      in_child = true;
      dup2(out[1], STDERR_FILENO);
      world.store().FailAppends(Error(reason, "the disk said no"));
      world.committer().Commit();
      _exit(43);
    }
    close(out[1]);
    std::string said;
    char buffer[512];
    for (ssize_t n; (n = read(out[0], buffer, sizeof buffer)) > 0;) {
      said.append(buffer, static_cast<size_t>(n));
    }
    close(out[0]);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CAPTURE(said);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 1);
    CHECK(said.find("the disk said no") != std::string::npos);
    world.Commit();
  }
}

TEST_CASE("answers come after the entry is durable and readers see it") {
  uint64_t told = 0;
  FurnishedWorld world({.on_entry = [&told](LogIndex index, const ledger::v1::Entry&) {
    told = index.value() + 1;
  }});
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  bool answered = false;
  world.authority().Authorize(world.UseOf(world.bot, lease, "github"),
                              [&](absl::StatusOr<UseReply> reply) {
                                answered = true;
                                REQUIRE(reply.ok());
                                CHECK(reply->allowed);
                                CHECK(world.entries() == reply->entry->value() + 1);
                                CHECK(told == world.entries());
                                // A view of the store has it too.
                                auto view = world.store().NewView();
                                REQUIRE(view.ok());
                                CHECK((*view)->Head()->size == world.entries());
                              });
  world.Commit();
  CHECK(answered);
}

TEST_CASE("an operation that decides nothing writes nothing") {
  FurnishedWorld world;
  const uint64_t appends = world.store().appends();
  Probe::Seen seen;
  world.committer().Submit(std::make_unique<Probe>(seen, 1));
  world.Commit();
  CHECK(seen.finished == std::vector<Reason>{Reason::kNone});
  CHECK(world.store().appends() == appends);
  CHECK(!world.committer().Commit());
}

}  // namespace leasehold
