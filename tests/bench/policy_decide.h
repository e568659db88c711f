#ifndef LEASEHOLD_TESTS_BENCH_POLICY_DECIDE_H_
#define LEASEHOLD_TESTS_BENCH_POLICY_DECIDE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "leasehold/v1/policy.pb.h"
#include "server/policy/compiled_policies.h"

namespace leasehold {

// What the policies of a set are like.
enum class SetShape {
  // Of as many teams: each with its group, secrets and paths, some with a second rule, a limit or a
  // policy that denies.
  kTeams,
  // All about the same group and secret of one target, each with paths of its own.
  kAlike,
};

// A set, and uses of all its parts in turn, so that neither the processor's caches nor its branch
// prediction know the next one. Used by one thread.
class PolicyDecide {
 public:
  static absl::StatusOr<std::unique_ptr<PolicyDecide>> Create(SetShape shape, size_t policies);

  // Mean microseconds of a decision about a use, decided one after the other for so long.
  absl::StatusOr<double> Measure(absl::Duration how_long) const;

 private:
  // One use that is asked about, owning what a query only points to.
  struct Asked {
    std::string agent;
    std::vector<std::string> group_names;
    std::vector<std::string_view> groups;
    std::string secret;
    std::string method;
    std::string path;
    bool allowed = false;  // what is expected
    UseQuery Query() const;
  };

  PolicyDecide() = default;
  void AddTeam(size_t number, v1::PolicySet* set);
  void AddAlike(size_t number, v1::PolicySet* set);
  // Some paths deep in what the team has, and one that it may not touch.
  void Ask(size_t team, std::string_view secret, bool alike);

  std::shared_ptr<const CompiledPolicies> policies_;
  std::vector<Asked> asked_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_BENCH_POLICY_DECIDE_H_
