#include "server/net/grpc_front_door.h"

#include <grpcpp/create_channel_posix.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/security/credentials.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/net/server_limits.h"
#include "server/net/socket/owned_fd.h"
#include "tests/support/temp_folder.h"

namespace leasehold {
namespace {

// A user that is neither root nor, where the tests run as root, ourselves.
constexpr uid_t kStranger = 54321;

grpc::ByteBuffer BufferOf(const std::string& text) {
  const grpc::Slice slice(text);
  return grpc::ByteBuffer(&slice, 1);
}

std::string TextOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  REQUIRE(buffer.Dump(&slices).ok());
  std::string text;
  for (const grpc::Slice& slice : slices) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}

std::string Describe(const ConnectionInfo& info) {
  return StrCat(ConnectionClassName(info.cls),
                " uid=", info.uid.has_value() ? StrCat(*info.uid) : std::string("-"),
                " agent=", info.agent);
}

// Answers every call with what the connection says about its caller.
class WhoService final : public grpc::CallbackGenericService {
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    class Reactor final : public grpc::ServerGenericBidiReactor {
     public:
      explicit Reactor(const grpc::AuthContext& context)
          : answer_(BufferOf(Describe(ConnectionOf(context)))) {
        StartRead(&request_);
      }
      void OnReadDone(bool /*ok*/) override {
        StartWriteAndFinish(&answer_, grpc::WriteOptions(), grpc::Status::OK);
      }
      void OnDone() override { delete this; }

     private:
      grpc::ByteBuffer request_;
      grpc::ByteBuffer answer_;
    };
    return new Reactor(*context->auth_context());
  }
};

// A gRPC server behind a front door, as main wires it.
class Server {
 public:
  explicit Server(const FrontDoorOptions& options) {
    auto door = GrpcFrontDoor::Listen(options);
    INFO(door.status().ToString());
    REQUIRE(door.ok());
    door_ = *std::move(door);
    grpc::ServerBuilder builder;
    LimitServer(builder);
    builder.RegisterCallbackGenericService(&service_);
    door_->AddTo(builder);
    server_ = builder.BuildAndStart();
    REQUIRE(server_ != nullptr);
    REQUIRE(door_->Start().ok());
  }
  ~Server() {
    door_->Stop();
    server_->Shutdown();
  }

  GrpcFrontDoor& door() { return *door_; }

 private:
  WhoService service_;
  std::unique_ptr<GrpcFrontDoor> door_;
  std::unique_ptr<grpc::Server> server_;
};

// The answer to one call, or the error's text.
std::string Who(const std::shared_ptr<grpc::Channel>& channel,
                const std::vector<std::pair<std::string, std::string>>& metadata = {}) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
  const grpc::ByteBuffer request = BufferOf("who am I");
  grpc::ByteBuffer answer;
  std::mutex mu;
  std::condition_variable changed;
  std::optional<grpc::Status> status;
  stub.UnaryCall(&context, "/test.Who/Ask", grpc::StubOptions(), &request, &answer,
                 [&](const grpc::Status& done) {
                   const std::lock_guard lock(mu);
                   status = done;
                   changed.notify_one();
                 });
  std::unique_lock lock(mu);
  changed.wait(lock, [&status] { return status.has_value(); });
  return status->ok() ? TextOf(answer) : "error: " + status->error_message();
}

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& target,
                                         const std::shared_ptr<grpc::ChannelCredentials>&
                                             credentials = grpc::InsecureChannelCredentials()) {
  grpc::ChannelArguments arguments;
  // Each channel has a connection of its own, as different clients have.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(target, credentials, arguments);
}

FrontDoorOptions AllWays(const TempFolder& folder) {
  return {.thread_name = "test-accept",
          .tcp = SocketAddress::LoopbackV4(0),
          .admin_socket = folder.File("admin.sock"),
          .agent_socket = folder.File("agent.sock"),
          .adapter_socket = folder.File("adapter.sock"),
          .agent_users = {},
          .adapter_users = {}};
}

int ConnectUnix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  return fd;
}

int ConnectTcp(const std::string& address) {
  sockaddr_storage storage;
  const socklen_t length = SocketAddress::Parse(address, "address")->ToSockaddr(&storage);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(connect(fd, reinterpret_cast<const sockaddr*>(&storage), length) == 0);
  return fd;
}

