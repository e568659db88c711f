#ifndef LEASEHOLD_CLIENT_CLI_ARGUMENTS_NEAR_NAME_H_
#define LEASEHOLD_CLIENT_CLI_ARGUMENTS_NEAR_NAME_H_

#include <string>
#include <string_view>
#include <vector>

namespace leasehold {

// The one of `names` that `typed` was probably meant to be: at most a third of its characters
// (and at least one) are missing, extra, wrong or swapped. Empty where there is none; of equally
// near ones the first.
std::string NearName(std::string_view typed, const std::vector<std::string>& names);

// "did you mean 'NAME'?", or `otherwise` where nothing is near.
std::string NearNameHint(std::string_view typed, const std::vector<std::string>& names,
                         std::string_view otherwise = {});

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_ARGUMENTS_NEAR_NAME_H_
