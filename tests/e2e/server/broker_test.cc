// An agent reaches a system that checks credentials, through the broker and without ever seeing
// one; and what is secret is found nowhere else.

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "server/base/crypto_bytes.h"
#include "tests/integration/broker/raw_socket.h"
#include "tests/integration/broker/test_upstream.h"
#include "tests/support/installation.h"

namespace leasehold {
namespace {

// Lets in who shows `value`; /stream goes on until the connection ends.
TestUpstream::Handler Guarded(const std::string& value) {
  return [value](TestUpstream* upstream, RawSocket* socket) {
    for (;;) {
      const std::string head = upstream->ReadHead(socket);
      if (head.empty()) return;
      if (head.find("\r\nAuthorization: Bearer " + value + "\r\n") == std::string::npos) {
        socket->Write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
        continue;
      }
      if (head.starts_with("GET /stream ")) {
        socket->Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nbegun\n\r\n");
        socket->ReadToEnd();
        return;
      }
      socket->Write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
  };
}

std::string Request(const std::string& method, const std::string& path,
                    const std::string& credential) {
  return method + " " + path + " HTTP/1.1\r\nHost: broker\r\n" +
         (credential.empty() ? "" : "Authorization: Bearer " + credential + "\r\n") + "\r\n";
}

RawResponse Ask(const std::string& address, const std::string& request) {
  RawSocket socket = RawSocket::ConnectTo(address);
  REQUIRE(socket.Write(request));
  return ReadResponse(&socket);
}

// Everything that must not hold a secret: what lies in the data folder, what the server wrote, and
// what it tells those who may read all.
std::string EverythingWritten(const Installation& installation) {
  std::string all = installation.WholeLog();
  for (const auto& file : std::filesystem::directory_iterator(installation.data_dir())) {
    // The root key's own file holds it, as it must; the reserve holds nothing.
    const std::string name = file.path().filename();
    if (name == "root.key" || name == "leasehold.db.reserve") continue;
    if (file.is_regular_file()) all += ContentsOf(file.path());
  }
  return all;
}
std::string EverythingTold(Installation& installation) {
  const std::string exported = installation.DataFile("export");
  std::string all;
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"ledger", "export", "--out", exported},
                                             {"ledger", "list", "-o", "json"},
                                             {"usage", "-o", "json"},
                                             {"secret", "show", "billing/key", "-o", "json"},
                                             {"agent", "show", "bot", "-o", "json"},
                                             {"lease", "list", "-o", "json"},
                                             {"server", "status", "-o", "json"}}) {
    const Ran ran = installation.Cli(command);
    INFO(ran.err);
    CHECK(ran.status == 0);
    all += ran.out + ran.err;
  }
  all += RunProgram(
             {"curl", "-sS", "http://" + installation.server().Endpoint("metrics") + "/metrics"})
             .out;
  return all;
}

void CheckNowhere(const std::string& text, const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    // Not printed: a test that fails must not leak it either.
    for (const std::string& form :
         {secret, HexEncode(AsBytes(secret)), Base64Encode(AsBytes(secret)).substr(0, 40)}) {
      CHECK((text.find(form) == std::string::npos));
    }
  }
}

class Scene {
 public:
  explicit Scene(Installation& made) : installation(made), upstream(Guarded(value)) {
    installation.Start();
    installation.SetUp({"bot"}, value, "http://" + upstream.address());
    installation.PutSecret("other/key", RandomText());
    installation.AddTarget("other", "http://" + upstream.address(), "other/key");
  }
  v1::AcquireLeaseResponse Acquire() {
    auto lease = installation.Agent("bot").Call<v1::AcquireLeaseResponse>(
        "LeaseService/AcquireLease", AcquireRequestFor("billing/key", "work"));
    RequireOk("AcquireLease", lease);
    return lease.value;
  }
  RawResponse Through(const std::string& request) {
    return Ask(installation.server().Endpoint("broker"), request);
  }

  const std::string value = RandomText(24);
  Installation& installation;
  TestUpstream upstream;
};

