#include "server/config/config_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "server/base/status.h"
#include "tests/support/temp_folder.h"

namespace leasehold {
namespace {

TEST_CASE("a file's values come with their places", "[config]") {
  const auto settings = ParseConfigText(
      "# how we listen\n"
      "listen: 127.0.0.1:9000\n"
      "agent_socket_users:\n"
      "  alice: triage-bot\n"
      "  1001: bots/deploy\n"
      "adapter_socket_users: [www-data]\n"
      "broker_client_networks: [127.0.0.0/8, \"10.0.0.0/8\"]\n"
      "limits:\n"
      "  grpc_connections: 7\n",
      "f.yaml");
  INFO(settings.status().ToString());
  REQUIRE(settings.ok());
  CHECK(settings->values.size() == 2);
  CHECK(settings->values.at("listen").value == "127.0.0.1:9000");
  CHECK(settings->values.at("listen").where == "f.yaml:2:9");
  CHECK(settings->values.at("limits.grpc_connections").value == "7");
  REQUIRE(settings->agent_socket_users.size() == 2);
  CHECK(settings->agent_socket_users[0].first.value == "alice");
  CHECK(settings->agent_socket_users[0].second.where == "f.yaml:4:10");
  CHECK(settings->agent_socket_users[1].first.value == "1001");
  REQUIRE(settings->adapter_socket_users.size() == 1);
  REQUIRE(settings->broker_client_networks.size() == 2);
  CHECK(settings->broker_client_networks[1].value == "10.0.0.0/8");
}

TEST_CASE("a file that says nothing sets nothing", "[config]") {
  for (const char* text : {"", "\n", "# nothing\n", "---\n", "{}"}) {
    INFO(text);
    const auto settings = ParseConfigText(text, "f.yaml");
    REQUIRE(settings.ok());
    CHECK(settings->values.empty());
  }
}

TEST_CASE("a mistake is named with line and column", "[config]") {
  struct Row {
    std::string text;
    std::string start;  // of the error
  };
  const Row rows[] = {
      {"a: 1\n", "f.yaml:1:1: unknown key \"a\"; the keys here are data_dir, listen, "},
      {"listen: x\nlistn: y\n", "f.yaml:2:1: unknown key \"listn\""},
      {"config: x\n", "f.yaml:1:1: unknown key \"config\""},
      {"revoke_all_at_start: x\n", "f.yaml:1:1: unknown key \"revoke_all_at_start\""},
      {"limits.grpc_connections: 1\n", "f.yaml:1:1: unknown key \"limits.grpc_connections\""},
      {"limits:\n  grpc_conections: 1\n",
       "f.yaml:2:3: unknown key \"grpc_conections\"; the keys "
       "here are grpc_connections, "},
      {"limits: 5\n", "f.yaml:1:9: this has to be"},
      {"limits:\n", "f.yaml:"},
      {"listen: a\nlisten: b\n", "f.yaml:2:1: a second \"listen\""},
      {"listen: [a]\n", "f.yaml:1:9: \"listen\" has to be one value"},
      {"listen: \"\"\n", "f.yaml:1:9: \"listen\" has to be one value"},
      {"listen:\n", "f.yaml:"},
      {"agent_socket_users: [a]\n", "f.yaml:1:21: \"agent_socket_users\" has to be"},
      {"agent_socket_users: {a: [b]}\n", "f.yaml:1:25: \"agent_socket_users\" has to be one"},
      {"agent_socket_users: {a: b, a: c}\n", "f.yaml:1:28: a second \"a\""},
      {"broker_client_networks: 10.0.0.0/8\n", "f.yaml:1:25: \"broker_client_networks\" has to be"},
      {"broker_client_networks: []\n", "f.yaml:1:25: \"broker_client_networks\" has to be"},
      {"- listen\n", "f.yaml:1:1: the file has to be"},
      {"text\n", "f.yaml:1:1: the file has to be"},
      {"listen: [\n", "f.yaml:2:1: "},
      {"listen: *nobody\n", "f.yaml:1:9: "},
      {"\tlisten: a\n", "f.yaml:1:"},
      {"listen: a\n---\nlisten: b\n", "f.yaml has more than one document"},
      {"? [a, b]\n: c\n", "f.yaml:1:3: unknown key"},
      {std::string(kConfigBytesMax + 1, '#'), "f.yaml is larger than"},
      {std::string(5000, '['), "f.yaml:1:"},
  };
  for (const Row& row : rows) {
    INFO(row.text.substr(0, 200));
    const auto settings = ParseConfigText(row.text, "f.yaml");
    REQUIRE_FALSE(settings.ok());
    CHECK(ReasonOf(settings.status()) == Reason::kConfigInvalid);
    const std::string message(settings.status().message());
    CHECK(message.substr(0, row.start.size()) == row.start);
  }
}

TEST_CASE("a file that others can write to is refused", "[config]") {
  const TempFolder folder;
  const std::string path = folder.File("f.yaml");
  CHECK(ReasonOf(ReadConfigFile(path).status()) == Reason::kNotFound);
  std::ofstream(path) << "listen: 127.0.0.1:1\n";
  for (const mode_t mode : {0600U, 0400U, 0644U}) {
    REQUIRE(chmod(path.c_str(), mode) == 0);
    CHECK(ReadConfigFile(path).ok());
  }
  for (const mode_t mode : {0620U, 0602U, 0666U}) {
    REQUIRE(chmod(path.c_str(), mode) == 0);
    const auto settings = ReadConfigFile(path);
    REQUIRE_FALSE(settings.ok());
    CHECK(ReasonOf(settings.status()) == Reason::kConfigInvalid);
    CHECK(settings.status().message() ==
          path + " can be written by others; run chmod go-w " + path);
  }
  CHECK(ReasonOf(ReadConfigFile(folder.path()).status()) == Reason::kConfigInvalid);
  const std::string fifo = folder.File("fifo");
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(ReasonOf(ReadConfigFile(fifo).status()) == Reason::kConfigInvalid);
  if (geteuid() == 0) {
    REQUIRE(chmod(path.c_str(), 0600) == 0);
    REQUIRE(chown(path.c_str(), 54321, 0) == 0);
    CHECK(ReasonOf(ReadConfigFile(path).status()) == Reason::kConfigInvalid);
  }
}

}  // namespace
}  // namespace leasehold
