#include "tests/support/installation.h"

#include <google/protobuf/empty.pb.h>

#include <catch2/catch.hpp>
#include <utility>

#include "client/files/policy_file.h"
#include "leasehold/v1/identity.pb.h"
#include "leasehold/v1/policy.pb.h"
#include "leasehold/v1/secret.pb.h"
#include "server/base/crypto_bytes.h"

namespace leasehold {

void RequireOk(std::string_view what, const CallStatus& status) {
  if (status.ok()) return;
  FAIL(what << " failed: " << status.code << " " << status.message);
}

Installation::Installation(const std::string& parent, const std::vector<std::string>& init) {
  options_.data_dir = (parent.empty() ? folder_.path() : parent) + "/data";
  options_.log_file = folder_.File("log");
  std::vector<std::string> command = {"server", "init", "--name", "store"};
  command.insert(command.end(), init.begin(), init.end());
  const Ran made = Cli(command);
  INFO(made.err);
  REQUIRE(made.status == 0);
}

bool Installation::StartOrRefuse() {
  server_.reset();
  server_ = std::make_unique<ServerProcess>(options_);
  return server_->AwaitServing();
}

void Installation::Start() {
  if (!StartOrRefuse()) FAIL("the server did not start: " << server_->Log());
}

Installation::Refusal Installation::StartRefused() {
  ServerProcess refusing(options_);
  if (refusing.AwaitServing()) FAIL("the server started");
  return {refusing.AwaitEnd(), refusing.Log()};
}

ApiClient Installation::Operator() const {
  return ApiClient("unix:" + server_->Endpoint("admin_socket"));
}
ApiClient Installation::Revoker() const {
  return ApiClient("unix:" + server_->Endpoint("revoke_socket"));
}
ApiClient Installation::Agent(const std::string& agent) const {
  return ApiClient(server_->Endpoint("grpc"), tokens_.at(agent));
}

Ran Installation::Cli(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), ProgramPath("leasehold"));
  // Checkpoints that it remembers stay in the test's folder too.
  return RunProgram(
      arguments, {"LEASEHOLD_DATA_DIR=" + data_dir(), "XDG_STATE_HOME=" + folder_.File("state")});
}

void Installation::CheckLedgerVerifies() {
  std::vector<std::string> command = {"ledger", "verify"};
  if (!IsRunning()) command.insert(command.end(), {"--db", DataFile("leasehold.db")});
  const Ran verified = Cli(command);
  INFO(verified.out << verified.err);
  CHECK(verified.status == 0);
}

void Installation::PutSecret(const std::string& name, const std::string& value) {
  const ApiClient admin = Operator();
  v1::CreateSecretRequest create;
  create.mutable_secret()->set_name("secrets/" + name);
  RequireOk("CreateSecret", admin.Call<v1::Secret>("SecretService/CreateSecret", create));
  v1::AddVersionRequest add;
  add.set_parent("secrets/" + name);
  v1::Field* field = add.add_fields();
  field->set_name("value");
  field->set_value(value);
  RequireOk("AddVersion", admin.Call<v1::Version>("SecretService/AddVersion", add));
}

void Installation::AddAgent(const std::string& name) {
  const ApiClient admin = Operator();
  v1::CreateAgentRequest create;
  create.mutable_agent()->set_name("agents/" + name);
  RequireOk("CreateAgent", admin.Call<v1::Agent>("IdentityService/CreateAgent", create));
  v1::IssueTokenRequest issue;
  issue.set_agent("agents/" + name);
  const auto token = admin.Call<v1::IssueTokenResponse>("IdentityService/IssueToken", issue);
  RequireOk("IssueToken", token);
  tokens_[name] = token.value.token();
}

void Installation::AddTarget(const std::string& name, const std::string& base_url,
                             const std::string& secret) {
  v1::CreateTargetRequest create;
  v1::Target* target = create.mutable_target();
  target->set_name("targets/" + name);
  target->set_base_url(base_url);
  target->add_secrets(secret);
  target->mutable_injection()->mutable_header()->set_name("Authorization");
  target->mutable_injection()->mutable_header()->set_template_("Bearer {value}");
  target->add_allow_cidrs("127.0.0.0/8");
  RequireOk("CreateTarget", Operator().Call<v1::Target>("IdentityService/CreateTarget", create));
}

void Installation::ApplyPolicies(std::string_view yaml) {
  const auto set = ParsePolicies(yaml, "policies");
  INFO(set.status());
  REQUIRE(set.ok());
  v1::ApplyPoliciesRequest apply;
  *apply.mutable_policy_set() = *set;
  apply.set_prune(true);
  RequireOk("ApplyPolicies",
            Operator().Call<v1::ApplyPoliciesResponse>("PolicyService/ApplyPolicies", apply));
}

void Installation::SetUp(const std::vector<std::string>& agents, const std::string& value,
                         const std::string& base_url) {
  PutSecret("billing/key", value);
  AddTarget("billing", base_url, "billing/key");
  for (const std::string& agent : agents) AddAgent(agent);
  ApplyPolicies(R"(version: 1
policies:
- name: reads-billing
  subjects: {agents: ["**"]}
  secrets: [billing/key]
  lease: {ttl: 1h, max_ttl: 8h, delivery: revealed}
  allow:
  - {target: billing, access: read}
)");
}

v1::AcquireLeaseRequest AcquireRequestFor(const std::string& secret, const std::string& workflow) {
  v1::AcquireLeaseRequest request;
  request.set_secret("secrets/" + secret);
  request.set_workflow("workflows/" + workflow);
  return request;
}

v1::AuthorizeUseRequest UseRequestFor(const std::string& token, const std::string& target,
                                      const std::string& path) {
  v1::AuthorizeUseRequest request;
  request.set_token(token);
  request.set_target("targets/" + target);
  request.set_method("GET");
  request.set_path(path);
  return request;
}

v1::RevokeRequest RevokeRequestFor(const v1::Selector& selector) {
  v1::RevokeRequest request;
  *request.mutable_selector() = selector;
  request.set_reason("a test");
  return request;
}

v1::Selector AgentSelector(const std::string& agent) {
  v1::Selector selector;
  selector.set_agent("agents/" + agent);
  return selector;
}

v1::Selector LeaseSelector(const std::string& lease) {
  v1::Selector selector;
  selector.set_lease(lease);
  return selector;
}

std::vector<v1::LedgerEntry> EntriesOf(const ApiClient& reader, v1::ListEntriesRequest filter) {
  std::vector<v1::LedgerEntry> entries;
  filter.set_page_size(1000);
  do {
    auto page = reader.Call<v1::ListEntriesResponse>("LedgerService/ListEntries", filter);
    RequireOk("ListEntries", page);
    for (v1::LedgerEntry& entry : *page.value.mutable_entries()) {
      entries.push_back(std::move(entry));
    }
    filter.set_page_token(page.value.next_page_token());
  } while (!filter.page_token().empty());
  return entries;
}

std::string RandomText(size_t bytes) {
  std::string random(bytes, '\0');
  RandomBytes({reinterpret_cast<uint8_t*>(random.data()), random.size()});
  return HexEncode(AsBytes(random));
}

}  // namespace leasehold
