#ifndef LEASEHOLD_SERVER_BASE_KEY_CLASS_H_
#define LEASEHOLD_SERVER_BASE_KEY_CLASS_H_

#include <cstdint>

namespace leasehold {

// What a key of the store is for; the numbers of the ledger's KeyClass, also stored with each key.
enum class KeyClass : uint8_t {
  kKeyEncryption = 1,  // Wraps the data keys of versions, and the keys of the classes below.
  kLeaseMac = 2,       // HMAC-SHA256 of lease tokens and handles.
  kCheckpoint = 3,     // An Ed25519 seed: signs checkpoints.
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BASE_KEY_CLASS_H_
