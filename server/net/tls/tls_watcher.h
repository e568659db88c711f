#ifndef LEASEHOLD_SERVER_NET_TLS_TLS_WATCHER_H_
#define LEASEHOLD_SERVER_NET_TLS_TLS_WATCHER_H_

#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/net/tls/tls_files.h"

namespace leasehold {

// Keeps TLS's files loaded: looks at them twice a second (a rename, a new link or a rewrite all
// count) and loads all of them anew when one has changed. What cannot be loaded changes nothing and
// is tried again, with a warning for each new cause: half of a change (the new certificate, but the
// old key) is such a state, and it passes. So a broken file never takes down what works; a list
// that was never replaced ends by its own time.
class TlsWatcher {
 public:
  // Loads them once; errors as LoadTlsFiles.
  static absl::StatusOr<std::unique_ptr<TlsWatcher>> Start(TlsFiles files);
  ~TlsWatcher();
  TlsWatcher(const TlsWatcher&) = delete;
  TlsWatcher& operator=(const TlsWatcher&) = delete;

  // What was loaded last. A changed file gives another object. Safe from any thread.
  std::shared_ptr<const TlsMaterial> Current() const;

 private:
  TlsWatcher(TlsFiles files, std::shared_ptr<const TlsMaterial> material);
  void Run();
  void Reload();
  void WarnOfEnds(const TlsMaterial& material);
  // Identity, size and times of all files.
  std::string Signature() const;

  const TlsFiles files_;
  // Of the thread alone.
  std::string loaded_signature_;
  std::string last_error_;
  absl::Time next_soon_warning_ = absl::InfinitePast();
  absl::Time next_over_warning_ = absl::InfinitePast();

  mutable absl::Mutex mu_;
  std::shared_ptr<const TlsMaterial> material_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_TLS_TLS_WATCHER_H_
