#ifndef LEASEHOLD_TESTS_BENCH_DISK_SYNC_H_
#define LEASEHOLD_TESTS_BENCH_DISK_SYNC_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace leasehold {

// Median time in microseconds of writing 8 KiB and fdatasync, as a commit does it to the WAL: one
// piece behind the other in a file that has its size already, from its start again at its end.
// `path` is made for it and removed. IO where the disk refuses.
absl::StatusOr<double> MeasureSync(const std::string& path, absl::Duration how_long);

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_BENCH_DISK_SYNC_H_
