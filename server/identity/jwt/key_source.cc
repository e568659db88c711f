#include "server/identity/jwt/key_source.h"

#include <pthread.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/logging/log.h"
#include "server/net/https/https_client.h"

namespace leasehold {
namespace {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(JwkSet::kBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) {
    return Error(Reason::kIo, StrCat("cannot read ", path, ": ", std::strerror(errno)));
  }
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

// What changes when a file is written or replaced; empty where there is none.
std::string FileState(const std::string& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) return {};
  return StrCat(file.st_dev, " ", file.st_ino, " ", file.st_size, " ", file.st_mtim.tv_sec, " ",
                file.st_mtim.tv_nsec);
}

SteadyTime Now() { return std::chrono::steady_clock::now(); }

}  // namespace

KeySource::KeySource(const JwtIssuer& issuer, const KeyTimes& times)
    : issuer_(issuer.issuer),
      file_(issuer.jwks_file),
      url_(issuer.jwks_url),
      ca_file_(issuer.ca_file),
      times_(times),
      cache_(times.age_max),
      wait_(file_.empty() ? absl::ZeroDuration() : times.file_poll) {}

absl::StatusOr<std::unique_ptr<KeySource>> KeySource::Start(const JwtIssuer& issuer,
                                                            const KeyTimes& times) {
  std::unique_ptr<KeySource> source(new KeySource(issuer, times));
  if (!source->file_.empty()) {
    source->file_state_ = FileState(source->file_);
    if (absl::Status kept = source->Keep(ReadFile(source->file_)); !kept.ok()) {
      return Error(Reason::kConfigInvalid,
                   StrCat("the keys of ", issuer.issuer, ": ", kept.message()));
    }
  }
  source->thread_ = std::thread([raw = source.get()] { raw->Run(); });
  return source;
}

KeySource::~KeySource() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

absl::StatusOr<Jwk> KeySource::Find(std::string_view kid, SignatureAlgorithm algorithm) {
  KeyCache::Found found = cache_.Find(kid, algorithm, Now());
  if (found.key.has_value()) return *std::move(found.key);
  if (found.has_kid) {
    return Error(Reason::kTokenRejected,
                 "the JSON Web Token is signed with an algorithm that its key is not for");
  }
  const bool coming = Ask();
  if (found.generation == 0 || coming) {
    return Error(Reason::kIssuerUnavailable,
                 StrCat("the key of the token is not known yet; the keys of ", issuer_,
                        " are being read, try again"),
                 {.retry_after = absl::Seconds(1)});
  }
  return Error(Reason::kTokenRejected,
               StrCat("the JSON Web Token is signed with a key that ", issuer_, " does not have"));
}

uint64_t KeySource::Generation() const { return cache_.Generation(Now()); }

bool KeySource::Ask() {
  absl::MutexLock lock(&mu_);
  if (last_read_.has_value() && Now() - *last_read_ < absl::ToChronoNanoseconds(times_.asked_min)) {
    return false;
  }
  asked_ = true;
  return true;
}

bool KeySource::stopping() const {
  absl::MutexLock lock(&mu_);
  return stopping_;
}

void KeySource::Run() {
  pthread_setname_np(pthread_self(), "lh-jwks");
  bool goes_on = AwaitTurn();
  while (goes_on) {
    Refresh();
    goes_on = AwaitTurn();
  }
}

bool KeySource::AwaitTurn() {
  absl::MutexLock lock(&mu_);
  const auto awake = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return stopping_ || asked_; };
  mu_.AwaitWithTimeout(absl::Condition(&awake), wait_);
  // A file is only looked at, so its polls do not count as reads.
  if (asked_ || file_.empty()) last_read_ = Now();
  asked_ = false;
  return !stopping_;
}

void KeySource::Refresh() {
  const absl::Status kept = file_.empty() ? Keep(Fetch()) : KeepFile();
  if (kept.ok()) {
    failures_ = 0;
  } else {
    if (stopping()) return;
    ++failures_;
    LogWarning("the keys of an issuer cannot be read; those that are known go on for a while",
               {{"issuer", issuer_}, {"error", std::string(kept.message())}});
  }
  absl::MutexLock lock(&mu_);
  if (!file_.empty()) {
    wait_ = times_.file_poll;
  } else if (kept.ok()) {
    wait_ = times_.refresh;
  } else {
    // Twice as long each time, up to 2^6 times.
    wait_ = std::min(times_.retry * (1 << std::min(failures_ - 1, 6)), times_.asked_min);
  }
}

absl::Status KeySource::KeepFile() {
  const std::string state = FileState(file_);
  if (!state.empty() && state == file_state_) {
    cache_.Confirm(Now());
    return absl::OkStatus();
  }
  // Said once for each change, not at every look.
  const bool is_news = state != file_state_;
  file_state_ = state;
  const absl::Status kept = Keep(ReadFile(file_));
  return is_news ? kept : absl::OkStatus();
}

absl::StatusOr<std::string> KeySource::Fetch() {
  HttpsOptions options{.body_bytes_max = JwkSet::kBytesMax,
                       .timeout = times_.timeout,
                       .cancelled = [this] { return stopping(); }};
  if (!ca_file_.empty()) {
    ASSIGN_OR_RETURN(options.ca_pem, ReadFile(ca_file_));
  }
  ASSIGN_OR_RETURN(HttpsUrl url, HttpsUrl::Parse(url_));
  ASSIGN_OR_RETURN(HttpsResponse response, HttpsCall({.url = std::move(url), .form = {}}, options));
  if (response.status != 200) {
    return Error(Reason::kIo, StrCat(url_, " answers with status ", response.status));
  }
  return std::move(response.body);
}

absl::Status KeySource::Keep(const absl::StatusOr<std::string>& text) {
  RETURN_IF_ERROR(text.status());
  ASSIGN_OR_RETURN(JwkSet set, JwkSet::Parse(*text));
  const size_t keys = set.size();
  const uint64_t before = cache_.Generation(Now());
  cache_.Store(std::move(set), Now());
  if (cache_.Generation(Now()) != before) {
    LogInfo("the keys of an issuer were read", {{"issuer", issuer_}, {"keys", keys}});
  }
  return absl::OkStatus();
}

}  // namespace leasehold
