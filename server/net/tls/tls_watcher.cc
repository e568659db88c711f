#include "server/net/tls/tls_watcher.h"

#include <pthread.h>
#include <sys/stat.h>

#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/logging/log.h"

namespace leasehold {
namespace {

// Five system calls each time; what changes a certificate can wait so long.
constexpr absl::Duration kLookEvery = absl::Milliseconds(500);
// What ends within a week is warned of once a day: short-lived certificates are replaced by
// programs, and always end soon. What is over refuses somebody, and is warned of once an hour.
constexpr absl::Duration kWarnBefore = absl::Hours(24 * 7);
constexpr absl::Duration kWarnEvery = absl::Hours(24);
constexpr absl::Duration kWarnOfOverEvery = absl::Hours(1);

struct End {
  std::string_view what;
  absl::Time time;
};

std::vector<End> EndsOf(const TlsMaterial& material) {
  std::vector<End> ends = {{"certificate", material.expire_time}};
  if (material.clients != nullptr) {
    ends.push_back({"client_ca", material.clients->bundle_expire_time()});
    ends.push_back({"crl", material.clients->crl_expire_time()});
  }
  return ends;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsWatcher>> TlsWatcher::Start(TlsFiles files) {
  ASSIGN_OR_RETURN(auto material, LoadTlsFiles(files, absl::Now()));
  std::unique_ptr<TlsWatcher> watcher(new TlsWatcher(std::move(files), std::move(material)));
  watcher->thread_ = std::thread([raw = watcher.get()] { raw->Run(); });
  return watcher;
}

TlsWatcher::TlsWatcher(TlsFiles files, std::shared_ptr<const TlsMaterial> material)
    : files_(std::move(files)), material_(std::move(material)) {}

TlsWatcher::~TlsWatcher() {
  {
    const absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  thread_.join();
}

std::shared_ptr<const TlsMaterial> TlsWatcher::Current() const {
  const absl::MutexLock lock(&mu_);
  return material_;
}

std::string TlsWatcher::Signature() const {
  std::vector<std::string> paths = files_.crls;
  for (const std::string& path : {files_.certificate, files_.key, files_.client_ca}) {
    if (!path.empty()) paths.push_back(path);
  }
  std::string signature;
  for (const std::string& path : paths) {
    struct stat file {};
    if (stat(path.c_str(), &file) != 0) {
      StrAppend(&signature, "missing;");
      continue;
    }
    StrAppend(&signature, file.st_dev, ":", file.st_ino, ":", file.st_size, ":",
              file.st_mtim.tv_sec, ".", file.st_mtim.tv_nsec, ":", file.st_ctim.tv_sec, ".",
              file.st_ctim.tv_nsec, ";");
  }
  return signature;
}

void TlsWatcher::Run() {
  pthread_setname_np(pthread_self(), "lh-tls");
  // The first look loads again: what changed between the load and now would else be missed.
  while (true) {
    Reload();
    const absl::MutexLock lock(&mu_);
    if (mu_.AwaitWithTimeout(absl::Condition(&stopping_), kLookEvery)) return;
  }
}

void TlsWatcher::Reload() {
  const std::string signature = Signature();
  if (signature != loaded_signature_) {
    auto loaded = LoadTlsFiles(files_, absl::Now());
    if (loaded.ok()) {
      if (!loaded_signature_.empty()) LogInfo("TLS files were loaded anew");
      loaded_signature_ = signature;
      last_error_.clear();
      next_over_warning_ = absl::InfinitePast();
      const absl::MutexLock lock(&mu_);
      material_ = *std::move(loaded);
    } else if (std::string why(loaded.status().message()); why != last_error_) {
      LogWarning("changed TLS files cannot be loaded; those from before go on", {{"error", why}});
      last_error_ = std::move(why);
    }
  }
  WarnOfEnds(*Current());
}

void TlsWatcher::WarnOfEnds(const TlsMaterial& material) {
  const absl::Time now = absl::Now();
  const bool warn_soon = now >= next_soon_warning_;
  const bool warn_over = now >= next_over_warning_;
  for (const End& end : EndsOf(material)) {
    const bool over = end.time <= now;
    if (over ? !warn_over : !warn_soon || end.time - now > kWarnBefore) continue;
    const std::string when = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", end.time, absl::UTCTimeZone());
    LogWarning(over ? "a file of TLS is over: what depends on it is refused"
                    : "a file of TLS ends soon; replace it",
               {{"file", end.what}, {"end", when}});
    (over ? next_over_warning_ : next_soon_warning_) = now + (over ? kWarnOfOverEvery : kWarnEvery);
  }
}

}  // namespace leasehold
