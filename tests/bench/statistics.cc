#include "tests/bench/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "server/base/check.h"

namespace leasehold {

double Median(std::vector<double> values) {
  LEASEHOLD_CHECK(!values.empty());
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double Percentile(std::vector<double> values, double fraction) {
  LEASEHOLD_CHECK(!values.empty() && fraction > 0 && fraction <= 1);
  const auto rank =
      static_cast<ptrdiff_t>(std::ceil(fraction * static_cast<double>(values.size())));
  const auto place = values.begin() + (rank - 1);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

}  // namespace leasehold
