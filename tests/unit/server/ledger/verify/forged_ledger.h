#ifndef LEASEHOLD_TESTS_UNIT_SERVER_LEDGER_VERIFY_FORGED_LEDGER_H_
#define LEASEHOLD_TESTS_UNIT_SERVER_LEDGER_VERIFY_FORGED_LEDGER_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/ledger/verify/verify.h"

namespace leasehold {

// A ledger rewritten by somebody who knows everything: entries are changed, and checksums, root and
// size made to fit. Only what the entries mean can give it away. For ledgers without full tiles,
// summaries and snapshots.
class ForgedLedger {
 public:
  // Reads the entries of a database that nobody has open.
  explicit ForgedLedger(std::string database);

  std::vector<ledger::v1::Entry>& entries() { return entries_; }
  // The index of the n-th entry of a kind, counted from 0; from the end where n is negative.
  uint64_t IndexOf(ledger::v1::Entry::KindCase kind, int n = 0) const;
  // Appends an entry one millisecond after the last; its index.
  uint64_t Append(ledger::v1::Entry entry);
  // The root of the first `size` entries as they are now.
  std::string RootAt(uint64_t size) const;
  // Puts everything back into the database.
  void Write() const;

 private:
  std::string database_;
  std::vector<ledger::v1::Entry> entries_;
};

// VerifyDatabase, which must come to a report.
VerifyReport VerifyFile(const std::string& database, const VerifyOptions& options = {});
// The outcome and the findings, a line each.
std::string ReportText(const VerifyReport& report);

// One way to forge a ledger, and what verification has to say of it.
struct Forgery {
  const char* why;
  // A part of what the report says.
  const char* sentence;
  // Changes the ledger; the index that must be named first.
  std::function<uint64_t(ForgedLedger&)> forge;
};

// That each of `forgeries`, made alone in a copy of `database` at `path`, is found.
void CheckForgeries(const std::string& database, const std::string& path,
                    std::span<const Forgery> forgeries);

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_SERVER_LEDGER_VERIFY_FORGED_LEDGER_H_
