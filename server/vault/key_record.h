#ifndef LEASEHOLD_SERVER_VAULT_KEY_RECORD_H_
#define LEASEHOLD_SERVER_VAULT_KEY_RECORD_H_

#include <cstdint>
#include <string>

#include "server/base/key_class.h"

namespace leasehold {

// One key as the store keeps it, encrypted. Keys of a class are numbered from 1; the one with the
// highest number is current, the others open what they sealed or signed.
//
// `sealed`, byte by byte:
//
//   offset  size
//   0       4     number of the key-encryption key that wraps this one, big endian; 0 = root key
//   4       69    the wrapped key, see wrapping_key.h; bound to store, class, number and the four
//                 bytes before
//
// The root key wraps key-encryption keys, and nothing else.
struct KeyRecord {
  KeyClass cls = KeyClass::kKeyEncryption;
  uint32_t number = 0;
  std::string sealed;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_VAULT_KEY_RECORD_H_
