#ifndef LEASEHOLD_TESTS_UNIT_SERVER_LEASES_LEASE_MODEL_H_
#define LEASEHOLD_TESTS_UNIT_SERVER_LEASES_LEASE_MODEL_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/base/reason.h"

namespace leasehold {

// What leases should be, as a vector and loops: no watermarks, windows, tables or snapshot. Numbers
// are plain: milliseconds, uids, lease numbers from 1.
class LeaseModel {
 public:
  static constexpr int64_t kTtl = 3'600'000;
  static constexpr int64_t kMaxTtl = 4 * kTtl;
  static constexpr int64_t kRequestKept = 24 * 3'600'000;
  static constexpr size_t kDepthMax = 8;
  // At most so many uses in a window, of each agent and of each lease.
  static constexpr size_t kAgentUses = 30;
  static constexpr int64_t kAgentWindow = 600'000;
  static constexpr size_t kLeaseUses = 5;
  static constexpr int64_t kLeaseWindow = 60'000;

  struct Caller {
    uint64_t agent = 0;
    uint64_t credential = 0;
  };
  struct Lease {
    Caller by;
    std::string secret;
    std::string workflow;
    int64_t expire = 0;
    int64_t max = 0;
    uint64_t parent = 0;     // 0 = none
    uint64_t use_limit = 0;  // 0 = none
    uint64_t uses = 0;       // those of what was delegated from it included
    bool released = false;
    bool revoked = false;
  };
  // "all", "lease" with a number, "agent" with a uid, "secret" or "workflow" with a name.
  struct Subject {
    std::string kind;
    uint64_t id = 0;
    std::string name;
    auto operator<=>(const Subject&) const = default;
  };

  std::vector<Lease> leases;
  std::set<uint64_t> living_agents;
  std::set<uint64_t> revoked_credentials;
  std::set<Subject> holds;

  bool Covers(const Subject& subject, uint64_t number) const {
    const Lease& lease = leases[number - 1];
    return subject.kind == "all" || (subject.kind == "lease" && subject.id == number) ||
           (subject.kind == "agent" && subject.id == lease.by.agent) ||
           (subject.kind == "secret" && subject.name == lease.secret) ||
           (subject.kind == "workflow" && subject.name == lease.workflow);
  }

  // The lease and those above it, the nearest first.
  std::vector<uint64_t> Chain(uint64_t number) const {
    std::vector<uint64_t> chain;
    for (; number != 0; number = leases[number - 1].parent) chain.push_back(number);
    return chain;
  }

  Reason Check(uint64_t number, int64_t now) const {
    for (const uint64_t each : Chain(number)) {
      if (Reason reason = CheckAlone(leases[each - 1], now); reason != Reason::kNone) return reason;
    }
    return Reason::kNone;
  }

  Reason Use(const Caller& caller, uint64_t number, int64_t now) {
    if (number == 0 || number > leases.size()) return Reason::kLeaseUnknown;
    if (revoked_credentials.contains(caller.credential)) return Reason::kCredentialRevoked;
    if (leases[number - 1].by.agent != caller.agent) return Reason::kLeaseNotBound;
    if (Reason reason = Check(number, now); reason != Reason::kNone) return reason;
    const std::vector<uint64_t> chain = Chain(number);
    for (const uint64_t each : chain) {
      const Lease& lease = leases[each - 1];
      if (lease.use_limit != 0 && lease.uses >= lease.use_limit) return Reason::kLeaseUseLimit;
    }
    for (const uint64_t each : chain) {
      if (Lately(agent_uses_[leases[each - 1].by.agent], now - kAgentWindow) >= kAgentUses ||
          Lately(lease_uses_[each], now - kLeaseWindow) >= kLeaseUses) {
        return Reason::kRateLimited;
      }
    }
    for (const uint64_t each : chain) {
      ++leases[each - 1].uses;
      agent_uses_[leases[each - 1].by.agent].push_back(now);
      lease_uses_[each].push_back(now);
    }
    return Reason::kNone;
  }

  // `request` is empty where there is no request id. The lease's number is in `*number`.
  Reason Acquire(const Caller& caller, const std::string& secret, const std::string& workflow,
                 int64_t ttl, uint64_t use_limit, const std::string& request, int64_t now,
                 uint64_t* number) {
    if (Reason reason = CheckCaller(caller); reason != Reason::kNone) return reason;
    const auto key = std::make_pair(caller.agent, request);
    if (auto made = requests_.find(key);
        !request.empty() && made != requests_.end() && now - made->second.second < kRequestKept) {
      *number = made->second.first;
      return Reason::kNone;
    }
    if (Held(caller.agent, secret, workflow)) return Reason::kHeld;
    if (ttl > kTtl) return Reason::kInvalidArgument;
    leases.push_back({.by = caller,
                      .secret = secret,
                      .workflow = workflow,
                      .expire = now + ttl,
                      .max = now + kMaxTtl,
                      .use_limit = use_limit});
    *number = leases.size();
    if (!request.empty()) requests_[key] = {*number, now};
    return Reason::kNone;
  }

