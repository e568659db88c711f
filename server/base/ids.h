#ifndef LEASEHOLD_SERVER_BASE_IDS_H_
#define LEASEHOLD_SERVER_BASE_IDS_H_

#include <compare>
#include <cstdint>
#include <functional>
#include <utility>

namespace leasehold {

// A number that cannot be mixed up with a number of another kind. Zero is "none" in every kind.
template <typename Tag>
class Id {
 public:
  constexpr Id() = default;
  constexpr explicit Id(uint64_t value) : value_(value) {}

  constexpr uint64_t value() const { return value_; }
  constexpr bool empty() const { return value_ == 0; }
  constexpr auto operator<=>(const Id&) const = default;

  template <typename H>
  friend H AbslHashValue(H h, const Id& id) {
    return H::combine(std::move(h), id.value_);
  }

 private:
  uint64_t value_ = 0;
};

// A lease's number: dense, counted from 1 over the whole life of the log, never used again.
using LeaseNumber = Id<struct LeaseNumberTag>;
// An agent, group, secret or target: counted from 1, never used again, so that a name that was
// deleted and created anew is a stranger to old tokens and leases.
using EntityUid = Id<struct EntityUidTag>;
// A Name or Text that the ledger refers to by number; see text_defined.
using TextId = Id<struct TextIdTag>;
using CredentialId = Id<struct CredentialIdTag>;
// Numbers of whole policy sets: 1, 2, 3, ...; 0 = no set was ever applied.
using PolicyRevision = Id<struct PolicyRevisionTag>;
// A secret's version number, counted from 1 within the secret.
using VersionNumber = Id<struct VersionNumberTag>;
// A life of the store between restores: random 64 bits.
using Epoch = Id<struct EpochTag>;
// Which ledger: random 64 bits, stands in entry 0.
using LogId = Id<struct LogIdTag>;

// The place of an entry in the ledger, counted from 0. Unlike the ids above, 0 is a real place.
class LogIndex {
 public:
  constexpr LogIndex() = default;
  constexpr explicit LogIndex(uint64_t value) : value_(value) {}
  constexpr uint64_t value() const { return value_; }
  constexpr LogIndex Next() const { return LogIndex(value_ + 1); }
  constexpr auto operator<=>(const LogIndex&) const = default;

  template <typename H>
  friend H AbslHashValue(H h, const LogIndex& i) {
    return H::combine(std::move(h), i.value_);
  }

 private:
  uint64_t value_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BASE_IDS_H_
