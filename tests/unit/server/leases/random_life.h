#ifndef LEASEHOLD_TESTS_UNIT_SERVER_LEASES_RANDOM_LIFE_H_
#define LEASEHOLD_TESTS_UNIT_SERVER_LEASES_RANDOM_LIFE_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "server/base/str_cat.h"
#include "server/leases/operations/policies.h"
#include "server/leases/state/request_ids.h"
#include "tests/unit/server/leases/furnished_world.h"

namespace leasehold {

// Hands operations of every kind to a furnished world, at random, in batches of random size. What
// they are answered is not looked at: whether the state stays one is.
class RandomLife {
 public:
  // Beside the furnished set, from the first policy that is applied on.
  static constexpr char kLimits[] = R"(
    policies { name: "paced" subjects { agents: "**" } secrets: "db/**"
      limits { by: BY_AGENT max: 70 per { seconds: 900 } }
      limits { by: BY_LEASE max: 3 per { seconds: 60 } } })";

  RandomLife(FurnishedWorld& world, uint32_t seed) : world_(world), random_(seed), seed_(seed) {
    agents_ = {world.bot, world.crawler};
  }

  void Live(int steps) {
    for (int i = 0; i < steps; ++i) {
      Step();
      if (Below(6) == 0) world_.Commit();
    }
    world_.Commit();
  }

 private:
  uint32_t Below(uint32_t end) { return static_cast<uint32_t>(random_()) % end; }
  const Principal& Agent() { return agents_[Below(static_cast<uint32_t>(agents_.size()))]; }
  AcquireResult SomeLease() {
    const uint64_t count = world_.state().leases().count();
    return {LeaseNumber(1 + Below(static_cast<uint32_t>(count + 2))), world_.state().epoch()};
  }
  std::string SecretName() {
    static const char* const kNames[] = {"db/login", "db/prod", "mail/key", "api/key", "db/a"};
    return kNames[Below(5)];
  }
  SelectorNames SomeSelector() {
    switch (Below(12)) {
      case 8:
        return GroupSelector("mailers");
      case 9:
        return UserSelector("user" + std::to_string(Below(3)));
      case 10:
        return {.agent = "bot", .secret = SecretName()};
      case 11:
        return {.agent = "crawler", .run = "run-" + std::to_string(Below(5))};
      case 0:
        return EverySelector();
      case 1:
        return AgentSelector("bot");
      case 2:
        return SecretSelector(SecretName());
      case 3:
        return WorkflowSelector("w" + std::to_string(Below(3)));
      default:
        return LeaseSelector(SomeLease());
    }
  }

  void Step() {
    switch (Below(17)) {
      case 0:
        return Administer();
      case 1:
        world_.Revoke(SomeSelector(), Below(2) == 0);
        return;
      case 2:
        world_.Resume(SomeSelector());
        return;
      case 3:
        world_.Release(SomeLease());
        return;
      case 4:
        world_.Renew(world_.RenewOf(Agent(), SomeLease()));
        return;
      case 5:
        world_.Reveal(Agent(), SomeLease());
        return;
      case 6:
        world_.clock().Advance(absl::Milliseconds(Below(600'000)));
        return;
      case 7:
      case 8:
      case 9:
        return Acquire();
      case 10:
        return Delegate();
      default: {
        UseRequest use = world_.UseOf(Agent(), SomeLease(), Below(4) == 0 ? "mailer" : "github");
        if (Below(5) == 0) use.method = "POST";
        world_.Use(std::move(use));
      }
    }
  }

  void Acquire() {
    AcquireRequest request = world_.AcquireOf(Agent(), SecretName());
    request.workflow = MustName("w" + std::to_string(Below(3)));
    if (Below(3) == 0) request.run = "run-" + std::to_string(Below(5));
    if (Below(3) == 0) request.principal.user = "user" + std::to_string(Below(3));
    if (Below(4) == 0) request.principal.claimed_groups = {"mailers", "no-such-group"};
    if (Below(3) == 0) request.delivery = Delivery::kRevealed;
    if (Below(3) == 0) request.version = VersionNumber(1 + Below(3));
    if (Below(2) == 0) request.ttl = absl::Milliseconds(1 + Below(600'000));
    if (Below(2) == 0) {
      const std::string id = std::to_string(Below(20));
      request.request_hash = RequestHash(request.principal.name, "AcquireLease", id, "same");
    }
    world_.Acquire(std::move(request));
  }

  void Delegate() {
    const std::string to =
        Below(3) == 0 || extra_agents_.empty() ? "crawler" : extra_agents_.back();
    DelegateRequest request = world_.DelegateOf(Agent(), SomeLease(), to);
    if (Below(2) == 0) request.ttl = absl::Milliseconds(1 + Below(600'000));
    if (Below(3) == 0) request.use_limit = 1 + Below(5);
    if (Below(3) == 0) request.targets = {"github"};
    request.reads_only = Below(3) == 0;
    world_.Delegate(std::move(request));
  }

  // What operators do; each a batch of its own.
  void Administer() {
    // A world may live twice.
    const std::string fresh = StrCat("x", seed_, "-", ++made_);
    switch (Below(11)) {
      case 0:
        world_.CreateAgent(
            fresh, Below(2) == 0 ? UnixMillis() : world_.authority().Now() + absl::Minutes(5));
        agents_.push_back(world_.IssueToken(fresh));
        extra_agents_.push_back(fresh);
        return;
      case 1:
        world_.CreateGroup(fresh, extra_agents_, {"user" + std::to_string(Below(3))});
        groups_.push_back(fresh);
        return;
      case 2:
        if (!extra_agents_.empty()) {
          world_.Delete(EntityKind::kAgent, extra_agents_.back());
          extra_agents_.pop_back();
        }
        return;
      case 3:
        if (!groups_.empty()) {
          world_.Delete(EntityKind::kGroup, groups_.back());
          groups_.pop_back();
        }
        return;
      case 4:
        if (world_.state().entities().FindByName(EntityKind::kSecret, "db/a") == nullptr) {
          world_.CreateSecret("db/a");
        } else {
          world_.Delete(EntityKind::kSecret, "db/a");
        }
        return;
      case 5:
        world_.AddVersion("db/login", world_.authority().Now() + absl::Minutes(Below(60) + 1));
        return;
      case 6:
        world_.SetVersion("db/prod", 1,
                          Below(2) == 0 ? VersionState::kDisabled : VersionState::kEnabled);
        return;
      case 7:
        world_.Apply(StrCat(kFurnishedPolicies, "policies { name: \"", fresh,
                            "\" subjects { agents: \"x*\" } secrets: \"db/a\" }", kLimits));
        return;
      case 8:
        world_.CreateTarget(fresh, {"db/**"});
        return;
      case 9:
        agents_[1] = world_.IssueToken("crawler");
        if (Below(2) == 0) world_.RevokeToken(agents_[1]);
        return;
      default:
        world_
            .Await(world_.Submit<LogIndex>(Urgency::kNormal,
                                           [](Transaction& tx) {
                                             return NoteBackup(
                                                 tx, {.principal = LeaseWorld::Operator()});
                                           }))
            .IgnoreError();
    }
  }

  FurnishedWorld& world_;
  std::mt19937 random_;
  const uint32_t seed_;
  std::vector<Principal> agents_;
  std::vector<std::string> extra_agents_;
  std::vector<std::string> groups_;
  int made_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_SERVER_LEASES_RANDOM_LIFE_H_
