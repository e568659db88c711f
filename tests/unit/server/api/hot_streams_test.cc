// KeepAlive and StreamAuthorizeUse over real sockets.

#include "server/api/hot/hot_streams.h"

#include <grpcpp/grpcpp.h>

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/server/api/api_world.h"

namespace leasehold {
namespace {

// One stream of a client that reads and writes when it likes.
template <typename Request, typename Response>
class ClientStream {
 public:
  using Io = grpc::ClientReaderWriter<Request, Response>;

  template <typename Open>
  ClientStream(const std::string& token, Open&& open) {
    context_.AddMetadata("authorization", "Bearer " + token);
    io_ = open(&context_);
  }

  bool Write(const Request& request) { return io_->Write(request); }
  bool Read(Response* response) { return io_->Read(response); }
  void WritesDone() { io_->WritesDone(); }
  grpc::Status Finish() { return io_->Finish(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<Io> io_;
};
using KeepAliveStream = ClientStream<v1::KeepAliveRequest, v1::KeepAliveResponse>;
using UseStream = ClientStream<v1::StreamAuthorizeUseRequest, v1::StreamAuthorizeUseResponse>;

// An agent with a lease on a secret that it may read with at one target.
class StreamWorld : public ApiWorld {
 public:
  StreamWorld() {
    CreateSecret("secrets/github/pat");
    AddVersion("secrets/github/pat");
    CreateTarget("targets/github", "github/**");
    CreateAgent("agents/bot");
    v1::Policy policy = ReadPolicy("reads", "github");
    policy.mutable_lease()->mutable_ttl()->set_seconds(600);
    policy.mutable_lease()->mutable_max_ttl()->set_seconds(3600);
    Apply({policy});
    token = IssueToken("agents/bot").token();
    lease = Lease();
  }

  v1::AcquireLeaseResponse Lease() {
    auto acquired = Acquire(token, "secrets/github/pat");
    REQUIRE(acquired.status.error_message() == "");
    return acquired.response;
  }

  std::unique_ptr<KeepAliveStream> KeepAlive(v1::LeaseService::Stub& stub) {
    return std::make_unique<KeepAliveStream>(
        token, [&](grpc::ClientContext* context) { return stub.KeepAlive(context); });
  }
  std::unique_ptr<KeepAliveStream> KeepAlive() { return KeepAlive(*leases); }
  std::unique_ptr<UseStream> UseStreamOf(const std::string& caller) {
    return std::make_unique<UseStream>(
        caller, [&](grpc::ClientContext* context) { return uses->StreamAuthorizeUse(context); });
  }

  // A use that names its place in the path.
  v1::StreamAuthorizeUseRequest UseAt(int place) const {
    v1::StreamAuthorizeUseRequest message;
    v1::AuthorizeUseRequest& use = *message.mutable_use();
    use.set_token(lease.token());
    use.set_target("targets/github");
    use.set_method("GET");
    use.set_path("/items/" + std::to_string(place));
    return message;
  }

  v1::Revocation Revoke(const v1::Selector& selector) {
    v1::RevokeRequest request;
    *request.mutable_selector() = selector;
    request.set_reason("test");
    auto answer = Ask(*revocations, &v1::RevocationService::Stub::Revoke, request);
    REQUIRE(answer.status.error_message() == "");
    return answer.response;
  }
  v1::Revocation RevokeBot() {
    v1::Selector selector;
    selector.set_agent("agents/bot");
    return Revoke(selector);
  }

  std::string token;
  v1::AcquireLeaseResponse lease;
};

v1::KeepAliveRequest Keep(const std::string& token, int64_t ttl_s = 0) {
  v1::KeepAliveRequest message;
  message.set_token(token);
  if (ttl_s > 0) message.mutable_ttl()->set_seconds(ttl_s);
  return message;
}

}  // namespace

TEST_CASE("a stream keeps its lease alive message by message") {
  StreamWorld world;
  auto stream = world.KeepAlive();
  v1::KeepAliveResponse answer;
  int64_t last = 0;
  for (int i = 0; i < 5; ++i) {
    // Later messages need no token.
    REQUIRE(stream->Write(Keep(i == 0 ? world.lease.token() : "", 100 + 100 * i)));
    REQUIRE(stream->Read(&answer));
    REQUIRE(answer.has_lease());
    CHECK(answer.lease().name() == world.lease.lease().name());
    CHECK(answer.lease().expire_time().seconds() >= last);
    last = answer.lease().expire_time().seconds();
  }
  stream->WritesDone();
  CHECK_FALSE(stream->Read(&answer));
  CHECK(stream->Finish().ok());
}

TEST_CASE("streams end with a last message that says why, whatever ends their lease") {
  struct Row {
    const char* what;
    std::function<void(StreamWorld&)> end;
    const char* reason;
  };
  const Row row = GENERATE(values<Row>({
      {"its agent is revoked", [](StreamWorld& w) { w.RevokeBot(); }, "LEASE_REVOKED"},
      {"the lease is revoked",
       [](StreamWorld& w) {
         v1::Selector selector;
         selector.set_lease(w.lease.lease().name());
         w.Revoke(selector);
       },
       "LEASE_REVOKED"},
      {"it is released",
       [](StreamWorld& w) {
         v1::ReleaseLeaseRequest release;
         release.set_token(w.lease.token());
         REQUIRE(
             Ask(*w.leases, &v1::LeaseService::Stub::ReleaseLease, release, w.token).status.ok());
       },
       "LEASE_RELEASED"},
      {"the agent is deleted",
       [](StreamWorld& w) {
         v1::DeleteAgentRequest request;
         request.set_name("agents/bot");
         REQUIRE(Ask(*w.identity, &v1::IdentityService::Stub::DeleteAgent, request).status.ok());
       },
       "LEASE_REVOKED"},
  }));
  INFO(row.what);
  StreamWorld world;
  auto keep = world.KeepAlive();
  v1::KeepAliveResponse kept;
  REQUIRE(keep->Write(Keep(world.lease.token())));
  REQUIRE(keep->Read(&kept));
  auto use = world.UseStreamOf(world.token);
  v1::StreamAuthorizeUseResponse used;
  REQUIRE(use->Write(world.UseAt(0)));
  REQUIRE(use->Read(&used));
  REQUIRE(used.result().response().allowed());

  row.end(world);
  REQUIRE(keep->Read(&kept));
  CHECK(kept.ended().reason() == row.reason);
  CHECK(kept.ended().message() != "");
  CHECK_FALSE(keep->Read(&kept));
  CHECK(ReasonOfCall(keep->Finish()) == row.reason);
  REQUIRE(use->Read(&used));
  CHECK(used.ended().reason() == row.reason);
  CHECK_FALSE(use->Read(&used));
  CHECK(ReasonOfCall(use->Finish()) == row.reason);
}

TEST_CASE("a stream ends with the token it was opened with, though its lease lives on") {
  StreamWorld world;
  const v1::IssueTokenResponse second = world.IssueToken("agents/bot");
  auto stream = world.UseStreamOf(second.token());
  v1::StreamAuthorizeUseResponse answer;
  REQUIRE(stream->Write(world.UseAt(0)));
  REQUIRE(stream->Read(&answer));
  REQUIRE(answer.result().response().allowed());
  v1::RevokeTokenRequest revoke;
  revoke.set_name(second.name());
  REQUIRE(Ask(*world.identity, &v1::IdentityService::Stub::RevokeToken, revoke).status.ok());
  REQUIRE(stream->Read(&answer));
  CHECK(answer.ended().reason() == "CREDENTIAL_REVOKED");
  CHECK(ReasonOfCall(stream->Finish()) == "CREDENTIAL_REVOKED");
  CHECK(world.Use(world.token, world.lease.token(), "targets/github").response.allowed());
}

TEST_CASE("a stream is about one lease of its caller, which the first message names") {
  StreamWorld world;
  world.CreateAgent("agents/other");
  const std::string other = world.IssueToken("agents/other").token();
  const v1::AcquireLeaseResponse second = world.Lease();
  struct Row {
    const char* what;
    std::string caller;
    std::vector<std::string> tokens;
    const char* reason;
  };
  const Row rows[] = {
      {"no token", world.token, {""}, "INVALID_ARGUMENT"},
      {"another lease later",
       world.token,
       {world.lease.token(), second.token()},
       "INVALID_ARGUMENT"},
      {"another agent's lease", other, {world.lease.token()}, "LEASE_NOT_BOUND"},
      {"what is no token", world.token, {"lhl_nothing"}, "TOKEN_MALFORMED"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    UseStream uses(row.caller,
                   [&](auto* context) { return world.uses->StreamAuthorizeUse(context); });
    KeepAliveStream keeps(row.caller,
                          [&](auto* context) { return world.leases->KeepAlive(context); });
    for (const std::string& token : row.tokens) {
      v1::StreamAuthorizeUseRequest use = world.UseAt(0);
      use.mutable_use()->set_token(token);
      uses.Write(use);
      keeps.Write(Keep(token));
    }
    v1::StreamAuthorizeUseResponse used;
    while (uses.Read(&used) && !used.has_ended()) {
    }
    CHECK(used.ended().reason() == row.reason);
    CHECK(ReasonOfCall(uses.Finish()) == row.reason);
    v1::KeepAliveResponse kept;
    while (keeps.Read(&kept) && !kept.has_ended()) {
    }
    CHECK(kept.ended().reason() == row.reason);
    CHECK(ReasonOfCall(keeps.Finish()) == row.reason);
  }
}

TEST_CASE("uses of a stream are judged while earlier ones wait, and answered in their order") {
  StreamWorld world;
  auto stream = world.UseStreamOf(world.token);
  constexpr int kUses = 1000;
  std::thread writer([&] {
    for (int i = 0; i < kUses; ++i) {
      v1::StreamAuthorizeUseRequest message = world.UseAt(i);
      v1::AuthorizeUseRequest& use = *message.mutable_use();
      if (i % 5 == 1) use.set_method("POST");   // denied
      if (i % 5 == 3) use.set_path("no path");  // not judged, and so answered at once
      if (i > 0) use.clear_token();
      stream->Write(message);
    }
    stream->WritesDone();
  });
  v1::StreamAuthorizeUseResponse answer;
  uint64_t last = 0;
  int answers = 0;
  bool in_order = true;
  while (stream->Read(&answer)) {
    const v1::AuthorizeUseResult& result = answer.result();
    const int kind = answers++ % 5;
    in_order = in_order && result.has_error() == (kind == 3) &&
               result.response().allowed() == (kind != 1 && kind != 3);
    if (result.response().entry() != 0) {  // refusals beyond ten are summarised
      in_order = in_order && result.response().entry() > last;
      last = result.response().entry();
    }
  }
  writer.join();
  CHECK(stream->Finish().ok());
  CHECK(answers == kUses);
  CHECK(in_order);
}

TEST_CASE("who takes no answers is not read any more, and is cut when the lease ends") {
  StreamWorld world;
  const auto narrow = v1::UseService::NewStub(NarrowChannel(world.server.File("agent.sock")));
  auto stream = std::make_unique<UseStream>(
      world.token, [&](auto* context) { return narrow->StreamAuthorizeUse(context); });
  constexpr int kUses = 200'000;
  int written = 0;
  std::thread writer([&] {
    while (written < kUses && stream->Write(world.UseAt(written))) ++written;
  });
  // Once the answers fill what a connection takes nothing more is judged. The others go on.
  const auto judged = [&] {
    v1::GetLeaseRequest request;
    request.set_name(world.lease.lease().name());
    return Ask(*world.leases, &v1::LeaseService::Stub::GetLease, request, world.token)
        .response.allowed_uses();
  };
  const auto other = world.Lease();
  uint64_t before = 0;
  for (int same = 0; same < 20;) {
    REQUIRE(world.Use(world.token, other.token(), "targets/github").response.allowed());
    const uint64_t now = judged();
    same = now == before && now > 0 ? same + 1 : 0;
    before = now;
  }
  world.RevokeBot();
  writer.join();
  CHECK(written < kUses);
  v1::StreamAuthorizeUseResponse answer;
  while (stream->Read(&answer)) {
  }
  const grpc::Status status = stream->Finish();
  CHECK_FALSE(status.ok());
  CHECK(status.error_message().find("was revoked at entry") != std::string::npos);
}

TEST_CASE("a thousand streams are open at once, and one revocation ends them all") {
  StreamWorld world;
  constexpr size_t kStreams = 1000;
  static_assert(kStreams < HotStreams::kOfAgentMax);
  // A connection takes 1,000 calls.
  const auto tcp = v1::LeaseService::NewStub(world.server.tcp());
  std::vector<std::unique_ptr<KeepAliveStream>> streams;
  v1::KeepAliveResponse answer;
  const auto open = [&] {
    streams.push_back(world.KeepAlive(streams.size() % 2 == 0 ? *tcp : *world.leases));
    streams.back()->Write(Keep(world.lease.token(), 60));
    return streams.back()->Read(&answer) && answer.has_lease();
  };
  for (size_t i = 0; i < kStreams; ++i) REQUIRE(open());
  while (streams.size() < HotStreams::kOfAgentMax) REQUIRE(open());
  CHECK_FALSE(open());
  CHECK(ReasonOfCall(streams.back()->Finish()) == "OVERLOADED");
  streams.pop_back();
  // The server is as quick for others as before.
  CHECK(world.Use(world.token, world.lease.token(), "targets/github").response.allowed());

  const v1::Revocation revoked = world.RevokeBot();
  size_t ended = 0;
  for (const auto& stream : streams) {
    while (stream->Read(&answer)) ended += answer.ended().reason() == "LEASE_REVOKED" ? 1 : 0;
    stream->Finish();
  }
  CHECK(ended == HotStreams::kOfAgentMax);
  v1::GetRevocationRequest get;
  get.set_name(revoked.name());
  const auto told = Ask(*world.revocations, &v1::RevocationService::Stub::GetRevocation, get);
  CHECK(told.response.streams_cut() == HotStreams::kOfAgentMax);
  const double took = static_cast<double>(told.response.last_cut_time().seconds() -
                                          revoked.create_time().seconds());
  INFO("the last was cut " << took << " s after the revocation");
  CHECK(told.response.first_cut_time().seconds() >= revoked.create_time().seconds());
}

TEST_CASE("streams do not hold up the end of the server, and are told") {
  StreamWorld world;
  auto stream = world.KeepAlive();
  auto silent = world.KeepAlive();
  v1::KeepAliveResponse answer;
  REQUIRE(stream->Write(Keep(world.lease.token())));
  REQUIRE(stream->Read(&answer));
  world.server.Restart();
  REQUIRE(stream->Read(&answer));
  CHECK(answer.ended().reason() == "SHUTTING_DOWN");
  CHECK(ReasonOfCall(stream->Finish()) == "SHUTTING_DOWN");
  REQUIRE(silent->Read(&answer));
  CHECK(answer.ended().reason() == "SHUTTING_DOWN");
  CHECK_FALSE(silent->Finish().ok());
}

}  // namespace leasehold
