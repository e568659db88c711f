#include "tests/integration/broker/fake_point_of_use.h"

#include "server/base/check.h"
#include "server/base/crypto_bytes.h"
#include "server/vault/secret_fields.h"

namespace leasehold {

// The door of tests to SecretBytes; see secret_access.h. Without assertions of the test framework,
// which belong to its own thread.
class SecretAccessForTests {
 public:
  static SecretBytes Secret(std::string_view text) {
    auto secret = SecretBytes::CopyFrom(AsBytes(text), SecretAccess());
    LEASEHOLD_CHECK(secret.ok());
    return *std::move(secret);
  }
};

class FakePointOfUse::FakeWatch final : public PointOfUse::Watch {
 public:
  explicit FakeWatch(FakePointOfUse* owner) : owner_(owner) {}
  ~FakeWatch() override {
    absl::MutexLock lock(&owner_->mu_);
    owner_->watches_.erase(this);
  }

 private:
  FakePointOfUse* const owner_;
};

FakePointOfUse::FakePointOfUse() : thread_([this] { Work(); }) {}

FakePointOfUse::~FakePointOfUse() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
    held_ = false;
  }
  thread_.join();
}

void FakePointOfUse::SetTarget(std::shared_ptr<const CompiledTarget> target) {
  absl::MutexLock lock(&mu_);
  target_ = std::move(target);
}

void FakePointOfUse::SetFields(std::vector<std::pair<std::string, std::string>> fields) {
  absl::MutexLock lock(&mu_);
  fields_ = std::move(fields);
}

void FakePointOfUse::Allow() {
  absl::MutexLock lock(&mu_);
  reason_ = Reason::kNone;
  error_ = absl::OkStatus();
}

void FakePointOfUse::Deny(Reason reason, std::string message,
                          std::optional<absl::Duration> retry_after) {
  absl::MutexLock lock(&mu_);
  reason_ = reason;
  retry_after_ = retry_after;
  message_ = std::move(message);
}

void FakePointOfUse::Fail(absl::Status error) {
  absl::MutexLock lock(&mu_);
  error_ = std::move(error);
}

void FakePointOfUse::SetStillUsable(absl::Status status) {
  absl::MutexLock lock(&mu_);
  still_usable_ = std::move(status);
}

void FakePointOfUse::Revoke(absl::Status why) {
  absl::MutexLock lock(&mu_);
  revoked_ = why;
  for (auto& [watch, cut] : watches_) {
    if (cut != nullptr) std::move(cut)(why);
    cut = nullptr;
  }
}

void FakePointOfUse::Hold(bool held) {
  absl::MutexLock lock(&mu_);
  held_ = held;
}

std::vector<UseRequest> FakePointOfUse::requests() const {
  absl::MutexLock lock(&mu_);
  return requests_;
}

int FakePointOfUse::hand_overs() const {
  absl::MutexLock lock(&mu_);
  return hand_overs_;
}

void FakePointOfUse::AwaitWatches(size_t count) {
  const auto there = [this, count]()
                         ABSL_SHARED_LOCKS_REQUIRED(mu_) { return watches_.size() >= count; };
  absl::MutexLock lock(&mu_);
  mu_.Await(absl::Condition(&there));
}

void FakePointOfUse::AwaitRequests(size_t count) {
  const auto there = [this, count]()
                         ABSL_SHARED_LOCKS_REQUIRED(mu_) { return requests_.size() >= count; };
  absl::MutexLock lock(&mu_);
  mu_.Await(absl::Condition(&there));
}

void FakePointOfUse::AwaitHandOvers(int count) {
  const auto there = [this, count]()
                         ABSL_SHARED_LOCKS_REQUIRED(mu_) { return hand_overs_ >= count; };
  absl::MutexLock lock(&mu_);
  mu_.Await(absl::Condition(&there));
}

void FakePointOfUse::Authorize(UseRequest request, Done done) {
  absl::MutexLock lock(&mu_);
  requests_.push_back(std::move(request));
  waiting_.push_back(std::move(done));
}

absl::Status FakePointOfUse::IfStillUsable(LeaseNumber,
                                           absl::FunctionRef<void()> write_first_bytes) {
  absl::MutexLock lock(&mu_);
  if (!still_usable_.ok()) return still_usable_;
  ++hand_overs_;
  write_first_bytes();
  return absl::OkStatus();
}

std::unique_ptr<PointOfUse::Watch> FakePointOfUse::WatchLease(
    LeaseNumber, absl::AnyInvocable<void(absl::Status why) &&> cut) {
  auto watch = std::make_unique<FakeWatch>(this);
  absl::MutexLock lock(&mu_);
  if (!revoked_.ok()) {
    std::move(cut)(revoked_);
    cut = nullptr;
  }
  watches_[watch.get()] = std::move(cut);
  return watch;
}

bool FakePointOfUse::HasWorkLocked() const { return stopping_ || (!held_ && !waiting_.empty()); }

void FakePointOfUse::Work() {
  for (;;) {
    Done done;
    absl::StatusOr<UseReply> reply;
    {
      absl::MutexLock lock(&mu_);
      mu_.Await(absl::Condition(this, &FakePointOfUse::HasWorkLocked));
      if (waiting_.empty()) return;
      done = std::move(waiting_.front());
      waiting_.pop_front();
      reply = DecideLocked();
    }
    std::move(done)(std::move(reply));
  }
}

absl::StatusOr<UseReply> FakePointOfUse::DecideLocked() {
  if (!error_.ok()) return error_;
  UseReply reply;
  reply.entry = LogIndex(next_entry_++);
  reply.lease = LeaseNumber(7);
  reply.reason = reason_;
  if (reason_ != Reason::kNone) {
    reply.message = message_;
    reply.retry_after = retry_after_;
    return reply;
  }
  reply.allowed = true;
  reply.target = target_;
  std::vector<SecretField> fields;
  for (const auto& [name, value] : fields_) {
    fields.push_back({name, SecretAccessForTests::Secret(value)});
  }
  auto made = SecretFields::Make(std::move(fields));
  LEASEHOLD_CHECK(made.ok());
  reply.credential = *std::move(made);
  return reply;
}

}  // namespace leasehold