  // `ttl` 0: until the lease ends. A lease that was made is the newest.
  Reason Delegate(const Caller& caller, uint64_t number, uint64_t to, int64_t ttl,
                  uint64_t use_limit, int64_t now) {
    if (Reason reason = CheckCaller(caller); reason != Reason::kNone) return reason;
    if (number == 0 || number > leases.size() || leases[number - 1].by.agent != caller.agent) {
      return Reason::kLeaseNotBound;
    }
    if (Reason reason = Check(number, now); reason != Reason::kNone) return reason;
    const std::vector<uint64_t> chain = Chain(number);
    if (chain.size() > kDepthMax) return Reason::kDelegationForbidden;
    for (const uint64_t each : chain) {
      if (leases[each - 1].by.agent == to) return Reason::kDelegationForbidden;
    }
    const Lease parent = leases[number - 1];
    if (HeldAbove(number) || Held(to, parent.secret, parent.workflow)) return Reason::kHeld;
    for (const uint64_t each : chain) {
      const uint64_t limit = leases[each - 1].use_limit;
      if (limit != 0 && use_limit > limit) return Reason::kDelegationForbidden;
    }
    if (ttl > parent.expire - now) return Reason::kDelegationForbidden;
    if (ttl > kTtl) return Reason::kInvalidArgument;
    leases.push_back({.by = {.agent = to},
                      .secret = parent.secret,
                      .workflow = parent.workflow,
                      .expire = ttl == 0 ? std::min(parent.expire, now + kTtl) : now + ttl,
                      .max = std::min(parent.max, now + kMaxTtl),
                      .parent = number,
                      .use_limit = use_limit});
    return Reason::kNone;
  }

  Reason Renew(const Caller& caller, uint64_t number, int64_t ttl, int64_t now) {
    if (Reason reason = CheckCaller(caller); reason != Reason::kNone) return reason;
    if (number == 0 || number > leases.size() || leases[number - 1].by.agent != caller.agent) {
      return Reason::kLeaseNotBound;
    }
    Lease& lease = leases[number - 1];
    if (Reason reason = Check(number, now); reason != Reason::kNone) return reason;
    if (HeldAbove(number)) return Reason::kHeld;
    if (ttl > kTtl) return Reason::kInvalidArgument;
    const int64_t max =
        lease.parent == 0 ? lease.max : std::min(lease.max, leases[lease.parent - 1].expire);
    if (lease.expire >= max) return Reason::kLeaseMaxTtl;
    lease.expire = std::max(lease.expire, std::min(now + ttl, max));
    return Reason::kNone;
  }

  // A lease that is over stays what it was.
  Reason Release(uint64_t number, int64_t now) {
    if (number == 0 || number > leases.size()) return Reason::kNotFound;
    if (Check(number, now) == Reason::kNone) leases[number - 1].released = true;
    return Reason::kNone;
  }

  Reason Revoke(const Subject& subject, bool leases_only) {
    if (!Exists(subject)) return Reason::kNotFound;
    RevokeAll(subject);
    if (!leases_only && subject.kind != "all" && subject.kind != "lease") holds.insert(subject);
    return Reason::kNone;
  }
  void RevokeAll(const Subject& subject) {
    for (uint64_t number = 1; number <= leases.size(); ++number) {
      if (Covers(subject, number)) leases[number - 1].revoked = true;
    }
  }

  Reason Resume(const Subject& subject) {
    return Exists(subject) && holds.erase(subject) > 0 ? Reason::kNone : Reason::kNotFound;
  }

 private:
  Reason CheckAlone(const Lease& lease, int64_t now) const {
    if (lease.revoked) return Reason::kLeaseRevoked;
    if (lease.released) return Reason::kLeaseReleased;
    if (now >= lease.expire) return Reason::kLeaseExpired;
    if (revoked_credentials.contains(lease.by.credential)) return Reason::kCredentialRevoked;
    return living_agents.contains(lease.by.agent) ? Reason::kNone : Reason::kLeaseRevoked;
  }
  // The lease, or one above it.
  bool HeldAbove(uint64_t number) const {
    for (const uint64_t each : Chain(number)) {
      const Lease& lease = leases[each - 1];
      if (Held(lease.by.agent, lease.secret, lease.workflow)) return true;
    }
    return false;
  }
  static size_t Lately(const std::vector<int64_t>& times, int64_t from) {
    return static_cast<size_t>(
        std::count_if(times.begin(), times.end(), [from](int64_t time) { return time >= from; }));
  }
  Reason CheckCaller(const Caller& caller) const {
    if (revoked_credentials.contains(caller.credential)) return Reason::kCredentialRevoked;
    return living_agents.contains(caller.agent) ? Reason::kNone : Reason::kUnauthenticated;
  }
  bool Held(uint64_t agent, const std::string& secret, const std::string& workflow) const {
    return holds.contains({"agent", agent, ""}) || holds.contains({"secret", 0, secret}) ||
           holds.contains({"workflow", 0, workflow});
  }
  // A workflow exists once a lease was taken in it.
  bool Exists(const Subject& subject) const {
    if (subject.kind == "lease") return subject.id >= 1 && subject.id <= leases.size();
    if (subject.kind == "agent") return living_agents.contains(subject.id);
    return subject.kind != "workflow" ||
           std::any_of(leases.begin(), leases.end(),
                       [&](const Lease& lease) { return lease.workflow == subject.name; });
  }

  std::map<uint64_t, std::vector<int64_t>> agent_uses_;
  std::map<uint64_t, std::vector<int64_t>> lease_uses_;
  // By agent and request id: the lease's number and when it was made.
  std::map<std::pair<uint64_t, std::string>, std::pair<uint64_t, int64_t>> requests_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_SERVER_LEASES_LEASE_MODEL_H_
