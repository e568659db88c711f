#ifndef LEASEHOLD_SERVER_LEASES_STATE_SELECTOR_H_
#define LEASEHOLD_SERVER_LEASES_STATE_SELECTOR_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <utility>

#include "server/base/ids.h"

namespace leasehold::ledger::v1 {
class Selector;
}

namespace leasehold {

// What a revocation or hold is about: everything, or what all parts that are named have in common.
class Selector {
 public:
  // The numbers are stored in the snapshot's keys and ordered by in its digest: they never change,
  // and new kinds take new ones.
  enum class Kind : uint8_t {
    kAll = 0,
    kLease = 1,
    kAgent = 2,
    kSecret = 3,
    kWorkflow = 4,
    kUser = 5,
    kGroup = 6,
    kVersion = 7,  // of a secret
    kPolicy = 8,
    kCredential = 9,
    kRun = 10,
    kAgentSecret = 11,
    kAgentWorkflow = 12,
    kSecretWorkflow = 13,
    // Any other set of parts. No watermark stands for it: each lease that matches is marked.
    kCombination = 14,
  };

  // What is named; what is empty is not.
  struct Parts {
    bool all = false;  // and nothing else
    LeaseNumber lease;
    EntityUid agent;
    EntityUid secret;
    VersionNumber version;  // of `secret`
    TextId workflow;
    TextId user;
    EntityUid group;
    TextId policy;
    CredentialId credential;
    TextId run;

    auto operator<=>(const Parts&) const = default;
  };

  // One thing of one kind, which is what a watermark or hold stands for.
  struct Mark {
    Kind kind = Kind::kAll;
    uint64_t id = 0;
    uint64_t second = 0;  // of pairs, and the version of a secret

    auto operator<=>(const Mark&) const = default;
    template <typename H>
    friend H AbslHashValue(H h, const Mark& m) {
      return H::combine(std::move(h), m.kind, m.id, m.second);
    }
  };

  // nullopt where nothing is named, something beside `all`, or a version of no secret.
  static std::optional<Selector> Of(const Parts& parts);

  static Selector All() { return Selector({.all = true}, Kind::kAll); }
  static Selector OfLease(LeaseNumber number) { return Selector({.lease = number}, Kind::kLease); }
  static Selector OfAgent(EntityUid uid) { return Selector({.agent = uid}, Kind::kAgent); }
  static Selector OfSecret(EntityUid uid) { return Selector({.secret = uid}, Kind::kSecret); }
  static Selector OfWorkflow(TextId id) { return Selector({.workflow = id}, Kind::kWorkflow); }
  static Selector OfUser(TextId id) { return Selector({.user = id}, Kind::kUser); }
  static Selector OfGroup(EntityUid uid) { return Selector({.group = uid}, Kind::kGroup); }

  // As Of.
  static std::optional<Selector> FromEntry(const ledger::v1::Selector& proto);
  void ToEntry(ledger::v1::Selector* proto) const;

  Kind kind() const { return kind_; }
  const Parts& parts() const { return parts_; }
  // Not of a combination.
  Mark mark() const;
  // Whether a hold on it makes sense: agents, groups, users, secrets and workflows.
  bool CanHold() const;

  auto operator<=>(const Selector&) const = default;

 private:
  Selector(const Parts& parts, Kind kind) : parts_(parts), kind_(kind) {}

  Parts parts_;
  Kind kind_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_SELECTOR_H_
