#include "server/vault/root_key.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>

#include "server/base/status.h"
#include "server/base/token_text.h"
#include "tests/unit/server/vault/secrets_for_tests.h"

namespace leasehold {
namespace {

namespace fs = std::filesystem;

// A folder of its own for each test, gone afterwards.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "leasehold-root-key-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryFolder() { fs::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string operator/(const char* name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void WriteFile(const std::string& path, const std::string& text) {
  fs::remove(path);  // Some file systems wait for the disk when a file is truncated and rewritten.
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  REQUIRE(chmod(path.c_str(), 0600) == 0);
}

unsigned ModeOf(const std::string& path) {
  struct stat info {};
  REQUIRE(stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777U;
}

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST_CASE("a new root key file can be loaded, has mode 0600 and another key each time",
          "[vault][root_key]") {
  const TemporaryFolder folder;
  const std::string path = folder / "root.key";
  const mode_t mask = umask(GENERATE(0, 0022, 0777));
  const absl::Status created = CreateRootKeyFile(path);
  umask(mask);
  REQUIRE(created.ok());
  CHECK(ModeOf(path) == 0600);
  CHECK(std::regex_match(ReadFile(path), std::regex("lhroot1_[A-Za-z0-9_-]{43}[A-Za-z0-9]{6}\n")));

  const absl::StatusOr<SecretBytes> key = LoadRootKeyFile(path);
  REQUIRE(key.ok());
  CHECK(key->size() == 32);
  CHECK(ConstantTimeEqual(*key, LoadRootKeyFile(path).value()));
  REQUIRE(CreateRootKeyFile(folder / "other.key").ok());
  CHECK_FALSE(ConstantTimeEqual(*key, LoadRootKeyFile(folder / "other.key").value()));
}

TEST_CASE("the file holds exactly the key that is loaded", "[vault][root_key]") {
  const TemporaryFolder folder;
  const std::string path = folder / "root.key";
  const std::string key = RandomText(32);
  const std::string framed = "lhroot1_" + Base64UrlEncode(AsBytes(key));
  WriteFile(path, framed + TokenChecksum(framed) + "\n");
  const absl::StatusOr<SecretBytes> loaded = LoadRootKeyFile(path);
  REQUIRE(loaded.ok());
  CHECK(Plaintext(*loaded) == key);
}

TEST_CASE("an existing file is never overwritten", "[vault][root_key]") {
  const TemporaryFolder folder;
  const std::string path = folder / "root.key";
  WriteFile(path, "precious");
  const absl::Status status = CreateRootKeyFile(path);
  CHECK(ReasonOf(status) == Reason::kAlreadyExists);
  CHECK_THAT(Message(status), Catch::Contains(path));
  CHECK(ReadFile(path) == "precious");

  const std::string link = folder / "link";
  fs::create_symlink(folder / "nowhere", link);
  CHECK(ReasonOf(CreateRootKeyFile(link)) == Reason::kAlreadyExists);
  CHECK_FALSE(fs::exists(folder / "nowhere"));
}

TEST_CASE("a file that cannot be written whole is not left behind", "[vault][root_key]") {
  const TemporaryFolder folder;
  const std::string path = folder / "root.key";
  CHECK(ReasonOf(CreateRootKeyFile(folder / "missing/root.key")) == Reason::kIo);

  // The limit on file sizes stands for a full disk: the write stops after 20 bytes.
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit low = {20, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &low) == 0);
  const absl::Status status = CreateRootKeyFile(path);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, handler);
  CHECK(ReasonOf(status) == Reason::kIo);
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("a file that others may touch is refused, whatever is in it", "[vault][root_key]") {
  const TemporaryFolder folder;
  const std::string path = folder / "root.key";
  REQUIRE(CreateRootKeyFile(path).ok());
  for (const unsigned mode :
       {0640U, 0604U, 0620U, 0602U, 0610U, 0601U, 0700U, 0644U, 0666U, 04600U, 02600U, 01600U}) {
    INFO("mode " << std::oct << mode);
    REQUIRE(chmod(path.c_str(), mode) == 0);
    REQUIRE(ModeOf(path) == mode);
    const absl::Status status = LoadRootKeyFile(path).status();
    CHECK(ReasonOf(status) == Reason::kRootKeyUnusable);
    CHECK_THAT(Message(status), Catch::Contains(path) && Catch::Contains("chmod 0600"));
  }
  REQUIRE(chmod(path.c_str(), 0400) == 0);
  CHECK(LoadRootKeyFile(path).ok());

  if (geteuid() != 0) return;  // Only root can give files away.
  REQUIRE(chmod(path.c_str(), 0600) == 0);
  REQUIRE(chown(path.c_str(), 65534, 65534) == 0);
  const absl::Status status = LoadRootKeyFile(path).status();
  CHECK(ReasonOf(status) == Reason::kRootKeyUnusable);
  CHECK_THAT(Message(status), Catch::Contains("belongs to user 65534"));
}

TEST_CASE("what is no regular file is refused at once, and a link is followed",
          "[vault][root_key]") {
  const TemporaryFolder folder;
  const std::string missing = folder / "missing";
  CHECK(ReasonOf(LoadRootKeyFile(missing).status()) == Reason::kRootKeyUnusable);
  CHECK_THAT(Message(LoadRootKeyFile(missing).status()), Catch::Contains("does not exist"));

  CHECK_THAT(Message(LoadRootKeyFile(folder / ".").status()),
             Catch::Contains("not a regular file"));
  const std::string pipe = folder / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);  // Would block a plain open for ever.
  CHECK_THAT(Message(LoadRootKeyFile(pipe).status()), Catch::Contains("not a regular file"));
  CHECK(ReasonOf(LoadRootKeyFile("/dev/null").status()) == Reason::kRootKeyUnusable);

