#ifndef LEASEHOLD_SERVER_IDENTITY_JWT_KEY_SOURCE_H_
#define LEASEHOLD_SERVER_IDENTITY_JWT_KEY_SOURCE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/identity/jwt/jwt_issuer.h"
#include "server/identity/jwt/key_cache.h"

namespace leasehold {

// When keys are read; tests shorten them.
struct KeyTimes {
  // Issuers announce a new key well before they sign with it.
  absl::Duration refresh = absl::Minutes(15);
  // After a read that failed: first this, then twice as long each time, up to `asked_min`.
  absl::Duration retry = absl::Seconds(1);
  // A token with an unknown kid makes us read again, but not more often than this: any stranger can
  // send one.
  absl::Duration asked_min = absl::Minutes(1);
  // Keys that could not be read again for so long do not count any more.
  absl::Duration age_max = absl::Hours(24);
  absl::Duration timeout = absl::Seconds(10);
  // How often a file is looked at.
  absl::Duration file_poll = absl::Seconds(1);
};

// Where an issuer's keys come from: a file, or an https URL. Has a thread of its own ("lh-jwks")
// that reads them, so that nobody else ever waits for an issuer: who needs a key that is not there
// is told to come again. Safe from any thread.
class KeySource {
 public:
  // CONFIG_INVALID where the file cannot be read at the start; a URL need not be reachable yet.
  static absl::StatusOr<std::unique_ptr<KeySource>> Start(const JwtIssuer& issuer,
                                                          const KeyTimes& times = {});
  // Ends the thread; a read that is under way is given up.
  ~KeySource();
  KeySource(const KeySource&) = delete;
  KeySource& operator=(const KeySource&) = delete;

  // The key of that kid; see JwkSet::Find. Where there is none, the keys are read again soon if
  // that may help: ISSUER_UNAVAILABLE then, and TOKEN_REJECTED where they have just been read.
  absl::StatusOr<Jwk> Find(std::string_view kid, SignatureAlgorithm algorithm);
  // See KeyCache::Generation.
  uint64_t Generation() const;

 private:
  KeySource(const JwtIssuer& issuer, const KeyTimes& times);

  void Run();
  // Waits until it is time to read; false when it is time to end.
  bool AwaitTurn();
  // Reads and keeps; says in the log what went wrong.
  void Refresh();
  absl::Status KeepFile();
  absl::StatusOr<std::string> Fetch();
  absl::Status Keep(const absl::StatusOr<std::string>& text);
  // Asks for a read; whether there will be one.
  bool Ask();
  bool stopping() const;

  const std::string issuer_;
  const std::string file_;
  const std::string url_;
  const std::string ca_file_;
  const KeyTimes times_;
  KeyCache cache_;

  mutable absl::Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  bool asked_ ABSL_GUARDED_BY(mu_) = false;
  std::optional<SteadyTime> last_read_ ABSL_GUARDED_BY(mu_);
  absl::Duration wait_ ABSL_GUARDED_BY(mu_);

  int failures_ = 0;        // this and the next: the thread's own
  std::string file_state_;  // what identified the file's contents when it was read
  std::thread thread_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_IDENTITY_JWT_KEY_SOURCE_H_
