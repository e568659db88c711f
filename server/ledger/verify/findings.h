#ifndef LEASEHOLD_SERVER_LEDGER_VERIFY_FINDINGS_H_
#define LEASEHOLD_SERVER_LEDGER_VERIFY_FINDINGS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "server/ledger/verify/verify.h"

namespace leasehold {

// What speaks against an entry, without its index: "allows a use of lease 3, which ...".
struct Objection {
  std::string what;  // empty: nothing does
  bool undecidable = false;

  bool ok() const { return what.empty(); }
};

// Collects what verification comes upon.
class Findings {
 public:
  void AddViolation(std::string_view sentence) { Add(std::nullopt, false, sentence); }
  void AddViolation(uint64_t index, std::string_view what) { Add(index, false, what); }
  void AddUndecidable(uint64_t index, std::string_view what) { Add(index, true, what); }
  // Adds nothing for an objection that is none.
  void Add(uint64_t index, const Objection& objection);
  // A status that says what is stored wrongly becomes a finding and OK comes back; one that says
  // that something could not be read comes back as it is.
  absl::Status Take(const absl::Status& status) { return Take(std::nullopt, status); }
  absl::Status Take(std::optional<uint64_t> index, const absl::Status& status);

  bool empty() const { return list_.empty(); }
  // Moves everything into `report` and sets its outcome.
  void MoveTo(VerifyReport* report);

 private:
  void Add(std::optional<uint64_t> index, bool undecidable, std::string_view what);

  std::vector<Finding> list_;
  uint64_t left_out_ = 0;
  bool violation_ = false;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_VERIFY_FINDINGS_H_
