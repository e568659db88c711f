#include "server/net/tls/tls_watcher.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>

#include "absl/time/clock.h"
#include "server/base/status.h"
#include "tests/support/pause.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_certificates.h"

namespace leasehold {
namespace {

// The files of one server.
struct Files {
  Files() : root("root") {
    Write("ca.pem", root.certificate());
    PutPair(root.Issue({.purposes = "serverAuth"}));
  }
  TlsFiles names() const {
    return {.certificate = folder.File("server.pem"),
            .key = folder.File("server.key"),
            .client_ca = folder.File("ca.pem"),
            .crls = {}};
  }
  // Whole or not at all, as programs that renew certificates do it.
  void Write(const std::string& name, const std::string& text) const {
    const std::string path = folder.File(name);
    std::ofstream(path + ".new") << text;
    REQUIRE(chmod((path + ".new").c_str(), 0600) == 0);
    REQUIRE(std::rename((path + ".new").c_str(), path.c_str()) == 0);
  }
  void PutPair(const TestCertificate& pair) const {
    Write("server.pem", pair.certificate);
    Write("server.key", pair.key);
  }

  TempFolder folder;
  TestAuthority root;
};

void AwaitThat(const std::function<bool()>& condition) {
  for (int i = 0; i < 3000 && !condition(); ++i) Pause(10);
  REQUIRE(condition());
}

TEST_CASE("files that do not fit together are refused with one sentence", "[tls]") {
  Files files;
  REQUIRE(LoadTlsFiles(files.names(), absl::Now()).ok());
  const TestCertificate other = files.root.Issue({});
  struct Row {
    const char* why;
    std::function<void()> spoil;
    const char* says;
  };
  const Row rows[] = {
      {"another certificate's key", [&] { files.Write("server.key", other.key); },
       "is not the key of the certificate"},
      {"no key", [&] { files.Write("server.key", other.certificate); }, "holds no private key"},
      {"a key for everybody", [&] { chmod(files.folder.File("server.key").c_str(), 0644); },
       "private key that everybody can read"},
      {"a certificate that others may write",
       [&] { chmod(files.folder.File("server.pem").c_str(), 0622); }, "can be written by others"},
      {"no certificate", [&] { files.Write("server.pem", "x"); }, "holds no certificate"},
      {"one that is over",
       [&] {
         files.PutPair(files.root.Issue({.starts = -absl::Hours(2), .ends = -absl::Hours(1)}));
       },
       "holds a certificate that ended at"},
      {"a bundle that is none", [&] { files.Write("ca.pem", "x"); }, "holds no certificate"},
      {"no file", [&] { std::remove(files.folder.File("ca.pem").c_str()); }, "cannot read"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    files.Write("ca.pem", files.root.certificate());
    files.PutPair(files.root.Issue({}));
    row.spoil();
    const auto loaded = LoadTlsFiles(files.names(), absl::Now());
    REQUIRE(!loaded.ok());
    CHECK_THAT(std::string(loaded.status().message()), Catch::Contains(row.says));
  }
}

TEST_CASE("a pair that changes one file after the other is seen when it fits again", "[tls]") {
  Files files;
  auto watcher = TlsWatcher::Start(files.names());
  REQUIRE(watcher.ok());
  const TestCertificate next = files.root.Issue({});
  files.Write("server.pem", next.certificate);
  files.Write("server.key", next.key);
  AwaitThat([&] { return (*watcher)->Current()->certificate_chain == next.certificate; });
  CHECK((*watcher)->Current()->key == next.key);
}

}  // namespace
}  // namespace leasehold