TEST_CASE("the broker injects what the agent never sees, and refuses what policy does not allow") {
  Installation installation;
  Scene scene(installation);
  const v1::AcquireLeaseResponse lease = scene.Acquire();
  const std::string& handle = lease.handle();
  CHECK(Ask(scene.upstream.address(), Request("GET", "/items", "")).status == 401);
  CHECK(Ask(scene.upstream.address(), Request("GET", "/items", handle)).status == 401);

  const RawResponse read = scene.Through(Request("GET", "/t/billing/items", handle));
  CHECK(read.status == 200);
  CHECK(read.body == "ok");
  const std::string entry = read.Field("X-Leasehold-Entry");
  const std::vector<v1::LedgerEntry> ledger = EntriesOf(installation.Operator());
  REQUIRE(!entry.empty());
  const v1::LedgerEntry& recorded = ledger.at(std::stoull(entry));
  CHECK(recorded.kind() == "use");
  CHECK(recorded.verdict() == "allowed");
  CHECK(recorded.agent() == "agents/bot");
  CHECK(recorded.destination() == "targets/billing");

  const size_t asked = scene.upstream.heads().size();
  struct Row {
    std::string request;
    int status;
    std::string reason;
  };
  const std::vector<Row> rows = {
      {Request("GET", "/t/billing/items", ""), 401, "UNAUTHENTICATED"},
      {Request("POST", "/t/billing/items", handle), 403, "POLICY_DENIED"},
      {Request("GET", "/t/other/items", handle), 403, "TARGET_SECRET_MISMATCH"},
      {Request("GET", "/t/nowhere/items", handle), 404, "TARGET_UNKNOWN"},
      {Request("GET", "/t/billing/items", lease.token()), 401, "TOKEN_MALFORMED"},
      {Request("GET", "/t/billing/items", installation.TokenOf("bot")), 401, "TOKEN_MALFORMED"},
  };
  for (const Row& row : rows) {
    INFO(row.reason);
    const RawResponse refused = scene.Through(row.request);
    CHECK(refused.status == row.status);
    CHECK(refused.body.find("\"reason\":\"" + row.reason + "\"") != std::string::npos);
  }
  // None of them came through.
  CHECK(scene.upstream.heads().size() == asked);
}

TEST_CASE("a revocation cuts a streaming response and closes the door behind it") {
  Installation installation;
  Scene scene(installation);
  const v1::AcquireLeaseResponse lease = scene.Acquire();
  RawSocket client = RawSocket::ConnectTo(installation.server().Endpoint("broker"));
  REQUIRE(client.Write(Request("GET", "/t/billing/stream", lease.handle())));
  REQUIRE(client.ReadUntil("begun\n\r\n").find("200 OK") != std::string::npos);
  RequireOk("Revoke", installation.Revoker().Call<v1::Revocation>(
                          "RevocationService/Revoke", RevokeRequestFor(AgentSelector("bot"))));
  // The upstream never ends it: that the connection ends at all is the broker's doing.
  CHECK(client.ReadToEnd().find("0\r\n\r\n") == std::string::npos);
  const RawResponse refused = scene.Through(Request("GET", "/t/billing/items", lease.handle()));
  CHECK(refused.status == 403);
  CHECK(refused.body.find("LEASE_REVOKED") != std::string::npos);
}

TEST_CASE("a server that is told to stop does not wait for a stream that never ends") {
  Installation installation;
  Scene scene(installation);
  RawSocket streaming = RawSocket::ConnectTo(installation.server().Endpoint("broker"));
  REQUIRE(streaming.Write(Request("GET", "/t/billing/stream", scene.Acquire().handle())));
  REQUIRE(streaming.ReadUntil("begun\n\r\n").find("200 OK") != std::string::npos);
  // And one that has sent half a request.
  RawSocket half = RawSocket::ConnectTo(installation.server().Endpoint("broker"));
  REQUIRE(half.Write("GET /t/billing/items HTTP/1.1\r\nHost:"));
  CHECK(installation.server().Stop() == 0);
  streaming.ReadToEnd();
  CHECK(half.AtEnd());
}

TEST_CASE("neither the value nor a token is in a log, an answer, a metric or on the disk") {
  Installation installation;
  Scene scene(installation);
  const v1::AcquireLeaseResponse lease = scene.Acquire();
  CHECK(scene.Through(Request("GET", "/t/billing/items", lease.handle())).status == 200);
  // Refusals are where carelessness quotes what it was given.
  const std::string refused =
      scene.Through(Request("POST", "/t/billing/items", lease.handle())).body +
      scene.Through(Request("GET", "/t/billing/items", lease.token())).body +
      scene.Through(Request("GET", "/t/billing/items", lease.handle().substr(1))).body +
      installation.Agent("bot")
          .WithToken(installation.TokenOf("bot") + "x")
          .Call<v1::Lease>("LeaseService/GetLease", v1::GetLeaseRequest())
          .message;
  const std::vector<std::string> secrets = {scene.value, installation.TokenOf("bot"), lease.token(),
                                            lease.handle(),
                                            ContentsOf(installation.DataFile("root.key"))};
  CheckNowhere(refused, secrets);
  CheckNowhere(EverythingTold(installation), secrets);
  CheckNowhere(EverythingWritten(installation), secrets);
  REQUIRE(installation.server().Stop() == 0);
  CheckNowhere(EverythingWritten(installation), secrets);
  // The search finds what is there.
  CHECK((EverythingWritten(installation).find("billing") != std::string::npos));
}

}  // namespace
}  // namespace leasehold
