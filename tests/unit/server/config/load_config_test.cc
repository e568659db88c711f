#include "server/config/load_config.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "server/base/status.h"
#include "tests/support/temp_folder.h"

namespace leasehold {
namespace {

// Sources whose data folder is `folder`, so that no file of the machine is read.
ConfigSources In(const TempFolder& folder, std::vector<std::string> arguments = {}) {
  ConfigSources sources;
  sources.arguments = std::move(arguments);
  sources.environment = {{"LEASEHOLD_DATA_DIR", folder.path()}};
  return sources;
}

Config Loaded(const ConfigSources& sources) {
  auto config = LoadConfig(sources, "1.2.3");
  INFO(config.status().ToString());
  REQUIRE(config.ok());
  REQUIRE(std::holds_alternative<Config>(*config));
  return std::get<Config>(*std::move(config));
}

std::string Refused(const ConfigSources& sources, Reason reason = Reason::kConfigInvalid) {
  const auto config = LoadConfig(sources, "1.2.3");
  REQUIRE_FALSE(config.ok());
  CHECK(ReasonOf(config.status()) == reason);
  return std::string(config.status().message());
}

std::string Printed(const std::vector<std::string>& arguments) {
  ConfigSources sources;
  sources.arguments = arguments;
  const auto config = LoadConfig(sources, "1.2.3");
  REQUIRE(config.ok());
  REQUIRE(std::holds_alternative<PrintAndEnd>(*config));
  return std::get<PrintAndEnd>(*config).text;
}

void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
  REQUIRE(chmod(path.c_str(), 0600) == 0);
}

TEST_CASE("without any setting everything has its default", "[config]") {
  const TempFolder folder;
  const Config config = Loaded(In(folder));
  CHECK(config.data_dir == folder.path());
  CHECK(config.listen.ToString() == "127.0.0.1:8640");
  CHECK(config.broker_listen.ToString() == "127.0.0.1:8642");
  CHECK(config.metrics_listen.ToString() == "127.0.0.1:8643");
  CHECK(config.admin_socket == folder.File("admin.sock"));
  CHECK(config.revoke_socket == folder.File("revoke.sock"));
  CHECK(config.agent_socket == folder.File("agent.sock"));
  CHECK(config.adapter_socket == folder.File("adapter.sock"));
  CHECK(config.agent_socket_users.empty());
  CHECK(config.adapter_socket_users.empty());
  REQUIRE(config.broker_client_networks.size() == 2);
  CHECK(config.broker_client_networks[0].Contains({"\x7F\x01\x02\x03", 4}));
  CHECK_FALSE(config.broker_client_networks[0].Contains({"\x0A\x01\x02\x03", 4}));
  CHECK(config.grpc_limits.total == 512);
  CHECK(config.grpc_memory_bytes == size_t{256} << 20);
  CHECK(config.log.level == LogLevel::kInfo);
  CHECK_FALSE(config.revoke_all_at_start.has_value());
}

TEST_CASE("a flag counts more than the environment, and that more than the file", "[config]") {
  const TempFolder folder;
  WriteFile(folder.File("leaseholdd.yaml"),
            "listen: 127.0.0.1:3\nbroker_listen: 127.0.0.1:3\nmetrics_listen: 127.0.0.1:3\n");
  ConfigSources sources = In(folder, {"--listen", "127.0.0.1:1"});
  sources.environment["LEASEHOLD_LISTEN"] = "127.0.0.1:2";
  sources.environment["LEASEHOLD_BROKER_LISTEN"] = "127.0.0.1:2";
  sources.environment["LEASEHOLD_METRICS_LISTEN"] = "";
  sources.environment["LEASEHOLD_TOKEN"] = "the command line's business";
  const Config config = Loaded(sources);
  CHECK(config.listen.port() == 1);
  CHECK(config.broker_listen.port() == 2);
  CHECK(config.metrics_listen.port() == 3);
}

TEST_CASE("all that a file can say arrives", "[config]") {
  const TempFolder folder;
  const std::string path = folder.File("other.yaml");
  WriteFile(path,
            "data_dir: /srv/leasehold/\n"
            "listen: \"[::1]:0\"\n"
            "metrics_listen: 0.0.0.0:9\n"
            "agent_socket: /run/leasehold/agent.sock\n"
            "adapter_socket: /run/leasehold/adapter.sock\n"
            "agent_socket_users: {alice: triage-bot, 1001: bots/deploy}\n"
            "adapter_socket_users: [www-data]\n"
            "broker_client_networks: [10.0.0.0/8]\n"
            "log_level: warning\n"
            "log_format: text\n"
            "limits:\n"
            "  grpc_connections: 1\n"
            "  grpc_connections_per_address: 2\n"
            "  agent_connections: 3\n"
            "  agent_connections_per_user: 4\n"
            "  broker_connections: 5\n"
            "  broker_connections_per_address: 6\n"
            "  grpc_memory_mib: 64\n");
  ConfigSources sources;
  sources.arguments = {"--config=" + path};
  const Config config = Loaded(sources);
  CHECK(config.data_dir == "/srv/leasehold");
  CHECK(config.admin_socket == "/srv/leasehold/admin.sock");
  CHECK(config.listen.ToString() == "[::1]:0");
  CHECK(config.metrics_listen.ToString() == "0.0.0.0:9");
  CHECK(config.agent_socket == "/run/leasehold/agent.sock");
  CHECK(config.adapter_socket == "/run/leasehold/adapter.sock");
  CHECK(config.agent_socket_users ==
        std::map<std::string, std::string>{{"1001", "bots/deploy"}, {"alice", "triage-bot"}});
  CHECK(config.adapter_socket_users == std::vector<std::string>{"www-data"});
  REQUIRE(config.broker_client_networks.size() == 1);
  CHECK(config.broker_client_networks[0].Contains({"\x0A\x01\x02\x03", 4}));
  CHECK(config.log.level == LogLevel::kWarning);
  CHECK(config.log.format == LogFormat::kText);
  CHECK(config.grpc_limits.total == 1);
  CHECK(config.grpc_limits.per_peer == 2);
  CHECK(config.agent_limits.total == 3);
  CHECK(config.agent_limits.per_peer == 4);
  CHECK(config.broker_limits.total == 5);
  CHECK(config.broker_limits.per_peer == 6);
  CHECK(config.grpc_memory_bytes == size_t{64} << 20);
}

TEST_CASE("the data folder is root's, the user's, or the one that was named", "[config]") {
  struct Row {
    bool is_root;
    std::map<std::string, std::string> environment;
    std::vector<std::string> arguments;
    std::string data_dir;
  };
  const std::string here = std::filesystem::current_path().string();
  const Row rows[] = {
      {true, {{"HOME", "/root"}}, {}, "/var/lib/leasehold"},
      {false, {{"HOME", "/h"}}, {}, "/h/.local/share/leasehold"},
      {false, {{"HOME", "/h"}, {"XDG_DATA_HOME", "/x"}}, {}, "/x/leasehold"},
      {false, {{"HOME", "/h"}, {"XDG_DATA_HOME", "x"}}, {}, "/h/.local/share/leasehold"},
      {true, {{"LEASEHOLD_DATA_DIR", "/e"}}, {}, "/e"},
      {true, {{"LEASEHOLD_DATA_DIR", "/e"}}, {"--data-dir", "/f/../g/"}, "/g"},
      {true, {}, {"--data-dir", "absent-folder"}, here + "/absent-folder"},
  };
  for (const Row& row : rows) {
    INFO(row.data_dir);
    ConfigSources sources;
    sources.is_root = row.is_root;
    sources.environment = row.environment;
    sources.arguments = row.arguments;
    CHECK(Loaded(sources).data_dir == row.data_dir);
  }
  CHECK(Refused({}) == "there is no data folder: HOME is not set; give one with --data-dir");
}

TEST_CASE("only metrics may be plain where other machines can reach them", "[config]") {
  const TempFolder folder;
  for (const std::string address : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1"}) {
    INFO(address);
    CHECK(Refused(In(folder, {"--broker-listen", address})) ==
          "--broker-listen: " + address +
              " can be reached from other machines, and this version has no TLS for it; listen "
              "at 127.0.0.1 or [::1]");
    CHECK(Refused(In(folder, {"--listen", address})) ==
          "--listen: " + address +
              " can be reached from other machines, and has no TLS; set tls.certificate and "
              "tls.key, or listen at 127.0.0.1 or [::1]");
    CHECK(Loaded(In(folder, {"--listen", address, "--tls-certificate", "/c", "--tls-key", "/k"}))
              .listen.ToString() == address);
    CHECK(Loaded(In(folder, {"--metrics-listen", address})).metrics_listen.ToString() == address);
  }
}

TEST_CASE("a wrong argument is named", "[config]") {
  const TempFolder folder;
  struct Row {
    std::vector<std::string> arguments;
    std::string start;
  };
  const Row rows[] = {
      {{"--listen", "8640"}, "--listen \"8640\" is not an address and port"},
      {{"--listen="}, "--listen"},
      {{"--listen"}, "--listen"},
      {{"--no-such-flag"}, "The following argument was not expected: --no-such-flag"},
      {{"serve"}, "The following argument was not expected: serve"},
      {{"--log-level", "loud"}, "--log-level: the log level is one of"},
      {{"--log-format", "xml"}, "--log-format: the log format is one of"},
      {{"--config", "/no/such/file"}, "--config: cannot open the configuration file /no/such/file"},
      {{"--revoke-all-at-start", ""}, "--revoke-all-at-start"},
      {{"--revoke-all-at-start", "two\nlines"}, "--revoke-all-at-start: "},
  };
  for (const Row& row : rows) {
    INFO(row.start);
    const std::string message = Refused(In(folder, row.arguments));
    CHECK(message.substr(0, row.start.size()) == row.start);
  }
}

TEST_CASE("a wrong value in the file is named with its place", "[config]") {
  const TempFolder folder;
  const std::string path = folder.File("leaseholdd.yaml");
  struct Row {
    std::string text;
    std::string start;
  };
  const Row rows[] = {
      {"listen: 0.0.0.0:1\n", ":1:9: 0.0.0.0:1 can be reached from other machines"},
      {"listen: 127.0.0.1\n", ":1:9 \"127.0.0.1\" is not an address and port"},
      {"tls: {certificate: /c}\n", ":1:20: tls.certificate and tls.key are set together"},
      {"tls: {certificate: c, key: /k}\n", ":1:20: \"c\" has to be an absolute path"},
      {"tls: {client_ca: /c}\n", ":1:18: tls.client_ca needs tls.certificate"},
      {"tls: {crl: [/c]}\n", ":1:13: tls.crl needs tls.client_ca"},
      {"tls: {ca: /c}\n", ":1:7: unknown key \"ca\"; the keys here are certificate, key"},
      {"identity: {certificates: [{dns: a, agent: a}]}\n",
       ":1:27: rules for client certificates need tls.client_ca"},
      {"identity: {certificates: [{dns: a, agents: a}]}\n", ":1:36: unknown key \"agents\""},
      {"identity: {certificates: [{dns: a, role: boss}]}\n", ":1:42: \"role\" is one of"},
      {"tls: {certificate: /c, key: /k, client_ca: /a}\n"
       "identity: {certificates: [{spiffe: /a, agent: a}]}\n",
       ":2:27: a rule for SPIFFE IDs needs \"trust_domain\""},
      {"identity: {trust_domain: \"spiffe://a\"}\n", ":1:26: \"trust_domain\" is a name"},
      {"data_dir: /x\n", ":1:11: a file in the data folder cannot name the data folder"},
      {"agent_socket: run/agent.sock\n", ":1:15: \"agent_socket\" has to be an absolute path"},
      {"agent_socket: /x/a\nagent_socket_users: {a: Bad Name}\n", ":2:25: agent name"},
      {"agent_socket_users: {a: b}\n", ":1:22: other users cannot enter the data folder"},
      {"adapter_socket_users: [a]\n", ":1:24: other users cannot enter the data folder"},
      {"broker_client_networks: [10.0.0.1/8]\n", ":1:26: \"10.0.0.1/8\" "},
      {"limits: {grpc_connections: 0}\n", ":1:28: \"limits.grpc_connections\" has to be a number"},
      {"limits: {grpc_connections: 1e3}\n", ":1:28: \"limits.grpc_connections\" has to be"},
      {"limits: {grpc_connections: -1}\n", ":1:28: \"limits.grpc_connections\" has to be"},
      {"limits: {grpc_memory_mib: 1}\n", ":1:27: \"limits.grpc_memory_mib\" has to be"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    WriteFile(path, row.text);
    const std::string message = Refused(In(folder));
    INFO(message);
    CHECK(message.substr(0, path.size() + row.start.size()) == path + row.start);
  }
}

TEST_CASE("a reason to revoke all is taken from the command line alone", "[config]") {
  const TempFolder folder;
  ConfigSources sources = In(folder, {"--revoke-all-at-start", "a stolen laptop"});
  CHECK(Loaded(sources).revoke_all_at_start == "a stolen laptop");
  sources = In(folder);
  sources.environment["LEASEHOLD_REVOKE_ALL_AT_START"] = "again and again";
  CHECK_FALSE(Loaded(sources).revoke_all_at_start.has_value());
}

TEST_CASE("help and version are printed instead of serving", "[config]") {
  CHECK(Printed({"--version"}) == "leaseholdd 1.2.3\n");
  const std::string help = Printed({"--help"});
  for (const char* flag : {"--data-dir", "--config", "--listen", "--broker-listen",
                           "--metrics-listen", "--revoke-all-at-start", "--version", "Examples:"}) {
    INFO(flag);
    CHECK(help.find(flag) != std::string::npos);
  }
  CHECK(Printed({"--listen", "nonsense", "--help"}) == help);
}

TEST_CASE("the root key is the data folder's file, or systemd's credential", "[config]") {
  const TempFolder folder;
  CHECK(Loaded(In(folder)).root_key_credential.empty());
  CHECK(Loaded(In(folder, {"--root-key", "file"})).root_key_credential.empty());
  ConfigSources sources = In(folder, {"--root-key", "credential"});
  CHECK_THAT(Refused(sources), Catch::Contains("LoadCredential=leasehold-root-key"));
  sources.environment["CREDENTIALS_DIRECTORY"] = "relative";
  Refused(sources);
  sources.environment["CREDENTIALS_DIRECTORY"] = "/run/credentials/leaseholdd.service";
  CHECK(Loaded(sources).root_key_credential ==
        "/run/credentials/leaseholdd.service/leasehold-root-key");
  CHECK_THAT(Refused(In(folder, {"--root-key", "pkcs11"})), Catch::Contains("file, credential"));
}

}  // namespace
}  // namespace leasehold
