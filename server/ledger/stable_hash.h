#ifndef LEASEHOLD_SERVER_LEDGER_STABLE_HASH_H_
#define LEASEHOLD_SERVER_LEDGER_STABLE_HASH_H_

#include <cstdint>

namespace leasehold {

// Spreads a number over 64 bits; one to one. What depends on it is stored, so it must not change:
// absl's hash differs from one start of the process to the next. The constants are those of
// SplitMix64's finaliser. No defence against chosen keys, which ids counted by us are not.
constexpr uint64_t StableHash(uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_STABLE_HASH_H_
