#ifndef LEASEHOLD_CLIENT_FILES_POLICY_PLACES_H_
#define LEASEHOLD_CLIENT_FILES_POLICY_PLACES_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "client/files/yaml_tree.h"

namespace leasehold {

// Where the policies of a set stand in the files that it was read from, for what the server says
// about them by position and key.
class PolicyPlaces {
 public:
  // The next policy of the set is `policy`, of the file to be shown as `file`.
  void Add(std::string_view file, YamlNode policy);

  // "FILE:LINE:COL" of the value of `key`, for example "allow[0].paths[1]"; where there is none, of
  // what stands nearest above. Empty where the set has no such policy.
  std::string Find(size_t position, std::string_view key) const;

 private:
  struct Place {
    std::string file;
    YamlNode policy;
  };
  std::vector<Place> places_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_FILES_POLICY_PLACES_H_
