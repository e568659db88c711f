#ifndef LEASEHOLD_TESTS_SUPPORT_INSTALLATION_H_
#define LEASEHOLD_TESTS_SUPPORT_INSTALLATION_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leasehold/v1/lease.pb.h"
#include "leasehold/v1/ledger.pb.h"
#include "leasehold/v1/revocation.pb.h"
#include "leasehold/v1/use.pb.h"
#include "tests/support/api_client.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_folder.h"

namespace leasehold {

// A data folder made by `leasehold server init`, the server in it, and what tests put there. What
// must succeed and does not fails the test case. Used by the test's main thread.
class Installation {
 public:
  // In a folder of its own, or in `parent`; `init` are more arguments of `server init`.
  explicit Installation(const std::string& parent = "", const std::vector<std::string>& init = {});

  // Of the next Start.
  ServerOptions& options() { return options_; }
  const std::string& data_dir() const { return options_.data_dir; }
  std::string DataFile(std::string_view name) const { return data_dir() + "/" + std::string(name); }
  // Starts the server and waits until it serves; after Kill or Stop, anew.
  void Start();
  // The same of a server that may refuse; false where it did.
  bool StartOrRefuse();
  // Starts a server that is to refuse, and waits for its end; returns its exit status.
  struct Refusal {
    int status = 0;
    std::string log;
  };
  Refusal StartRefused();
  ServerProcess& server() { return *server_; }
  bool IsRunning() { return server_ != nullptr && !server_->HasEnded(); }
  // What all its servers have written to stderr.
  std::string WholeLog() const { return ContentsOf(options_.log_file); }

  // Connections to the running server: of the operator, to the revocation socket, of an agent.
  ApiClient Operator() const;
  ApiClient Revoker() const;
  ApiClient Agent(const std::string& agent) const;
  const std::string& TokenOf(const std::string& agent) const { return tokens_.at(agent); }

  // The command line program as the operator.
  Ran Cli(std::vector<std::string> arguments) const;
  // `ledger verify` of the running server, or of the database of one that has ended.
  void CheckLedgerVerifies();

  // Names without their collection: "billing/key", "bot".
  void PutSecret(const std::string& name, const std::string& value);
  void AddAgent(const std::string& name);
  void AddTarget(const std::string& name, const std::string& base_url, const std::string& secret);
  void ApplyPolicies(std::string_view yaml);
  // One secret `billing/key`, one target `billing` that may inject it, and agents that may lease it
  // for reads in any workflow, brokered or revealed.
  void SetUp(const std::vector<std::string>& agents, const std::string& value = "not-a-real-key",
             const std::string& base_url = "http://127.0.0.1:9");

 private:
  TempFolder folder_;
  ServerOptions options_;
  std::map<std::string, std::string> tokens_;
  std::unique_ptr<ServerProcess> server_;
};

// Requests, with names without their collection.
v1::AcquireLeaseRequest AcquireRequestFor(const std::string& secret, const std::string& workflow);
v1::AuthorizeUseRequest UseRequestFor(const std::string& token, const std::string& target,
                                      const std::string& path = "/items");
v1::RevokeRequest RevokeRequestFor(const v1::Selector& selector);
v1::Selector AgentSelector(const std::string& agent);
v1::Selector LeaseSelector(const std::string& lease);

// Fails the test case where the call failed.
void RequireOk(std::string_view what, const CallStatus& status);

// Every entry of the ledger that `filter` lets through, by index.
std::vector<v1::LedgerEntry> EntriesOf(const ApiClient& reader, v1::ListEntriesRequest filter = {});

// Random bytes as hex: a value, or a reason, that no other test and no program has.
std::string RandomText(size_t bytes = 16);

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_SUPPORT_INSTALLATION_H_
