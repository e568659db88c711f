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

// What leases should be, as a vector and loops: no watermarks, no tables, no snapshot. Numbers are
// plain: milliseconds, uids, lease numbers from 1.
class LeaseModel {
 public:
  static constexpr int64_t kTtl = 3'600'000;
  static constexpr int64_t kMaxTtl = 4 * kTtl;
  static constexpr int64_t kRequestKept = 24 * 3'600'000;

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

  Reason Check(uint64_t number, int64_t now) const {
    const Lease& lease = leases[number - 1];
    if (lease.revoked) return Reason::kLeaseRevoked;
    if (lease.released) return Reason::kLeaseReleased;
    if (now >= lease.expire) return Reason::kLeaseExpired;
    if (revoked_credentials.contains(lease.by.credential)) return Reason::kCredentialRevoked;
    if (!living_agents.contains(lease.by.agent)) return Reason::kLeaseRevoked;
    return Reason::kNone;
  }

  Reason Use(const Caller& caller, uint64_t number, int64_t now) const {
    if (number == 0 || number > leases.size()) return Reason::kLeaseUnknown;
    if (revoked_credentials.contains(caller.credential)) return Reason::kCredentialRevoked;
    if (leases[number - 1].by.agent != caller.agent) return Reason::kLeaseNotBound;
    return Check(number, now);
  }

  // `request` is empty where there is no request id. The lease's number is in `*number`.
  Reason Acquire(const Caller& caller, const std::string& secret, const std::string& workflow,
                 int64_t ttl, const std::string& request, int64_t now, uint64_t* number) {
    if (Reason reason = CheckCaller(caller); reason != Reason::kNone) return reason;
    const auto key = std::make_pair(caller.agent, request);
    if (auto made = requests_.find(key);
        !request.empty() && made != requests_.end() && now - made->second.second < kRequestKept) {
      *number = made->second.first;
      return Reason::kNone;
    }
    if (Held(caller.agent, secret, workflow)) return Reason::kHeld;
    if (ttl > kTtl) return Reason::kInvalidArgument;
    leases.push_back({caller, secret, workflow, now + ttl, now + kMaxTtl});
    *number = leases.size();
    if (!request.empty()) requests_[key] = {*number, now};
    return Reason::kNone;
  }

  Reason Renew(const Caller& caller, uint64_t number, int64_t ttl, int64_t now) {
    if (Reason reason = CheckCaller(caller); reason != Reason::kNone) return reason;
    if (number == 0 || number > leases.size() || leases[number - 1].by.agent != caller.agent) {
      return Reason::kLeaseNotBound;
    }
    Lease& lease = leases[number - 1];
    if (Reason reason = Check(number, now); reason != Reason::kNone) return reason;
    if (Held(lease.by.agent, lease.secret, lease.workflow)) return Reason::kHeld;
    if (ttl > kTtl) return Reason::kInvalidArgument;
    if (lease.expire == lease.max) return Reason::kLeaseMaxTtl;
    lease.expire = std::max(lease.expire, std::min(now + ttl, lease.max));
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

  // By agent and request id: the lease's number and when it was made.
  std::map<std::pair<uint64_t, std::string>, std::pair<uint64_t, int64_t>> requests_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_SERVER_LEASES_LEASE_MODEL_H_
