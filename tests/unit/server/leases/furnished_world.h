#ifndef LEASEHOLD_TESTS_UNIT_SERVER_LEASES_FURNISHED_WORLD_H_
#define LEASEHOLD_TESTS_UNIT_SERVER_LEASES_FURNISHED_WORLD_H_

#include <string>
#include <utility>

#include "tests/support/lease_world.h"

namespace leasehold {

// db/** is leased to every agent for reads at github, mail/** to the group mailers for anything at
// mailer, api/** is revealed to bot, crawler is kept from db/prod, and root/key is nobody's.
inline constexpr char kFurnishedPolicies[] = R"(
  policies { name: "db-reads" subjects { agents: "**" } secrets: "db/**"
    lease { ttl { seconds: 3600 } max_ttl { seconds: 14400 } }
    allow { target: "github" access: ACCESS_READ } }
  policies { name: "mail" subjects { groups: "mailers" } secrets: "mail/**"
    lease { ttl { seconds: 600 } } allow { target: "mailer" } }
  policies { name: "revealed" subjects { agents: "bot" } secrets: "api/**"
    lease { ttl { seconds: 3600 } delivery: DELIVERY_REVEALED }
    allow { target: "mailer" access: ACCESS_READ } }
  policies { name: "no-prod" effect: EFFECT_DENY subjects { agents: "crawler" }
    secrets: "db/prod" })";

class FurnishedWorld : public LeaseWorld {
 public:
  explicit FurnishedWorld(Options options = {}) : LeaseWorld(std::move(options)) {
    InOneBatch([this] { Furnish(); });
  }

  // The lease, or the end of the process.
  AcquireResult Lease(const Principal& agent, std::string_view secret,
                      Delivery delivery = Delivery::kBrokered) {
    AcquireRequest request = AcquireOf(agent, secret);
    request.delivery = delivery;
    const absl::StatusOr<AcquireResult> lease = Await(Acquire(std::move(request)));
    LEASEHOLD_CHECK(lease.ok(), lease.status().ToString());
    return *lease;
  }
  // kNone where a read at github is allowed.
  Reason TryUse(const Principal& agent, const AcquireResult& lease,
                std::string_view target = "github") {
    const absl::StatusOr<UseReply> reply = Await(Use(UseOf(agent, lease, target)));
    return reply.ok() ? reply->reason : ReasonOf(reply.status());
  }
  Reason TryAcquire(const Principal& agent, std::string_view secret) {
    return ReasonOf(Await(Acquire(AcquireOf(agent, secret))).status());
  }

  Principal bot;
  Principal crawler;

 private:
  void Furnish() {
    for (const char* secret : {"db/login", "db/prod", "mail/key", "api/key", "root/key"}) {
      CreateSecret(secret);
    }
    CreateTarget("github", {"db/**"});
    CreateTarget("mailer", {"mail/**", "api/**"});
    CreateAgent("bot");
    CreateAgent("crawler");
    CreateGroup("mailers", {"bot"});
    Apply(kFurnishedPolicies);
    bot = IssueToken("bot");
    crawler = IssueToken("crawler");
  }
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_SERVER_LEASES_FURNISHED_WORLD_H_
