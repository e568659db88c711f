#ifndef LEASEHOLD_SERVER_POLICY_POLICY_INDEX_H_
#define LEASEHOLD_SERVER_POLICY_POLICY_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "server/policy/compiled_policy.h"
#include "server/policy/decision.h"

namespace leasehold {

// Finds the few policies that may cover a subject among many. Every pattern begins with whole
// segments without a wildcard, possibly none ("prod/eu/**": prod/eu); a name that it matches
// begins with the same. Each policy is filed under those of its agents and groups, or of its
// secrets, or of its workflows: whichever it shares with the fewest policies. A lookup asks for
// every prefix of the subject's names, so ten thousand policies of as many teams cost what one
// does. Immutable.
class PolicyIndex {
 public:
  // Files those of `policies` whose `deny` is as given, by their place in the span.
  PolicyIndex(std::span<const CompiledPolicy> policies, bool deny);

  // Calls visit(place) for each policy that may cover `subject` and for some that do not; perhaps
  // more than once, in no order. Does not allocate.
  template <typename Visit>
  void ForEachCandidate(const DecisionSubject& subject, const Visit& visit) const {
    VisitPrefixes(agents_, subject.agent, visit);
    for (const std::string_view group : subject.groups) VisitKey(groups_, group, visit);
    VisitPrefixes(secrets_, subject.secret, visit);
    VisitPrefixes(workflows_, subject.workflow, visit);
  }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  // Key -> places, ascending.
  struct Places {
    absl::flat_hash_map<std::string, std::vector<uint32_t>, Hash, std::equal_to<>> by_key;
    size_t key_bytes_max = 0;
  };
  // How many policies have a key.
  using Counts = absl::flat_hash_map<std::string, size_t>;

  static void File(const std::vector<std::string>& keys, uint32_t place, Places* places);

  template <typename Visit>
  static void VisitKey(const Places& places, std::string_view key, const Visit& visit) {
    const auto found = places.by_key.find(key);
    if (found == places.by_key.end()) return;
    for (const uint32_t place : found->second) visit(place);
  }

  template <typename Visit>
  static void VisitPrefixes(const Places& places, std::string_view name, const Visit& visit) {
    if (places.by_key.empty()) return;
    VisitKey(places, {}, visit);
    for (size_t end = name.find('/'); end <= places.key_bytes_max; end = name.find('/', end + 1)) {
      VisitKey(places, name.substr(0, end), visit);
    }
    if (name.size() <= places.key_bytes_max) VisitKey(places, name, visit);
  }

  Places agents_;
  Places groups_;
  Places secrets_;
  Places workflows_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_POLICY_INDEX_H_
