// Every method of the API, called in every way there is: with a role that may, with one that may
// not, and without a credential. What exists comes from the descriptors, so a new method is in the
// test before anybody thinks of it.

#include <google/protobuf/descriptor.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "server/api/method_table.h"
#include "tests/support/api_methods.h"
#include "tests/unit/server/api/api_world.h"

namespace leasehold {
namespace {

// Makes a call with an empty request and reads what comes back.
class EmptyCall final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  EmptyCall(grpc::GenericStub& stub, const std::string& method, const std::string& authorization)
      : endless_(method.find("/Watch") != std::string::npos) {
    if (!authorization.empty()) {
      context_.AddMetadata("authorization", authorization);
    }
    stub.PrepareBidiStreamingCall(&context_, method, grpc::StubOptions(), this);
    grpc::Slice nothing("", 0);
    request_ = grpc::ByteBuffer(&nothing, 1);
    StartWriteLast(&request_, grpc::WriteOptions());
    StartRead(&response_);
    StartCall();
  }
  grpc::Status Wait() {
    done_.WaitForNotification();
    return status_;
  }

 private:
  void OnReadDone(bool ok) override {
    if (ok && endless_) {
      context_.TryCancel();  // it was let in
    }
    if (ok) {
      StartRead(&response_);
    }
  }
  void OnDone(const grpc::Status& status) override {
    status_ = status;
    done_.Notify();
  }

  const bool endless_;
  grpc::ClientContext context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  grpc::Status status_;
  absl::Notification done_;
};

std::vector<std::string> EveryMethod() {
  std::vector<std::string> methods;
  for (const google::protobuf::MethodDescriptor* method : EveryApiMethod()) {
    methods.push_back("/" + method->service()->full_name() + "/" + method->name());
  }
  return methods;
}

bool MayCall(const std::string& path, Role role) {
  size_t slash = path.rfind('/');
  return FindApiMethod(std::string_view(path).substr(1, slash - 1),
                       std::string_view(path).substr(slash + 1))
      .roles.Has(role);
}

TEST_CASE("every method refuses every role that it is not for, before it looks at the request") {
  ApiWorld world;
  world.CreateAgent("agents/a");
  const std::string token = "Bearer " + world.IssueToken("agents/a").token();
  struct Way {
    const char* name;
    std::shared_ptr<grpc::Channel> channel;
    std::string authorization;
    Role role;
  };
  const Way ways[] = {
      {"operator at admin.sock", world.server.admin(), "", Role::kAdmin},
      {"agent's token over TCP", world.server.tcp(), token, Role::kAgent},
      {"agent's token at agent.sock", world.server.agent(), token, Role::kAgent},
      {"agent's token at admin.sock", world.server.admin(), token, Role::kAgent},
      {"adapter at adapter.sock", world.server.adapter(), "", Role::kAdapter},
  };
  for (const Way& way : ways) {
    grpc::GenericStub stub(way.channel);
    for (const std::string& method : EveryMethod()) {
      CAPTURE(way.name, method);
      grpc::Status status = EmptyCall(stub, method, way.authorization).Wait();
      std::string reason = ReasonOfCall(status);
      if (MayCall(method, way.role)) {
        CHECK(reason != "ROLE_FORBIDDEN");
        CHECK(reason != "UNAUTHENTICATED");
        CHECK(status.error_code() != grpc::StatusCode::UNIMPLEMENTED);
        CHECK(status.error_code() != grpc::StatusCode::INTERNAL);
      } else {
        CHECK(reason == "ROLE_FORBIDDEN");
      }
    }
  }
}

TEST_CASE("every method refuses callers who prove nothing") {
  ApiWorld world;
  world.CreateAgent("agents/a");
  const std::string token = world.IssueToken("agents/a").token();
  std::string flipped = token;
  flipped[10] = flipped[10] == 'A' ? 'B' : 'A';
  struct Row {
    const char* name;
    std::shared_ptr<grpc::Channel> channel;
    std::string authorization;
    const char* reason;
  };
  const Row rows[] = {
      {"nothing over TCP", world.server.tcp(), "", "UNAUTHENTICATED"},
      {"nothing at agent.sock", world.server.agent(), "", "UNAUTHENTICATED"},
      {"another scheme", world.server.tcp(), "Basic YTpi", "UNAUTHENTICATED"},
      {"a token with one character changed", world.server.tcp(), "Bearer " + flipped,
       "TOKEN_MALFORMED"},
      {"a bad token even at admin.sock", world.server.admin(), "Bearer " + flipped,
       "TOKEN_MALFORMED"},
      {"an agent's token at adapter.sock", world.server.adapter(), "Bearer " + token,
       "ROLE_FORBIDDEN"},
  };
  for (const Row& row : rows) {
    grpc::GenericStub stub(row.channel);
    for (const std::string& method : EveryMethod()) {
      if (MayCall(method, Role::kNone)) {
        continue;  // for whom anyone is good enough
      }
      CAPTURE(row.name, method);
      CHECK(ReasonOfCall(EmptyCall(stub, method, row.authorization).Wait()) == row.reason);
    }
  }
}

TEST_CASE("without a credential one can only bring one to be checked") {
  std::set<std::string> open;
  for (const std::string& method : EveryMethod()) {
    if (MayCall(method, Role::kNone)) open.insert(method.substr(method.rfind('/') + 1));
  }
  CHECK(open == std::set<std::string>{"CreateSession", "EnrolAgent", "GetLoginOptions"});
}

}  // namespace
}  // namespace leasehold
