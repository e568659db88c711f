#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "leasehold/v1/admin.pb.h"
#include "server/api/method_table.h"
#include "server/api/unsealing.h"
#include "server/base/status.h"
#include "tests/unit/server/api/api_world.h"
#include "tests/unit/server/vault/secrets_for_tests.h"

namespace leasehold {
namespace {

// The call's reason, with an empty request.
std::string ReasonOfEmptyCall(const std::shared_ptr<grpc::Channel>& channel,
                              const std::string& token, const ApiMethod& method) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  // A watch that is let in has no end.
  if (method.name.starts_with("Watch")) {
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Milliseconds(300)));
  }
  grpc::CompletionQueue queue;
  const grpc::Slice nothing;
  const grpc::ByteBuffer request(&nothing, 1);
  const auto call = stub.PrepareUnaryCall(
      &context, "/" + std::string(method.service) + "/" + std::string(method.name), request,
      &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, &status);
  void* tag = nullptr;
  bool ok = false;
  REQUIRE(queue.Next(&tag, &ok));
  return ReasonOfCall(status);
}

Answer<v1::UnsealResponse> Unseal(ApiWorld& world, const std::string& passphrase) {
  v1::UnsealRequest request;
  request.set_passphrase(passphrase);
  return Ask(*world.admin, &v1::AdminService::Stub::Unseal, request);
}

v1::Status StatusOf(ApiWorld& world) {
  const auto status = Ask(*world.admin, &v1::AdminService::Stub::GetStatus, v1::GetStatusRequest());
  CHECK(status.status.ok());
  return status.response;
}

}  // namespace

// What the table promises, method by method: with what the caller may and may not do.
TEST_CASE("while sealed each method answers as the table of methods says") {
  const SecretBytes passphrase = RandomSecret(30);
  ApiWorld world(&passphrase);
  world.CreateAgent("agents/bot");
  const std::string token = world.IssueToken("agents/bot").token();
  const auto adapters = world.server.adapter();
  size_t refused = 0;
  for (const ApiMethod& method : AllApiMethods()) {
    INFO(method.service << "/" << method.name);
    const bool needs_keys = method.keys == Keys::kNeeded;
    refused += needs_keys ? 1 : 0;
    for (const auto& [role, channel] :
         {std::pair(Role::kAdmin, world.operators), std::pair(Role::kAdapter, adapters),
          std::pair(Role::kAgent, world.agents)}) {
      const std::string reason =
          ReasonOfEmptyCall(channel, role == Role::kAgent ? token : "", method);
      if (!method.roles.IsAnyone() && !method.roles.Has(role)) {
        CHECK(reason == "ROLE_FORBIDDEN");
      } else {
        CHECK((reason == "SEALED") == needs_keys);
      }
    }
  }
  CHECK(refused > 8);
}

TEST_CASE("an operator stops, holds, resumes and reads the ledger of a sealed server") {
  const SecretBytes passphrase = RandomSecret(30);
  ApiWorld world(&passphrase);
  CHECK(StatusOf(world).sealed());
  CHECK_FALSE(StatusOf(world).ready());
  world.CreateAgent("agents/bot");
  v1::RevokeRequest revoke;
  revoke.mutable_selector()->set_agent("agents/bot");
  revoke.set_reason("while sealed");
  CHECK(Ask(*world.revocations, &v1::RevocationService::Stub::Revoke, revoke).status.ok());
  CHECK(StatusOf(world).holds() == 1);
  v1::ResumeRequest resume;
  resume.mutable_selector()->set_agent("agents/bot");
  resume.set_reason("while sealed");
  CHECK(Ask(*world.revocations, &v1::RevocationService::Stub::Resume, resume).status.ok());
  CHECK(StatusOf(world).holds() == 0);

  // Page by page: tokens of pages need a key too.
  v1::ListEntriesRequest list;
  list.set_page_size(1);
  int pages = 0;
  do {
    const auto page = Ask(*world.ledger, &v1::LedgerService::Stub::ListEntries, list);
    REQUIRE(page.status.error_message() == "");
    list.set_page_token(page.response.next_page_token());
    ++pages;
  } while (!list.page_token().empty());
  CHECK(pages > 3);
  // Who checks signatures is told by whom, before there are any.
  const auto info =
      Ask(*world.admin, &v1::AdminService::Stub::GetServerInfo, v1::GetServerInfoRequest());
  CHECK(info.status.ok());
  CHECK(info.response.verifier_key() != "");
}

