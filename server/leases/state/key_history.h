#ifndef LEASEHOLD_SERVER_LEASES_STATE_KEY_HISTORY_H_
#define LEASEHOLD_SERVER_LEASES_STATE_KEY_HISTORY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "server/base/ids.h"
#include "server/base/key_class.h"

namespace leasehold {

// A key that took another's place.
struct KeyChange {
  KeyClass cls = KeyClass::kKeyEncryption;
  uint32_t number = 0;  // of the new key
  LogIndex index;
  LeaseNumber leases_through;  // the newest lease of before
  // Of checkpoint keys; else empty.
  std::string public_key;  // 32 bytes
  std::string signature;   // 64 bytes, by the key before; over KeyChangeText
};

// Which keys were in use when. Each class begins with key number 1.
class KeyHistory {
 public:
  // The number of the key in use.
  uint32_t current(KeyClass cls) const { return current_[static_cast<size_t>(cls)]; }
  // In the order of their entries.
  const std::vector<KeyChange>& all() const { return changes_; }

  // Whether a lease MAC key authenticates tokens of `lease`: the key in use those of all, an older
  // one only those of leases from before it was replaced. So it is worth nothing once the longest
  // of these is over, and whoever has stolen it cannot make tokens of later leases.
  bool CountsFor(uint32_t mac_key, LeaseNumber lease) const {
    const uint32_t now = current(KeyClass::kLeaseMac);
    if (mac_key >= now) {
      return mac_key == now;
    }
    for (const KeyChange& change : changes_) {
      if (change.cls == KeyClass::kLeaseMac && change.number == mac_key + 1) {
        return lease <= change.leases_through;
      }
    }
    return false;
  }

  // `change.number` is current(cls) + 1.
  void Add(KeyChange change) {
    current_[static_cast<size_t>(change.cls)] = change.number;
    changes_.push_back(std::move(change));
  }

 private:
  std::array<uint32_t, 4> current_ = {0, 1, 1, 1};  // by class
  std::vector<KeyChange> changes_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_KEY_HISTORY_H_
