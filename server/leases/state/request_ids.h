#ifndef LEASEHOLD_SERVER_LEASES_STATE_REQUEST_IDS_H_
#define LEASEHOLD_SERVER_LEASES_STATE_REQUEST_IDS_H_

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/crypto_bytes.h"
#include "server/base/ids.h"
#include "server/base/millis.h"

namespace leasehold {

// What a request id stands for, as the ledger keeps it: 16 bytes of SHA-256 over principal, method
// and id, 16 bytes of SHA-256 over the body. Empty for a request without an id.
std::string RequestHash(std::string_view principal, std::string_view method,
                        std::string_view request_id, std::string_view body);

// The requests of the last 24 hours that had an id, with what they made.
class RequestIds {
 public:
  static constexpr absl::Duration kKept = absl::Hours(24);
  // Bounds memory whatever callers do; the oldest are forgotten first. 1 M is 12 a second all day.
  static constexpr size_t kRequestsMax = 1'000'000;

  struct Made {
    std::string request_hash;  // 32 bytes
    LogIndex index;
    UnixMillis time;
    uint64_t number = 0;  // of the lease, version or revocation
  };

  // What a request with the same principal, method and id made, whatever its body; or nullptr.
  const Made* Find(std::string_view request_hash, UnixMillis now) const;
  // What the same request made, or nullptr where it is new. kRequestIdReused where its id was used
  // with another body.
  absl::StatusOr<const Made*> FindRepeated(std::string_view request_hash, UnixMillis now) const;

  // Forgets what is older than kKept and adds `made` (nothing where its hash is empty).
  void Add(const Made& made);

  // Oldest first.
  const std::deque<Made>& all() const { return order_; }

 private:
  using Key = std::array<char, 16>;
  static Key KeyOf(std::string_view request_hash);

  std::deque<Made> order_;
  absl::flat_hash_map<Key, Made> by_key_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_REQUEST_IDS_H_
