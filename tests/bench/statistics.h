#ifndef LEASEHOLD_TESTS_BENCH_STATISTICS_H_
#define LEASEHOLD_TESTS_BENCH_STATISTICS_H_

#include <vector>

namespace leasehold {

// The middle one, or the mean of the two in the middle. Of at least one value.
double Median(std::vector<double> values);

// The smallest of `values` that at least `fraction` of them do not exceed. Of at least one value;
// `fraction` is above 0 and at most 1.
double Percentile(std::vector<double> values, double fraction);

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_BENCH_STATISTICS_H_
