#ifndef LEASEHOLD_SERVER_LEASES_OPERATIONS_DECIDING_H_
#define LEASEHOLD_SERVER_LEASES_OPERATIONS_DECIDING_H_

#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "server/leases/committer/operation.h"
#include "server/leases/committer/transaction.h"

namespace leasehold {

// Whether an operation overtakes others and is admitted on a full disk.
enum class Urgency { kNormal, kUrgent };

// An operation made of a function that decides and one that takes the answer. The answer is given
// once, after the commit.
template <typename Result, typename Decide>
class DecidingOperation final : public Operation {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<Result>) &&>;

  DecidingOperation(Urgency urgency, Decide decide, Done done)
      : urgency_(urgency), decide_(std::move(decide)), done_(std::move(done)) {}

  void Judge(Transaction& tx) override { result_ = decide_(tx); }
  void Finish(const absl::Status& commit) override {
    if (!commit.ok()) {
      result_ = commit;
    }
    std::move(done_)(std::move(result_));
  }
  bool Urgent() const override { return urgency_ == Urgency::kUrgent; }

 private:
  const Urgency urgency_;
  Decide decide_;
  Done done_;
  absl::StatusOr<Result> result_;
};

// MakeOperation<RevokeResult>(Urgency::kUrgent, [...](Transaction& tx) { ... }, done)
template <typename Result, typename Decide>
std::unique_ptr<Operation> MakeOperation(Urgency urgency, Decide decide,
                                         absl::AnyInvocable<void(absl::StatusOr<Result>) &&> done) {
  return std::make_unique<DecidingOperation<Result, Decide>>(urgency, std::move(decide),
                                                             std::move(done));
}

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_OPERATIONS_DECIDING_H_