TEST_CASE("the right passphrase unseals, every other gets one answer and nothing changes") {
  const std::string typed = RandomText(30);
  const SecretBytes passphrase = Secret(typed);
  ApiWorld world(&passphrase);
  v1::ListEntriesRequest list;
  list.set_page_size(1);
  const std::string page_token =
      Ask(*world.ledger, &v1::LedgerService::Stub::ListEntries, list).response.next_page_token();

  const auto wrong = Unseal(world, RandomText(20));
  CHECK(wrong.reason() == "ROOT_KEY_WRONG");
  for (const std::string& text : {typed.substr(1), typed + "\n", std::string(1, '\0')}) {
    const auto answer = Unseal(world, text);
    CHECK(answer.reason() == "ROOT_KEY_WRONG");
    CHECK(answer.status.error_message() == wrong.status.error_message());
  }
  CHECK(Unseal(world, "").reason() == "INVALID_ARGUMENT");
  CHECK(Unseal(world, std::string(2000, 'x')).reason() == "INVALID_ARGUMENT");
  CHECK(StatusOf(world).sealed());

  CHECK(Unseal(world, typed).status.error_message() == "");
  CHECK_FALSE(StatusOf(world).sealed());
  CHECK(StatusOf(world).ready());
  CHECK(Unseal(world, typed).reason() == "FAILED_PRECONDITION");
  world.CreateSecret("secrets/login");
  world.AddVersion("secrets/login");
  CHECK(Ask(*world.ledger, &v1::LedgerService::Stub::GetCheckpoint, v1::GetCheckpointRequest())
            .status.ok());
  // A list that was begun while sealed goes on.
  list.set_page_token(page_token);
  CHECK(Ask(*world.ledger, &v1::LedgerService::Stub::ListEntries, list).status.ok());

  world.server.Restart();
  CHECK(StatusOf(world).sealed());
}

TEST_CASE("guessing passphrases is slow, and only one is tried at a time") {
  int tried = 0;
  absl::Status nested;
  Unsealing* self = nullptr;
  Unsealing unsealing([&](const SecretBytes&) {
    if (++tried == 1) nested = self->Unseal(Secret("x"), absl::UnixEpoch());
    return Error(Reason::kRootKeyWrong, "wrong");
  });
  self = &unsealing;
  absl::Time now = absl::UnixEpoch();
  for (size_t i = 0; i < Unsealing::kWrongMax; ++i) {
    CHECK(ReasonOf(unsealing.Unseal(Secret("x"), now)) == Reason::kRootKeyWrong);
    now += absl::Seconds(1);
  }
  CHECK(ReasonOf(nested) == Reason::kOverloaded);
  CHECK(tried == static_cast<int>(Unsealing::kWrongMax));
  // The right one would have to wait too.
  CHECK(ReasonOf(unsealing.Unseal(Secret("x"), now)) == Reason::kOverloaded);
  CHECK(tried == static_cast<int>(Unsealing::kWrongMax));
  // As long as the answer says, and not longer.
  now = absl::UnixEpoch() + Unsealing::kWindow;
  CHECK(ReasonOf(unsealing.Unseal(Secret("x"), now)) == Reason::kRootKeyWrong);
}

TEST_CASE("a passphrase in a request is wiped, whatever becomes of it") {
  v1::UnsealRequest request;
  request.set_passphrase(RandomText(30));
  CHECK(ReceivedPassphrase::Take(&request).ok());
  CHECK(request.passphrase().empty());
}

TEST_CASE("keys are rotated by operators, all or those that are named") {
  ApiWorld world;
  world.CreateSecret("secrets/login");
  world.AddVersion("secrets/login");
  const auto rotate = [&](std::vector<v1::KeyUse> uses) {
    v1::RotateKeysRequest request;
    for (const v1::KeyUse use : uses) request.add_uses(use);
    return Ask(*world.admin, &v1::AdminService::Stub::RotateKeys, request);
  };
  const auto all = rotate({});
  REQUIRE(all.status.error_message() == "");
  REQUIRE(all.response.keys_size() == 3);
  CHECK(all.response.keys(0).use() == v1::KEY_USE_ENCRYPTION);
  CHECK(all.response.keys(0).rewrapped_versions() == 1);
  for (const v1::RotatedKey& key : all.response.keys()) CHECK(key.number() == 2);
  const auto one = rotate({v1::KEY_USE_CHECKPOINT, v1::KEY_USE_CHECKPOINT});
  REQUIRE(one.response.keys_size() == 1);
  CHECK(one.response.keys(0).number() == 3);
  CHECK(rotate({v1::KEY_USE_UNSPECIFIED}).reason() == "INVALID_ARGUMENT");
  CHECK(rotate({static_cast<v1::KeyUse>(9)}).reason() == "INVALID_ARGUMENT");

  v1::ListEntriesRequest list;
  list.add_kinds("key_rotated");
  const auto entries = Ask(*world.ledger, &v1::LedgerService::Stub::ListEntries, list);
  REQUIRE(entries.response.entries_size() == 4);
  CHECK(entries.response.entries(3).summary() == "checkpoint key 3 in use");
  CHECK(entries.response.entries(3).index() == one.response.keys(0).index());
}

}  // namespace leasehold
