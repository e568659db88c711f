// Keys of issuers from real servers and files: what the thread that reads them does.
#include "server/identity/jwt/key_source.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/synchronization/mutex.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "tests/support/https_server.h"
#include "tests/support/pause.h"
#include "tests/support/signing_key.h"
#include "tests/support/temp_folder.h"

namespace leasehold {
namespace {

constexpr auto kEs256 = SignatureAlgorithm::kEs256;

// An issuer whose answer can be changed.
class Issuer {
 public:
  Issuer() : server([this](const std::string&) { return answer(); }) {
    std::ofstream(folder.File("ca.pem")) << server.pem();
  }
  void Answer(std::string text) {
    absl::MutexLock lock(&mu_);
    answer_ = std::move(text);
  }
  std::string answer() {
    absl::MutexLock lock(&mu_);
    return answer_;
  }
  JwtIssuer Config() const {
    return {.issuer = "https://issuer.test",
            .jwks_url = server.Url("/keys"),
            .ca_file = folder.File("ca.pem")};
  }

  TempFolder folder;

 private:
  absl::Mutex mu_;
  std::string answer_;

 public:
  HttpsServer server;
};

// Asks as callers do, again and again, until the answer is `wanted`.
void AwaitReason(KeySource& source, std::string_view kid, Reason wanted) {
  while (ReasonOf(source.Find(kid, kEs256).status()) != wanted) Pause(1);
}

}  // namespace

TEST_CASE("keys are fetched in the background, and again for a kid that is not known") {
  const SigningKey first(kEs256, "first");
  const SigningKey second(kEs256, "second");
  Issuer issuer;
  issuer.Answer(HttpsServer::Ok(KeySet({&first})));
  auto source = KeySource::Start(issuer.Config(), {.asked_min = absl::ZeroDuration()});
  REQUIRE(source.ok());
  AwaitReason(**source, "first", Reason::kNone);
  const uint64_t generation = (*source)->Generation();
  issuer.Answer(HttpsServer::Ok(KeySet({&second})));
  CHECK(ReasonOf((*source)->Find("second", kEs256).status()) == Reason::kIssuerUnavailable);
  AwaitReason(**source, "second", Reason::kNone);
  CHECK((*source)->Generation() > generation);
  // The key that the issuer withdrew does not count any more.
  CHECK_FALSE((*source)->Find("first", kEs256).ok());
}

TEST_CASE("strangers cannot make the server fetch more often than is allowed") {
  const SigningKey key(kEs256, "key");
  Issuer issuer;
  issuer.Answer(HttpsServer::Ok(KeySet({&key})));
  auto source = KeySource::Start(issuer.Config());
  REQUIRE(source.ok());
  AwaitReason(**source, "key", Reason::kNone);
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(ReasonOf((*source)->Find(StrCat("kid", i), kEs256).status()) == Reason::kTokenRejected);
  }
  CHECK(issuer.server.requests() == 1);
}

TEST_CASE("an issuer that is slow, huge, down or talks nonsense costs nobody the keys it had") {
  const SigningKey key(kEs256, "key");
  struct Row {
    const char* why;
    std::string answer;
  };
  const Row row = GENERATE(values<Row>({
      {"slow", ""},
      {"huge", HttpsServer::Ok(std::string((1 << 20) + 1, ' '))},
      {"an error", "HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n"},
      {"a page for people", HttpsServer::Ok("<html>")},
      {"a redirect", "HTTP/1.1 302 Found\r\nLocation: /k\r\nContent-Length: 0\r\n\r\n"},
      {"a set without keys", HttpsServer::Ok(R"({"keys":[]})")},
  }));
  INFO(row.why);
  Issuer issuer;
  issuer.Answer(HttpsServer::Ok(KeySet({&key})));
  auto source = KeySource::Start(issuer.Config(), {.refresh = absl::Milliseconds(1),
                                                   .retry = absl::Milliseconds(1),
                                                   .asked_min = absl::Milliseconds(2),
                                                   .timeout = absl::Milliseconds(100)});
  REQUIRE(source.ok());
  AwaitReason(**source, "key", Reason::kNone);
  issuer.Answer(row.answer);
  const int before = issuer.server.requests();
  while (issuer.server.requests() < before + 3) Pause(1);
  CHECK((*source)->Find("key", kEs256).ok());
}

TEST_CASE("keys that cannot be read again for too long do not count any more") {
  const SigningKey key(kEs256, "key");
  Issuer issuer;
  issuer.Answer(HttpsServer::Ok(KeySet({&key})));
  auto source = KeySource::Start(issuer.Config(), {.refresh = absl::Milliseconds(1),
                                                   .retry = absl::Milliseconds(1),
                                                   .asked_min = absl::Milliseconds(2),
                                                   .age_max = absl::Milliseconds(300)});
  REQUIRE(source.ok());
  AwaitReason(**source, "key", Reason::kNone);
  issuer.Answer("HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n");
  AwaitReason(**source, "key", Reason::kIssuerUnavailable);
  CHECK((*source)->Generation() == 0);
  // And count again when the issuer is back.
  issuer.Answer(HttpsServer::Ok(KeySet({&key})));
  AwaitReason(**source, "key", Reason::kNone);
}

TEST_CASE("an issuer that does not answer does not keep the server from ending") {
  Issuer issuer;
  auto source = KeySource::Start(issuer.Config(), {.timeout = absl::InfiniteDuration()});
  REQUIRE(source.ok());
  while (issuer.server.requests() == 0) Pause(1);
  CHECK(ReasonOf((*source)->Find("key", kEs256).status()) == Reason::kIssuerUnavailable);
  source->reset();
}

TEST_CASE("a file of keys is read again when it changes, and goes on while it is broken") {
  const SigningKey first(kEs256, "first");
  const SigningKey second(kEs256, "second");
  TempFolder folder;
  const std::string path = folder.File("keys.json");
  const auto replace = [&](const std::string& text) {
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);
  };
  replace(KeySet({&first}));
  auto source = KeySource::Start({.issuer = "https://issuer.test", .jwks_file = path},
                                 {.file_poll = absl::Milliseconds(1)});
  REQUIRE(source.ok());
  CHECK((*source)->Find("first", kEs256).ok());
  replace("{ broken");
  CHECK((*source)->Find("first", kEs256).ok());
  replace(KeySet({&second}));
  AwaitReason(**source, "second", Reason::kNone);
  CHECK_FALSE((*source)->Find("first", kEs256).ok());
  std::filesystem::remove(path);
  CHECK((*source)->Find("second", kEs256).ok());
}

}  // namespace leasehold
