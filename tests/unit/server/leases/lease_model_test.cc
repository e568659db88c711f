// Random operations in random batches, with restarts, crashes, reboots and clock steps between
// them, against a model that is a vector and loops.

#include "tests/unit/server/leases/lease_model.h"

#include <catch2/catch.hpp>
#include <functional>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/active_leases.h"
#include "server/leases/state/request_ids.h"
#include "tests/support/lease_world.h"

namespace leasehold {
namespace {

// An operation as plain numbers, so that a list of them can be cut down: whatever stands before it,
// it means something.
struct Op {
  enum Kind {
    kAcquire,
    kUse,
    kDelegate,
    kRenew,
    kRelease,
    kRevoke,
    kResume,  // wait for the next commit
    kCommit,
    kAdvance,
    kStepBack,
    kStepAhead,
    kRecreateAgent,
    kNewToken,
    kRevokeToken,
    kRestart,
    kKill,
    kReboot,
    kRebootBehind,
  };
  Kind kind = kCommit;
  uint32_t a = 0;
  uint32_t b = 0;
  uint32_t c = 0;
  uint32_t d = 0;
};

const char* const kKindNames[] = {
    "Acquire",  "Use",         "Delegate", "Renew",    "Release",   "Revoke",
    "Resume",   "Commit",      "Advance",  "StepBack", "StepAhead", "RecreateAgent",
    "NewToken", "RevokeToken", "Restart",  "Kill",     "Reboot",    "RebootBehind"};

std::string Print(const std::vector<Op>& ops) {
  std::ostringstream out;
  for (const Op& op : ops) {
    out << "\n  {Op::k" << kKindNames[op.kind] << ", " << op.a << ", " << op.b << ", " << op.c
        << ", " << op.d << "},";
  }
  return out.str();
}

std::vector<Op> RandomOps(uint32_t seed, size_t count) {
  std::mt19937 random(seed);
  // How long batches are, mostly: a seed of small ones, one of large ones.
  const uint32_t rarity = std::vector<uint32_t>{8, 30, 80}[seed % 3];
  const std::vector<std::pair<Op::Kind, uint32_t>> weights = {
      {Op::kAcquire, 300}, {Op::kUse, 400},       {Op::kDelegate, 150}, {Op::kRenew, 100},
      {Op::kRelease, 40},  {Op::kRevoke, 25},     {Op::kResume, 25},    {Op::kCommit, 900 / rarity},
      {Op::kAdvance, 20},  {Op::kStepBack, 2},    {Op::kStepAhead, 2},  {Op::kRecreateAgent, 2},
      {Op::kNewToken, 4},  {Op::kRevokeToken, 2}, {Op::kRestart, 2},    {Op::kKill, 2},
      {Op::kReboot, 1},    {Op::kRebootBehind, 1}};
  uint32_t total = 0;
  for (const auto& weight : weights) total += weight.second;
  std::vector<Op> ops;
  while (ops.size() < count) {
    uint32_t pick = static_cast<uint32_t>(random()) % total;
    size_t i = 0;
    while (pick >= weights[i].second) pick -= weights[i++].second;
    const auto number = [&random] { return static_cast<uint32_t>(random() % 1'000'000); };
    ops.push_back({weights[i].first, number(), number(), number(), number()});
  }
  return ops;
}

constexpr char kPolicies[] = R"(
  policies { name: "all" subjects { agents: "**" } secrets: "**"
    lease { ttl { seconds: 3600 } max_ttl { seconds: 14400 } }
    allow { target: "github" access: ACCESS_READ }
    limits { by: BY_AGENT max: 30 per { seconds: 600 } }
    limits { by: BY_LEASE max: 5 per { seconds: 60 } } })";
static_assert(LeaseModel::kAgentUses == 30 && LeaseModel::kAgentWindow == 600'000 &&
              LeaseModel::kLeaseUses == 5 && LeaseModel::kLeaseWindow == 60'000);
constexpr uint32_t kAgents = 3;
constexpr uint32_t kSecrets = 3;
constexpr uint32_t kWorkflows = 3;

std::string AgentName(uint32_t n) { return StrCat("agent", n % kAgents); }
std::string SecretName(uint32_t n) { return StrCat("secret", n % kSecrets); }
std::string WorkflowName(uint32_t n) { return StrCat("work", n % kWorkflows); }

// The world and the model, side by side.
class Comparison {
 public:
  Comparison() : world_({.snapshot_entries = 200}) {
    world_.InOneBatch([this] {
      for (uint32_t i = 0; i < kSecrets; ++i) world_.CreateSecret(SecretName(i));
      world_.CreateTarget("github", {"**"});
      world_.Apply(kPolicies);
      for (uint32_t i = 0; i < kAgents; ++i) {
        agents_.push_back(world_.CreateAgent(AgentName(i)).value());
        model_.living_agents.insert(agents_.back());
        callers_.push_back(world_.IssueToken(AgentName(i), absl::Hours(10'000)));
      }
    });
  }

  // What went wrong, or "".
  std::string Run(const std::vector<Op>& ops) {
    for (size_t i = 0; i < ops.size() && wrong_.empty(); ++i) {
      Do(ops[i]);
      if (!wrong_.empty()) wrong_ = StrCat("operation ", i, ": ", wrong_);
    }
    if (wrong_.empty()) Commit();
    if (wrong_.empty()) CompareAll();
    return wrong_;
  }

 private:
  int64_t Now() { return world_.authority().Now().value(); }
  const Principal& CallerOf(uint32_t n) const {
    // Mostly the newest; old ones are revoked or of deleted agents.
    const size_t newest = std::min<size_t>(callers_.size(), 5);
    return n % 8 == 0 ? callers_[n / 8 % callers_.size()]
                      : callers_[callers_.size() - 1 - n / 8 % newest];
  }
  static LeaseModel::Caller Plain(const Principal& principal) {
    return {principal.agent.value(), principal.credential.value()};
  }
  // Mostly one that is there.
  AcquireResult LeaseOf(uint32_t n) const {
    const uint64_t count = model_.leases.size();
    const uint64_t recent = n % 2 == 0 && count > 20 ? count - n / 2 % 20 : n / 2 % (count + 2);
    return {LeaseNumber(recent), world_.state().epoch()};
  }

  // `judge` gives what the model wants, when the batch is judged.
  template <typename Result>
  void Expect(Op::Kind kind, bool urgent, Answer<Result> answer,
              std::function<Reason(const absl::StatusOr<Result>&)> judge) {
    pending_.push_back({urgent, [this, kind, answer, judge] {
                          const absl::StatusOr<Result>& got = answer.get();
                          const Reason want = judge(got);
                          const Reason reason = Told(got);
                          if (want != reason && wrong_.empty()) {
                            wrong_ = StrCat(kKindNames[kind], " was ", ReasonName(reason),
                                            " and should be ", ReasonName(want));
                          }
                        }});
  }
  template <typename Result>
  static Reason Told(const absl::StatusOr<Result>& got) {
    return ReasonOf(got.status());
  }
  static Reason Told(const absl::StatusOr<UseReply>& got) {
    return got.ok() ? got->reason : ReasonOf(got.status());
  }

  void Commit() {
    const int64_t now = Now();
    world_.Commit();
    judged_at_ = now;
    for (const bool urgent : {true, false}) {
      for (const Pending& pending : pending_) {
        if (pending.urgent == urgent) pending.compare();
      }
    }
    pending_.clear();
  }

  void Acquire(const Op& op) {
    AcquireRequest request = world_.AcquireOf(CallerOf(op.a), SecretName(op.b));
    request.workflow = MustName(WorkflowName(op.b / kSecrets));
    const int64_t ttl = op.c % 10 == 0 ? LeaseModel::kTtl + 1 : 1 + op.c * 3 % LeaseModel::kTtl;
    request.ttl = absl::Milliseconds(ttl);
    const std::string id = op.d % 4 == 0 ? StrCat("id", op.d / 4 % 10) : "";
    request.use_limit = op.d % 5 == 0 ? 1 + op.d / 5 % 6 : 0;
    request.request_hash =
        RequestHash(StrCat(request.principal.agent.value()), "AcquireLease", id, "same");
    Expect<AcquireResult>(op.kind, false, world_.Acquire(request),
                          [this, request, ttl, id](const absl::StatusOr<AcquireResult>& got) {
                            uint64_t number = 0;
                            const Reason want =
                                model_.Acquire(Plain(request.principal), request.secret.value(),
                                               request.workflow.value(), ttl, request.use_limit, id,
                                               judged_at_, &number);
                            if (got.ok() && got->lease.value() != number) wrong_ = "wrong lease";
                            return want;
                          });
  }

  void Delegate(const Op& op) {
    const uint32_t to = op.c % kAgents;
    DelegateRequest request = world_.DelegateOf(CallerOf(op.a), LeaseOf(op.b), AgentName(to));
    const int64_t ttl = op.d % 3 == 0 ? 0 : 1 + op.d * 3 % (2 * LeaseModel::kTtl);
    if (ttl > 0) request.ttl = absl::Milliseconds(ttl);
    request.use_limit = op.c % 2 == 0 ? 0 : 1 + op.c / kAgents % 8;
    // The agent of that name now; who is deleted meanwhile is so between batches.
    Expect<AcquireResult>(
        op.kind, false, world_.Delegate(request),
        [this, request, ttl, to = agents_[to]](const absl::StatusOr<AcquireResult>& got) {
          const Reason want = model_.Delegate(Plain(request.principal), request.lease.value(), to,
                                              ttl, request.use_limit, judged_at_);
          if (got.ok() && got->lease.value() != model_.leases.size()) {
            wrong_ = "wrong lease";
          }
          return want;
        });
  }

  void Renew(const Op& op) {
    RenewRequest request = world_.RenewOf(CallerOf(op.a), LeaseOf(op.b));
    const int64_t ttl = op.c % 20 == 0 ? LeaseModel::kTtl + 1 : 1 + op.c * 3 % LeaseModel::kTtl;
    request.ttl = absl::Milliseconds(ttl);
    Expect<AcquireResult>(op.kind, false, world_.Renew(request),
                          [this, request, ttl](const absl::StatusOr<AcquireResult>&) {
                            return model_.Renew(Plain(request.principal), request.lease.value(),
                                                ttl, judged_at_);
                          });
  }

  std::pair<SelectorNames, LeaseModel::Subject> SubjectOf(const Op& op) const {
    switch (op.a % 16) {
      case 0:
        return {EverySelector(), {"all"}};
      case 1:
      case 2:
      case 3:
        return {AgentSelector(AgentName(op.b)), {"agent", agents_[op.b % kAgents], ""}};
      case 4:
      case 5:
        return {SecretSelector(SecretName(op.b)), {"secret", 0, SecretName(op.b)}};
      case 6:
      case 7:
        return {WorkflowSelector(WorkflowName(op.b)), {"workflow", 0, WorkflowName(op.b)}};
      default: {
        const AcquireResult lease = LeaseOf(op.b);
        return {LeaseSelector(lease), {"lease", lease.lease.value(), ""}};
      }
    }
  }

  void Do(const Op& op) {
    switch (op.kind) {
      case Op::kAcquire:
        return Acquire(op);
      case Op::kDelegate:
        return Delegate(op);
      case Op::kRenew:
        return Renew(op);
      case Op::kUse: {
        const Principal& caller = CallerOf(op.a);
        const AcquireResult lease = LeaseOf(op.b);
        Expect<UseReply>(op.kind, false, world_.Use(world_.UseOf(caller, lease, "github")),
                         [this, by = Plain(caller), lease](const absl::StatusOr<UseReply>&) {
                           return model_.Use(by, lease.lease.value(), judged_at_);
                         });
        return;
      }
      case Op::kRelease: {
        const AcquireResult lease = LeaseOf(op.a);
        Expect<AcquireResult>(op.kind, true, world_.Release(lease),
                              [this, lease](const absl::StatusOr<AcquireResult>&) {
                                return model_.Release(lease.lease.value(), judged_at_);
                              });
        return;
      }
      case Op::kRevoke: {
        const auto [selector, subject] = SubjectOf(op);
        const bool leases_only = op.c % 2 == 0;
        Expect<uint64_t>(op.kind, true, world_.Revoke(selector, leases_only),
                         [this, subject = subject, leases_only](const absl::StatusOr<uint64_t>&) {
                           return model_.Revoke(subject, leases_only);
                         });
        return;
      }
      case Op::kResume: {
        const auto [selector, subject] = SubjectOf(op);
        Expect<LogIndex>(op.kind, true, world_.Resume(selector),
                         [this, subject = subject](const absl::StatusOr<LogIndex>&) {
                           return model_.Resume(subject);
                         });
        return;
      }
      default:
        Commit();
        return Between(op);
    }
  }

  // What happens between batches.
  void Between(const Op& op) {
    const int64_t before = Now();
    switch (op.kind) {
      case Op::kAdvance:
        world_.clock().Advance(absl::Milliseconds(op.a * (op.b % 10 == 0 ? 60 : 2)));
        break;
      case Op::kStepBack:
        world_.clock().StepWall(-absl::Milliseconds(op.a * 10));
        break;
      case Op::kStepAhead:
        world_.clock().StepWall(absl::Milliseconds(op.a));
        break;
      case Op::kRecreateAgent: {
        const uint32_t n = op.a % kAgents;
        model_.living_agents.erase(agents_[n]);
        world_.Delete(EntityKind::kAgent, AgentName(n));
        agents_[n] = world_.CreateAgent(AgentName(n)).value();
        model_.living_agents.insert(agents_[n]);
        callers_.push_back(world_.IssueToken(AgentName(n), absl::Hours(10'000)));
        break;
      }
      case Op::kNewToken:
        callers_.push_back(world_.IssueToken(AgentName(op.a), absl::Hours(10'000)));
        break;
      case Op::kRevokeToken: {
        const Principal& caller = CallerOf(op.a);
        if (model_.living_agents.contains(caller.agent.value())) {
          world_.RevokeToken(caller);
          model_.revoked_credentials.insert(caller.credential.value());
          callers_.push_back(world_.IssueToken(AgentName(op.b), absl::Hours(10'000)));
        }
        break;
      }
      case Op::kRestart:
      case Op::kKill:
      case Op::kReboot:
      case Op::kRebootBehind:
        Restart(op);
        break;
      default:
        break;
    }
    // Behind the mark nobody knows the time, and all leases went.
    if (wrong_.empty() && Now() < before && op.kind != Op::kRebootBehind) {
      wrong_ = "time ran back";
    }
  }

  void Restart(const Op& op) {
    const absl::Time before = world_.authority().Now().ToTime();
    if (op.kind == Op::kRestart) {
      world_.Stop();
    } else {
      world_.Kill();
    }
    if (op.kind == Op::kReboot || op.kind == Op::kRebootBehind) {
      world_.clock().Reboot(StrCat("boot-", ++boots_ + 1));
      // To before the newest mark, or to after whatever it may be.
      const absl::Time first = absl::FromUnixSeconds(1'800'000'000);
      const absl::Time wall = op.kind == Op::kReboot ? before + absl::Milliseconds(op.a) : first;
      world_.clock().StepWall(wall - world_.clock().Now().wall);
      if (op.kind == Op::kRebootBehind) model_.RevokeAll({"all"});
    }
    const absl::Status started = world_.Start();
    if (!started.ok()) {
      wrong_ = started.ToString();
      LEASEHOLD_CHECK(false, wrong_);
    }
  }

  // Every lease, whether it was asked for or not.
  void CompareAll() {
    const int64_t now = Now();
    uint64_t active = 0;
    for (uint64_t number = 1; number <= model_.leases.size(); ++number) {
      const Lease* lease = world_.state().leases().Find(LeaseNumber(number));
      if (lease == nullptr) {
        wrong_ = StrCat("lease ", number, " is lost");
        return;
      }
      const Reason got = world_.state().CheckLease(*lease, UnixMillis(now)).reason;
      const Reason want = model_.Check(number, now);
      active += want == Reason::kNone ? 1 : 0;
      if (got != want || lease->expire_time.value() != model_.leases[number - 1].expire ||
          lease->allowed_uses != model_.leases[number - 1].uses) {
        wrong_ =
            StrCat("lease ", number, " is ", ReasonName(got), " and should be ", ReasonName(want));
        return;
      }
    }
    if (world_.state().leases().count() != model_.leases.size() ||
        world_.state().holds().all().size() != model_.holds.size() ||
        CountActiveLeases(world_.authority().published(), UnixMillis(now)) != active) {
      wrong_ = "the numbers of leases or holds differ";
    }
  }

  struct Pending {
    bool urgent;
    std::function<void()> compare;
  };
  LeaseWorld world_;
  LeaseModel model_;
  std::vector<uint64_t> agents_;  // uids
  std::vector<Principal> callers_;
  std::vector<Pending> pending_;
  int64_t judged_at_ = 0;
  int boots_ = 0;
  std::string wrong_;
};

// Leaves pieces out, large ones first, as long as it still goes wrong.
std::vector<Op> Shrunk(std::vector<Op> ops) {
  int tries = 150;  // each makes a world; enough to come down to a few operations
  for (size_t piece = ops.size() / 2; piece > 0; piece /= 2) {
    for (size_t at = 0; at < ops.size() && tries > 0;) {
      std::vector<Op> fewer = ops;
      const size_t end = std::min(at + piece, ops.size());
      fewer.erase(fewer.begin() + static_cast<ptrdiff_t>(at),
                  fewer.begin() + static_cast<ptrdiff_t>(end));
      --tries;
      if (!Comparison().Run(fewer).empty()) {
        ops = std::move(fewer);
      } else {
        at += piece;
      }
    }
  }
  return ops;
}

}  // namespace

TEST_CASE("random operations agree with a model that is a vector and a loop") {
  constexpr uint32_t kSeeds = 30;
  constexpr size_t kOperations = 2'000;
  for (uint32_t seed = 1; seed <= kSeeds; ++seed) {
    const std::vector<Op> ops = RandomOps(seed, kOperations);
    const std::string wrong = Comparison().Run(ops);
    if (!wrong.empty()) {
      const std::vector<Op> shrunk = Shrunk(ops);
      FAIL("seed " << seed << ": " << wrong << "; shrunk to " << Comparison().Run(shrunk)
                   << Print(shrunk));
    }
  }
  SUCCEED("all seeds agree");
}

}  // namespace leasehold
