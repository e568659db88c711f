#ifndef LEASEHOLD_TESTS_BENCH_HTTP_LOAD_H_
#define LEASEHOLD_TESTS_BENCH_HTTP_LOAD_H_

#include <string>

#include "absl/status/statusor.h"
#include "tests/bench/load_recorder.h"

namespace leasehold {

struct HttpLoad {
  std::string address;  // "127.0.0.1:port"
  std::string request;  // a whole GET request, sent again and again
  int connections = 50;
};

// Sends the request on connections that stay open, one at a time on each, from one thread. An
// answer that is not 200, or a connection that ends, ends the load with an error. `server` is whose
// CPU is measured.
absl::StatusOr<LoadFigures> RunHttpLoad(const HttpLoad& load, const LoadWindow& window,
                                        pid_t server);

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_BENCH_HTTP_LOAD_H_