// A connection made by another user. The kernel keeps the user of a thread, glibc that of a
// process, so the raw call changes only a thread of its own.
int ConnectUnixAs(uid_t uid, const std::string& path) {
  int fd = -1;
  std::thread([&fd, uid, &path] {
    if (syscall(SYS_setresuid, -1, uid, -1) == 0) fd = ConnectUnix(path);
  }).join();
  REQUIRE(fd >= 0);
  return fd;
}

// gRPC's server speaks first (its SETTINGS), so a connection that was handed over has something to
// read, and one that was refused ends.
bool IsServed(int fd) {
  char byte = 0;
  return recv(fd, &byte, 1, MSG_PEEK) == 1;
}

TEST_CASE("a handler learns which way its caller came in, and the caller's user", "[net]") {
  const TempFolder folder;
  const FrontDoorOptions options = AllWays(folder);
  Server server(options);
  const std::string uid = std::to_string(geteuid());
  CHECK(Who(ChannelTo(server.door().tcp_address())) == "tcp uid=- agent=");
  CHECK(Who(ChannelTo("unix:" + options.admin_socket)) == "admin uid=" + uid + " agent=");
  CHECK(Who(ChannelTo("unix:" + options.agent_socket)) == "agent uid=- agent=");
  CHECK(Who(ChannelTo("unix:" + options.adapter_socket)) == "adapter uid=" + uid + " agent=");
  // gRPC's own local credentials are what careful clients use.
  CHECK(Who(ChannelTo("unix:" + options.admin_socket, grpc::experimental::LocalCredentials(UDS))) ==
        "admin uid=" + uid + " agent=");
}

TEST_CASE("a client cannot choose its class by what it sends", "[net]") {
  const TempFolder folder;
  const FrontDoorOptions options = AllWays(folder);
  Server server(options);
  const std::vector<std::pair<std::string, std::string>> forged = {
      {"leasehold_class", "admin"},
      {"leasehold_uid", "0"},
      {"leasehold_agent", "triage-bot"},
      {"transport_security_type", "local"}};
  CHECK(Who(ChannelTo(server.door().tcp_address()), forged) == "tcp uid=- agent=");
  CHECK(Who(ChannelTo("unix:" + options.agent_socket), forged) == "agent uid=- agent=");
}

TEST_CASE("many calls at once on one connection see one and the same stamp", "[net]") {
  const TempFolder folder;
  const FrontDoorOptions options = AllWays(folder);
  Server server(options);
  const auto channel = ChannelTo("unix:" + options.admin_socket);
  const std::string expected = "admin uid=" + std::to_string(geteuid()) + " agent=";
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 25; ++i) right += Who(channel) == expected ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  // A second stamp would stop the process in ConnectionOf.
  CHECK(right == 200);
}

TEST_CASE("each socket's file has its mode", "[net]") {
  const TempFolder folder;
  const FrontDoorOptions options = AllWays(folder);
  Server server(options);
  const std::pair<std::string, mode_t> rows[] = {
      {options.admin_socket, 0600}, {options.agent_socket, 0666}, {options.adapter_socket, 0660}};
  for (const auto& [path, mode] : rows) {
    INFO(path);
    struct stat file {};
    REQUIRE(lstat(path.c_str(), &file) == 0);
    CHECK((file.st_mode & 07777) == mode);
  }
}

TEST_CASE("another user is an agent by configuration, and never an operator", "[net]") {
  if (geteuid() != 0) {
    WARN("needs root to act as another user");
    return;
  }
  const TempFolder folder;
  FrontDoorOptions options = AllWays(folder);
  options.agent_users = {{std::to_string(kStranger), "triage-bot"}};
  options.adapter_users = {std::to_string(kStranger + 1)};
  Server server(options);
  // As if somebody had opened the folder and the files by mistake.
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  for (const auto& path : {options.admin_socket, options.adapter_socket}) {
    std::filesystem::permissions(path, std::filesystem::perms(0666));
  }
  const auto who_as = [](uid_t uid, const std::string& path) {
    return Who(grpc::CreateInsecureChannelFromFd("test", ConnectUnixAs(uid, path)));
  };
  CHECK(who_as(kStranger, options.agent_socket) ==
        StrCat("agent uid=", kStranger, " agent=triage-bot"));
  CHECK(who_as(kStranger + 1, options.agent_socket) == "agent uid=- agent=");
  CHECK(who_as(kStranger + 1, options.adapter_socket) ==
        StrCat("adapter uid=", kStranger + 1, " agent="));
  for (const auto& path : {options.admin_socket, options.adapter_socket}) {
    INFO(path);
    const OwnedFd fd(ConnectUnixAs(kStranger, path));
    CHECK_FALSE(IsServed(fd.get()));
  }
}

