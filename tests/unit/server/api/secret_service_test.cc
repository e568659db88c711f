#include "server/api/secret_service.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "server/api/received_fields.h"
#include "tests/unit/server/api/api_world.h"

namespace leasehold {
namespace {

using Stub = v1::SecretService::Stub;

v1::Secret SecretNamed(const std::string& name) {
  v1::Secret secret;
  secret.set_name(name);
  return secret;
}

TEST_CASE("a secret is created, read, changed and deleted") {
  ApiWorld world;
  v1::CreateSecretRequest create;
  *create.mutable_secret() = SecretNamed("secrets/github/pat");
  create.mutable_secret()->set_description("personal access token");
  (*create.mutable_secret()->mutable_labels())["team"] = "triage";
  create.mutable_secret()->set_uid(99);  // output only
  auto created = Ask(*world.secrets, &Stub::CreateSecret, create);
  REQUIRE(created.status.ok());
  CHECK(created.response.uid() != 99);
  CHECK(created.response.labels().at("team") == "triage");
  CHECK(created.response.latest_version() == 0);
  CHECK(created.response.has_create_time());
  CHECK(Ask(*world.secrets, &Stub::CreateSecret, create).reason() == "ALREADY_EXISTS");

  v1::UpdateSecretRequest update;
  *update.mutable_secret() = created.response;
  update.mutable_secret()->set_description("changed");
  auto updated = Ask(*world.secrets, &Stub::UpdateSecret, update);
  REQUIRE(updated.status.ok());
  CHECK(updated.response.description() == "changed");
  CHECK(updated.response.etag() != created.response.etag());
  // The second writer with the first etag must not overwrite what it never saw.
  CHECK(Ask(*world.secrets, &Stub::UpdateSecret, update).reason() == "ETAG_MISMATCH");

  v1::DeleteSecretRequest remove;
  remove.set_name("secrets/github/pat");
  remove.set_etag(created.response.etag());
  CHECK(Ask(*world.secrets, &Stub::DeleteSecret, remove).reason() == "ETAG_MISMATCH");
  remove.set_etag(updated.response.etag());
  CHECK(Ask(*world.secrets, &Stub::DeleteSecret, remove).status.ok());
  v1::GetSecretRequest get;
  get.set_name("secrets/github/pat");
  CHECK(Ask(*world.secrets, &Stub::GetSecret, get).reason() == "NOT_FOUND");
  // The next one of that name is a stranger.
  CHECK(world.CreateSecret("secrets/github/pat").uid() != created.response.uid());
}

TEST_CASE("a secret that is not canonical is refused and the field is named") {
  ApiWorld world;
  struct Row {
    const char* field;
    v1::Secret secret;
  };
  std::vector<Row> rows;
  for (const char* name : {"", "github", "secrets/", "secrets/Upper", "secrets/a//b", "agents/a",
                           "secrets/a/../b", "secrets/a/versions/1"}) {
    rows.push_back({"name", SecretNamed(name)});
  }
  rows.push_back({"description", SecretNamed("secrets/a")});
  rows.back().secret.set_description(std::string(1025, 'x'));
  rows.push_back({"description", SecretNamed("secrets/a")});
  rows.back().secret.set_description("line\nbreak");
  rows.push_back({"labels", SecretNamed("secrets/a")});
  (*rows.back().secret.mutable_labels())["Not A Name"] = "x";
  rows.push_back({"labels", SecretNamed("secrets/a")});
  (*rows.back().secret.mutable_labels())["k"] = std::string(257, 'x');
  rows.push_back({"labels", SecretNamed("secrets/a")});
  for (int i = 0; i < 65; ++i) {
    (*rows.back().secret.mutable_labels())["k" + std::to_string(i)] = "x";
  }
  rows.push_back({"etag", SecretNamed("secrets/a")});
  rows.back().secret.set_etag("012");
  for (const Row& row : rows) {
    CAPTURE(row.secret.ShortDebugString());
    v1::CreateSecretRequest create;
    *create.mutable_secret() = row.secret;
    auto answer = Ask(*world.secrets, &Stub::CreateSecret, create);
    CHECK(answer.reason() == "INVALID_ARGUMENT");
    CHECK(answer.status.error_message().find(row.field) != std::string::npos);
  }
}

TEST_CASE("a field that this server does not know is refused, not dropped") {
  ApiWorld world;
  v1::CreateSecretRequest create;
  *create.mutable_secret() = SecretNamed("secrets/a");
  v1::Secret* secret = create.mutable_secret();
  secret->GetReflection()->MutableUnknownFields(secret)->AddVarint(500, 1);
  CHECK(Ask(*world.secrets, &Stub::CreateSecret, create).reason() == "INVALID_ARGUMENT");
}

TEST_CASE("values have at least one byte, at most 65,536 together, and names that differ") {
  ApiWorld world;
  world.CreateSecret("secrets/a");
  struct Row {
    const char* reason;
    std::vector<std::pair<std::string, size_t>> fields;
  };
  const Row rows[] = {
      {"", {{"value", 1}}},
      {"", {{"value", 65'536}}},
      {"", {{"user", 3}, {"password", 20}}},
      {"INVALID_ARGUMENT", {}},
      {"INVALID_ARGUMENT", {{"value", 0}}},
      {"INVALID_ARGUMENT", {{"value", 1}, {"value", 1}}},
      {"INVALID_ARGUMENT", {{"Value", 1}}},
      {"INVALID_ARGUMENT", {{"a/b", 1}}},
      {"TOO_LARGE", {{"value", 65'537}}},
      {"TOO_LARGE", {{"user", 1}, {"password", 65'536}}},
  };
  for (const Row& row : rows) {
    v1::AddVersionRequest add;
    add.set_parent("secrets/a");
    std::string shown;
    for (const auto& [name, bytes] : row.fields) {
      add.add_fields()->set_name(name);
      add.mutable_fields(add.fields_size() - 1)->set_value(FakeValue(bytes));
      shown += name + ":" + std::to_string(bytes) + " ";
    }
    CAPTURE(shown);
    auto answer = Ask(*world.secrets, &Stub::AddVersion, add);
    CHECK(answer.reason() == row.reason);
    if (answer.status.ok()) {
      CHECK(answer.response.field_names_size() == add.fields_size());
    }
  }
}

TEST_CASE("a version is for a secret that exists and ends in the future") {
  ApiWorld world;
  world.CreateSecret("secrets/a");
  v1::AddVersionRequest add;
  add.add_fields()->set_name("value");
  add.mutable_fields(0)->set_value(FakeValue());
  add.set_parent("secrets/unknown");
  CHECK(Ask(*world.secrets, &Stub::AddVersion, add).reason() == "NOT_FOUND");
  add.set_parent("secrets/a");
  add.mutable_expire_time()->set_seconds(1);
  CHECK(Ask(*world.secrets, &Stub::AddVersion, add).reason() == "INVALID_ARGUMENT");
}

TEST_CASE("versions are disabled, enabled and destroyed, and destroying is for good") {
  ApiWorld world;
  world.CreateSecret("secrets/a");
  CHECK(world.AddVersion("secrets/a").name() == "secrets/a/versions/1");
  CHECK(world.AddVersion("secrets/a").number() == 2);
  v1::GetSecretRequest get;
  get.set_name("secrets/a");
  auto latest = [&] {
    return Ask(*world.secrets, &Stub::GetSecret, get).response.latest_version();
  };
  CHECK(latest() == 2);
  v1::DisableVersionRequest disable;
  disable.set_name("secrets/a/versions/2");
  auto disabled = Ask(*world.secrets, &Stub::DisableVersion, disable);
  CHECK(disabled.response.state() == v1::Version::STATE_DISABLED);
  CHECK(disabled.response.field_names_size() == 1);
  CHECK(latest() == 1);
  v1::EnableVersionRequest enable;
  enable.set_name("secrets/a/versions/2");
  CHECK(Ask(*world.secrets, &Stub::EnableVersion, enable).response.state() ==
        v1::Version::STATE_ENABLED);
  v1::DestroyVersionRequest destroy;
  destroy.set_name("secrets/a/versions/2");
  for (int i = 0; i < 2; ++i) {  // idempotent
    auto destroyed = Ask(*world.secrets, &Stub::DestroyVersion, destroy);
    CHECK(destroyed.response.state() == v1::Version::STATE_DESTROYED);
  }
  CHECK(Ask(*world.secrets, &Stub::EnableVersion, enable).reason() == "VERSION_DESTROYED");
  for (const char* name : {"secrets/a", "secrets/a/versions/", "secrets/a/versions/0",
                           "secrets/a/versions/-1", "secrets/a/versions/02"}) {
    CAPTURE(name);
    destroy.set_name(name);
    CHECK(Ask(*world.secrets, &Stub::DestroyVersion, destroy).reason() == "INVALID_ARGUMENT");
  }
  destroy.set_name("secrets/a/versions/3");
  CHECK(Ask(*world.secrets, &Stub::DestroyVersion, destroy).reason() == "NOT_FOUND");
}

TEST_CASE("lists come in pages, without repeats, while others are added and deleted") {
  ApiWorld world;
  std::set<std::string> expected;
  for (int i = 0; i < 7; ++i) {
    expected.insert(world.CreateSecret("secrets/s" + std::to_string(i)).name());
  }
  v1::ListSecretsRequest list;
  list.set_page_size(3);
  std::vector<std::string> seen;
  for (int page = 0; page < 10; ++page) {
    auto answer = Ask(*world.secrets, &Stub::ListSecrets, list);
    REQUIRE(answer.status.ok());
    for (const v1::Secret& secret : answer.response.secrets()) {
      seen.push_back(secret.name());
    }
    if (page == 0) {
      world.CreateSecret("secrets/a-behind-the-cursor");
      v1::DeleteSecretRequest remove;
      remove.set_name(seen.back());
      REQUIRE(Ask(*world.secrets, &Stub::DeleteSecret, remove).status.ok());
    }
    list.set_page_token(answer.response.next_page_token());
    if (list.page_token().empty()) {
      break;
    }
  }
  CHECK(seen.size() == expected.size());
  CHECK(std::set<std::string>(seen.begin(), seen.end()) == expected);
  for (int page_size : {-1, 1001}) {
    v1::ListSecretsRequest bad;
    bad.set_page_size(page_size);
    CHECK(Ask(*world.secrets, &Stub::ListSecrets, bad).reason() == "INVALID_ARGUMENT");
  }
  v1::ListSecretsRequest forged;
  forged.set_page_token("AAAAAWZvcmdlZA");
  CHECK(Ask(*world.secrets, &Stub::ListSecrets, forged).reason() == "PAGE_TOKEN_INVALID");
}

TEST_CASE("versions are listed newest first, in pages") {
  ApiWorld world;
  world.CreateSecret("secrets/a");
  for (int i = 0; i < 5; ++i) {
    world.AddVersion("secrets/a");
  }
  v1::ListVersionsRequest list;
  list.set_parent("secrets/a");
  list.set_page_size(2);
  std::vector<uint64_t> seen;
  do {
    auto answer = Ask(*world.secrets, &Stub::ListVersions, list);
    REQUIRE(answer.status.ok());
    for (const v1::Version& version : answer.response.versions()) {
      seen.push_back(version.number());
    }
    list.set_page_token(answer.response.next_page_token());
  } while (!list.page_token().empty() && seen.size() < 10);
  CHECK(seen == std::vector<uint64_t>{5, 4, 3, 2, 1});
}

TEST_CASE("a page of versions goes on where the secret was created anew with fewer of them") {
  ApiWorld world;
  world.CreateSecret("secrets/a");
  for (int i = 0; i < 5; ++i) {
    world.AddVersion("secrets/a");
  }
  v1::ListVersionsRequest list;
  list.set_parent("secrets/a");
  list.set_page_size(2);
  list.set_page_token(Ask(*world.secrets, &Stub::ListVersions, list).response.next_page_token());
  v1::DeleteSecretRequest remove;
  remove.set_name("secrets/a");
  REQUIRE(Ask(*world.secrets, &Stub::DeleteSecret, remove).status.ok());
  world.CreateSecret("secrets/a");
  world.AddVersion("secrets/a");
  auto answer = Ask(*world.secrets, &Stub::ListVersions, list);
  REQUIRE(answer.status.ok());
  REQUIRE(answer.response.versions_size() == 1);
  CHECK(answer.response.versions(0).number() == 1);
}

TEST_CASE("a repeat with the same request id adds nothing, another body is refused") {
  ApiWorld world;
  world.CreateSecret("secrets/a");
  v1::AddVersionRequest add;
  add.set_parent("secrets/a");
  add.set_request_id("deploy-17");
  add.add_fields()->set_name("value");
  add.mutable_fields(0)->set_value(FakeValue());
  auto first = Ask(*world.secrets, &Stub::AddVersion, add);
  REQUIRE(first.status.ok());
  CHECK(Ask(*world.secrets, &Stub::AddVersion, add).response.number() == first.response.number());
  // The values are a part of the body, although they are wiped before it is hashed.
  add.mutable_fields(0)->set_value(FakeValue());
  CHECK(Ask(*world.secrets, &Stub::AddVersion, add).reason() == "REQUEST_ID_REUSED");
}

TEST_CASE("the values are wiped from the request before anybody is asked who calls") {
  v1::AddVersionRequest request;
  request.add_fields()->set_name("value");
  request.mutable_fields(0)->set_value(FakeValue(64));
  const char* bytes = request.fields(0).value().data();
  ReceivedFields received(&request);
  CHECK(request.fields(0).value().empty());
  // The string keeps its room when it is cleared, so this is still its memory.
  CHECK(request.fields(0).value().capacity() >= 64);
  CHECK(std::string(bytes + 1, 63) == std::string(63, '\0'));
  absl::StatusOr<SecretFields> fields = received.Take();
  REQUIRE(fields.ok());
  CHECK(fields->size_bytes() == 64);
}

TEST_CASE("a stored value stands nowhere in the server's files in clear") {
  ApiWorld world;
  world.CreateSecret("secrets/a");
  const std::string value = FakeValue(32);
  v1::AddVersionRequest add;
  add.set_parent("secrets/a");
  add.set_request_id("with an id, which is hashed");
  add.add_fields()->set_name("value");
  add.mutable_fields(0)->set_value(value);
  REQUIRE(Ask(*world.secrets, &Stub::AddVersion, add).status.ok());
  const std::string plain_hash(AsText(Sha256Of(AsBytes(value))));
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(world.server.File(""))) {
    if (!file.is_regular_file()) {
      continue;
    }
    ++files;
    std::ifstream in(file.path(), std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    CAPTURE(file.path());
    CHECK(bytes.find(value) == std::string::npos);
    CHECK(bytes.find(plain_hash.substr(0, 16)) == std::string::npos);
  }
  CHECK(files >= 2);
}

}  // namespace
}  // namespace leasehold
