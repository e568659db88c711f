#ifndef LEASEHOLD_SERVER_LEASES_OPERATIONS_DECIDING_H_
#define LEASEHOLD_SERVER_LEASES_OPERATIONS_DECIDING_H_

#include <cstddef>
#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "server/leases/committer/operation.h"
#include "server/leases/committer/transaction.h"

namespace leasehold {

// How an operation is served.
enum class Urgency {
  kNormal,
  kRelease,  // in its turn, but admitted on a full disk: it makes leases fewer
  kUrgent,   // before all others, and admitted on a full disk
};

// An operation made of a function that decides and one that takes the answer. The answer is given
// once, after the commit.
template <typename Result, typename Decide>
class DecidingOperation final : public Operation {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<Result>) &&>;

  DecidingOperation(Urgency urgency, size_t weight, Decide decide, Done done)
      : urgency_(urgency), weight_(weight), decide_(std::move(decide)), done_(std::move(done)) {}

  void Judge(Transaction& tx) override { result_ = decide_(tx); }
  void Finish(const absl::Status& commit) override {
    if (!commit.ok()) {
      result_ = commit;
    }
    std::move(done_)(std::move(result_));
  }
  bool Urgent() const override { return urgency_ == Urgency::kUrgent; }
  bool AdmittedWhenFull() const override { return urgency_ != Urgency::kNormal; }
  size_t Weight() const override { return weight_; }

 private:
  const Urgency urgency_;
  const size_t weight_;
  Decide decide_;
  Done done_;
  absl::StatusOr<Result> result_;
};

// MakeOperation<RevokeResult>(Urgency::kUrgent, [...](Transaction& tx) { ... }, done)
template <typename Result, typename Decide>
std::unique_ptr<Operation> MakeOperation(Urgency urgency, Decide decide,
                                         absl::AnyInvocable<void(absl::StatusOr<Result>) &&> done,
                                         size_t weight = 1) {
  return std::make_unique<DecidingOperation<Result, Decide>>(urgency, weight, std::move(decide),
                                                             std::move(done));
}

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_OPERATIONS_DECIDING_H_