  const std::string path = folder / "root.key";
  REQUIRE(CreateRootKeyFile(path).ok());
  const std::string link = folder / "link";
  fs::create_symlink(path, link);
  CHECK(LoadRootKeyFile(link).ok());
  REQUIRE(chmod(path.c_str(), 0644) == 0);
  CHECK_FALSE(LoadRootKeyFile(link).ok());
}

TEST_CASE("content that is not exactly a root key is refused and not quoted", "[vault][root_key]") {
  const TemporaryFolder folder;
  const std::string path = folder / "root.key";
  REQUIRE(CreateRootKeyFile(path).ok());
  const std::string text = ReadFile(path);
  const std::string key_text = text.substr(8, 43);
  struct Row {
    const char* why;
    std::string text;
    const char* message;
  };
  const std::string framed = "lhroot1_" + std::string(42, 'A') + "B";  // Stray bits at the end.
  const std::vector<Row> rows = {
      {"empty", "", "has 0 bytes instead of 58 or 141"},
      {"no line end", text.substr(0, 57), "has 57 bytes"},
      {"a second line", text + text, "has 116 bytes"},
      {"a space in front", " " + text, "has 59 bytes"},
      {"half of it", text.substr(0, 30), "has 30 bytes"},
      {"another format", "lhroot2_" + text.substr(8), "begins with lhroot1_"},
      {"another line end", text.substr(0, 57) + "\r", "begins with lhroot1_"},
      {"zeros, as after a power cut", std::string(58, '\0'), "begins with lhroot1_"},
      {"bits beyond the key", framed + TokenChecksum(framed) + "\n", "not base64url"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    WriteFile(path, row.text);
    const absl::Status status = LoadRootKeyFile(path).status();
    CHECK(ReasonOf(status) == Reason::kRootKeyUnusable);
    CHECK_THAT(Message(status), Catch::Contains(row.message) && Catch::Contains(path));
    CHECK(Message(status).find(key_text.substr(0, 8)) == std::string::npos);
  }
}

TEST_CASE("a root key file under a passphrase is opened by that alone", "[vault][root_key]") {
  const TemporaryFolder folder;
  const std::string path = folder / "root.key";
  const SecretBytes passphrase = RandomSecret(24);
  REQUIRE(CreateRootKeyFile(path, &passphrase).ok());
  CHECK(ModeOf(path) == 0600);
  const std::string text = ReadFile(path);
  CHECK(std::regex_match(text, std::regex("lhroot2_[A-Za-z0-9_-]{126}[A-Za-z0-9]{6}\n")));

  const absl::Status sealed = LoadRootKeyFile(path).status();
  CHECK(ReasonOf(sealed) == Reason::kSealed);
  CHECK_THAT(Message(sealed), Catch::Contains(path));
  const absl::StatusOr<SecretBytes> key = UnsealRootKeyFile(path, passphrase);
  REQUIRE(key.ok());
  CHECK(key->size() == 32);
  CHECK(ConstantTimeEqual(*key, UnsealRootKeyFile(path, passphrase).value()));
  CHECK(ReasonOf(UnsealRootKeyFile(path, RandomSecret(24)).status()) == Reason::kRootKeyWrong);

  // Damage is told from a wrong passphrase, before any is tried.
  for (size_t bit = 0; bit < text.size() * 8; ++bit) {
    WriteFile(path, FlipBit(text, bit));
    INFO("bit " << bit);
    CHECK(ReasonOf(UnsealRootKeyFile(path, passphrase).status()) == Reason::kRootKeyUnusable);
  }
  CHECK(ReasonOf(CreateRootKeyFile(path, &passphrase)) == Reason::kAlreadyExists);

  REQUIRE(CreateRootKeyFile(folder / "plain.key").ok());
  CHECK(ReasonOf(UnsealRootKeyFile(folder / "plain.key", passphrase).status()) ==
        Reason::kFailedPrecondition);
  const SecretBytes poor = RandomSecret(4);
  CHECK(ReasonOf(CreateRootKeyFile(folder / "poor.key", &poor)) == Reason::kInvalidArgument);
  CHECK_FALSE(fs::exists(folder / "poor.key"));
}

TEST_CASE("a credential of systemd may be read by root's group, other files not",
          "[vault][root_key]") {
  const TemporaryFolder folder;
  const std::string path = folder / "root.key";
  REQUIRE(CreateRootKeyFile(path).ok());
  if (geteuid() != 0) return;  // Only root's own may.
  REQUIRE(chmod(path.c_str(), 0440) == 0);
  CHECK(LoadRootKeyFile(path, RootKeyReaders::kGroupOfRoots).ok());
  CHECK_FALSE(LoadRootKeyFile(path).ok());
  for (const unsigned mode : {0444U, 0460U, 0441U}) {
    REQUIRE(chmod(path.c_str(), mode) == 0);
    CHECK_FALSE(LoadRootKeyFile(path, RootKeyReaders::kGroupOfRoots).ok());
  }
  REQUIRE(chmod(path.c_str(), 0440) == 0);
  REQUIRE(chown(path.c_str(), 65534, 65534) == 0);
  CHECK_FALSE(LoadRootKeyFile(path, RootKeyReaders::kGroupOfRoots).ok());
}

TEST_CASE("one flipped bit anywhere in the file is found", "[vault][root_key]") {
  const TemporaryFolder folder;
  const std::string path = folder / "root.key";
  REQUIRE(CreateRootKeyFile(path).ok());
  const std::string text = ReadFile(path);
  for (size_t bit = 0; bit < text.size() * 8; ++bit) {
    WriteFile(path, FlipBit(text, bit));
    INFO("bit " << bit);
    CHECK(ReasonOf(LoadRootKeyFile(path).status()) == Reason::kRootKeyUnusable);
  }
  WriteFile(path, text);
  CHECK(LoadRootKeyFile(path).ok());
}

}  // namespace
}  // namespace leasehold