TEST_CASE("root, the server's own user and strangers to this machine cannot be agents", "[net]") {
  const TempFolder folder;
  for (const std::string& user :
       {std::string("root"), std::to_string(geteuid()), std::string("no-such-user-here")}) {
    INFO(user);
    FrontDoorOptions options = AllWays(folder);
    options.agent_users = {{user, "triage-bot"}};
    const auto door = GrpcFrontDoor::Listen(options);
    REQUIRE_FALSE(door.ok());
    CHECK(ReasonOf(door.status()) == Reason::kConfigInvalid);
    CHECK(std::filesystem::is_empty(folder.path()));
  }
  FrontDoorOptions options = AllWays(folder);
  options.agent_users = {{"54321", "a"}, {"054321", "b"}};
  CHECK(ReasonOf(GrpcFrontDoor::Listen(options).status()) == Reason::kConfigInvalid);
}

TEST_CASE("gRPC keeps a descriptor's number, so that closed connections free their places",
          "[net]") {
  const TempFolder folder;
  FrontDoorOptions options = AllWays(folder);
  options.tcp_limits = {.total = 3, .per_peer = 3};
  options.agent_limits = {.total = 2, .per_peer = 2};
  Server server(options);
  const bool tcp = GENERATE(true, false);
  const size_t limit = tcp ? 3 : 2;
  const auto connect_once = [&] {
    return OwnedFd(tcp ? ConnectTcp(server.door().tcp_address())
                       : ConnectUnix(options.agent_socket));
  };
  std::vector<OwnedFd> open;
  for (size_t i = 0; i < limit; ++i) {
    open.push_back(connect_once());
    REQUIRE(IsServed(open.back().get()));
  }
  for (int i = 0; i < 20; ++i) {
    const OwnedFd beyond = connect_once();
    CHECK_FALSE(IsServed(beyond.get()));
  }
  // gRPC closes its end a moment after ours.
  open.pop_back();
  OwnedFd again = connect_once();
  for (int i = 0; i < 10'000 && !IsServed(again.get()); ++i) again = connect_once();
  CHECK(IsServed(again.get()));
  const OwnedFd beyond = connect_once();
  CHECK_FALSE(IsServed(beyond.get()));
}

TEST_CASE("two servers have a door each, and a taken address is named", "[net]") {
  const TempFolder folder;
  FrontDoorOptions main_ways = AllWays(folder);
  main_ways.adapter_socket.clear();
  const FrontDoorOptions adapter_way = {.thread_name = "test-adapter",
                                        .tcp = std::nullopt,
                                        .admin_socket = {},
                                        .agent_socket = {},
                                        .adapter_socket = folder.File("adapter.sock"),
                                        .agent_users = {},
                                        .adapter_users = {}};
  Server main_server(main_ways);
  Server adapter_server(adapter_way);
  const std::string uid = std::to_string(geteuid());
  CHECK(Who(ChannelTo("unix:" + main_ways.admin_socket)) == "admin uid=" + uid + " agent=");
  CHECK(Who(ChannelTo("unix:" + adapter_way.adapter_socket)) == "adapter uid=" + uid + " agent=");
  CHECK(adapter_server.door().tcp_address().empty());

  FrontDoorOptions second = main_ways;
  CHECK(ReasonOf(GrpcFrontDoor::Listen(second).status()) == Reason::kAddressInUse);
  const TempFolder elsewhere;
  second = AllWays(elsewhere);
  second.tcp = *SocketAddress::Parse(main_server.door().tcp_address(), "address");
  CHECK(ReasonOf(GrpcFrontDoor::Listen(second).status()) == Reason::kAddressInUse);
}

TEST_CASE("after Stop nobody comes in, and those who are in are served", "[net]") {
  const TempFolder folder;
  const FrontDoorOptions options = AllWays(folder);
  Server server(options);
  const auto channel = ChannelTo(server.door().tcp_address());
  const std::string address = server.door().tcp_address();
  REQUIRE(Who(channel) == "tcp uid=- agent=");
  server.door().Stop();
  CHECK(std::filesystem::is_empty(folder.path()));
  CHECK(Who(channel) == "tcp uid=- agent=");
  CHECK(Who(ChannelTo(address)).find("error: ") == 0);
  server.door().Stop();
}

}  // namespace
}  // namespace leasehold
