#include "client/cli/server_place.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "client/cli/terminal/cli_error.h"
#include "server/base/crypto_bytes.h"
#include "server/base/token_text.h"
#include "tests/unit/client/cli/run_cli.h"

namespace leasehold {
namespace {

std::string FreshToken(TokenKind kind) {
  uint8_t bytes[24];
  RandomBytes(bytes);
  return FrameToken(kind, bytes);
}

TEST_CASE("the flag beats the environment, which beats the default") {
  const ScopedVariable server("LEASEHOLD_SERVER", "127.0.0.1:1");
  CHECK(*ServerAddress("unix:/a/admin.sock", "/d", {}) == "unix:/a/admin.sock");
  CHECK(*ServerAddress("/a/admin.sock", "/d", {}) == "unix:/a/admin.sock");
  CHECK(*ServerAddress(std::nullopt, "/d", {}) == "127.0.0.1:1");
  const ScopedVariable none("LEASEHOLD_SERVER", nullptr);
  CHECK(*ServerAddress(std::nullopt, "/d", {}) == "unix:/d/admin.sock");
}

TEST_CASE("a data folder that is not there is named") {
  const TemporaryFolder folder;
  CHECK(CheckDataFolder(folder.path()).ok());
  const absl::Status missing = CheckDataFolder(folder.path() + "/none");
  CHECK(missing.message() == "the data folder " + folder.path() + "/none does not exist");
  CHECK(ExitStatusOf(missing) == ExitStatus::kUnavailable);
}

TEST_CASE("an agent goes to the port that the server of the data folder has") {
  const ScopedVariable none("LEASEHOLD_SERVER", nullptr);
  const TemporaryFolder folder;
  CHECK(*ServerAddress(std::nullopt, folder.path(), {.token = true}) == "127.0.0.1:8640");
  folder.Write("endpoints.json",
               R"({"grpc":"127.0.0.1:34567","broker":"127.0.0.1:1","metrics":"","pid":42})");
  CHECK(*ServerAddress(std::nullopt, folder.path(), {.token = true}) == "127.0.0.1:34567");
  const auto endpoints = ReadEndpoints(folder.path());
  REQUIRE(endpoints.has_value());
  CHECK(endpoints->broker == "127.0.0.1:1");
  CHECK(endpoints->pid == 42);
}

TEST_CASE("endpoints that make no sense count as none") {
  const TemporaryFolder folder;
  CHECK_FALSE(ReadEndpoints(folder.path()).has_value());
  for (const char* text : {"", "{", "[]", "42"}) {
    folder.Write("endpoints.json", text);
    CHECK_FALSE(ReadEndpoints(folder.path()).has_value());
  }
  folder.Write("endpoints.json", R"({"grpc": 7, "pid": "x"})");
  CHECK(ReadEndpoints(folder.path())->grpc.empty());
  CHECK(ReadEndpoints(folder.path())->pid == 0);
}

TEST_CASE("only this machine is spoken to without TLS") {
  for (const char* here : {"localhost:1", "127.0.0.1:1", "127.9.9.9:1", "[::1]:1"}) {
    INFO(here);
    CHECK(ServerAddress(here, "/d", {.token = true}).ok());
  }
  for (const char* there :
       {"10.0.0.1:1", "example.com:8640", "0.0.0.0:1", "[2001:db8::1]:1", "127.0.0.1.example.com:1",
        "localhost.example.com:1", "just-a-name", "https://127.0.0.1:1", ""}) {
    INFO(there);
    const auto address = ServerAddress(there, "/d", {.token = true});
    REQUIRE_FALSE(address.ok());
    CHECK(ExitStatusOf(address.status()) == ExitStatus::kUsage);
  }
}

TEST_CASE("revocations go to the socket beside the admin socket where there is one") {
  const TemporaryFolder folder;
  const std::string admin = "unix:" + folder.path() + "/admin.sock";
  CHECK(RevocationAddress(admin) == admin);
  folder.Write("revoke.sock", "a file is no socket");
  CHECK(RevocationAddress(admin) == admin);
  unlink((folder.path() + "/revoke.sock").c_str());
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, (folder.path() + "/revoke.sock").c_str(),
               sizeof(address.sun_path) - 1);
  REQUIRE(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  CHECK(RevocationAddress(admin) == "unix:" + folder.path() + "/revoke.sock");
  CHECK(RevocationAddress("127.0.0.1:8640") == "127.0.0.1:8640");
  close(fd);
}

TEST_CASE("the agent token comes from a variable or a file, and a wrong one is never sent") {
  const ScopedVariable no_file("LEASEHOLD_TOKEN_FILE", nullptr);
  const std::string token = FreshToken(TokenKind::kAgentToken);
  {
    const ScopedVariable none("LEASEHOLD_TOKEN", nullptr);
    CHECK(AgentToken()->empty());
    const TemporaryFolder folder;
    const std::string path = folder.Write("token", token + "\n");
    const ScopedVariable file("LEASEHOLD_TOKEN_FILE", path.c_str());
    CHECK(*AgentToken() == token);
    const ScopedVariable missing("LEASEHOLD_TOKEN_FILE", "/nonexistent/token");
    CHECK(ExitStatusOf(AgentToken().status()) == ExitStatus::kNotAuthenticated);
  }
  const ScopedVariable right("LEASEHOLD_TOKEN", token.c_str());
  CHECK(*AgentToken() == token);
  const std::string handle = FreshToken(TokenKind::kBrokerHandle);
  const ScopedVariable wrong("LEASEHOLD_TOKEN", handle.c_str());
  const auto refused = AgentToken();
  REQUIRE_FALSE(refused.ok());
  CHECK(ExitStatusOf(refused.status()) == ExitStatus::kNotAuthenticated);
  CHECK(std::string(refused.status().message()).find(handle) == std::string::npos);
}

TEST_CASE("the data folder is the flag's, the variable's, or the user's own") {
  const ScopedVariable variable("LEASEHOLD_DATA_DIR", "/from/variable");
  CHECK(DataFolder("/from/flag") == "/from/flag");
  CHECK(DataFolder(std::nullopt) == "/from/variable");
  const ScopedVariable none("LEASEHOLD_DATA_DIR", nullptr);
  const ScopedVariable home("XDG_DATA_HOME", "/xdg");
  CHECK(DataFolder(std::nullopt) == (geteuid() == 0 ? "/var/lib/leasehold" : "/xdg/leasehold"));
}

}  // namespace
}  // namespace leasehold
