#ifndef LEASEHOLD_SERVER_LEASES_STATE_SELECTOR_H_
#define LEASEHOLD_SERVER_LEASES_STATE_SELECTOR_H_

#include <cstdint>
#include <optional>
#include <utility>

#include "server/base/ids.h"

namespace leasehold::ledger::v1 {
class Selector;
}

namespace leasehold {

struct Lease;

// What a revocation or hold is about: one thing of one kind.
class Selector {
 public:
  // The numbers are stored in the snapshot's keys and ordered by in its digest: they never change,
  // and new kinds take new ones.
  enum class Kind : uint8_t { kAll = 0, kLease = 1, kAgent = 2, kSecret = 3, kWorkflow = 4 };

  static Selector All() { return Selector(Kind::kAll, 0); }
  static Selector OfLease(LeaseNumber number) { return Selector(Kind::kLease, number.value()); }
  static Selector OfAgent(EntityUid uid) { return Selector(Kind::kAgent, uid.value()); }
  static Selector OfSecret(EntityUid uid) { return Selector(Kind::kSecret, uid.value()); }
  static Selector OfWorkflow(TextId id) { return Selector(Kind::kWorkflow, id.value()); }

  // nullopt for a combination that this version does not know, so that a reader of a later ledger
  // answers "undecidable" instead of guessing.
  static std::optional<Selector> FromEntry(const ledger::v1::Selector& proto);
  void ToEntry(ledger::v1::Selector* proto) const;

  Kind kind() const { return kind_; }
  uint64_t id() const { return id_; }
  // Whether `lease` is in the set, whatever its number.
  bool Matches(const Lease& lease) const;
  // Whether a hold on it makes sense: agents, secrets and workflows.
  bool CanHold() const { return kind_ != Kind::kAll && kind_ != Kind::kLease; }

  auto operator<=>(const Selector&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const Selector& s) {
    return H::combine(std::move(h), s.kind_, s.id_);
  }

 private:
  Selector(Kind kind, uint64_t id) : kind_(kind), id_(id) {}
  Kind kind_;
  uint64_t id_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_SELECTOR_H_
