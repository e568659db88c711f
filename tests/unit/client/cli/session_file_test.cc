#include "client/cli/session_file.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <array>
#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "client/cli/terminal/cli_error.h"
#include "server/base/crypto_bytes.h"
#include "server/base/token_text.h"
#include "tests/support/temp_folder.h"

namespace leasehold {
namespace {

// The user's configuration folder is a new one.
class ConfigFolder {
 public:
  ConfigFolder() { setenv("XDG_CONFIG_HOME", folder.path().c_str(), 1); }
  ~ConfigFolder() { unsetenv("XDG_CONFIG_HOME"); }
  TempFolder folder;
};

SavedSession NewSession(absl::Duration ttl) {
  std::array<uint8_t, 32> random;
  RandomBytes(random);
  return {.server = "127.0.0.1:8640",
          .token = FrameToken(TokenKind::kOperatorSession, random),
          .expire_time = absl::Now() + ttl};
}

}  // namespace

TEST_CASE("a session is kept for its owner alone, until it ends or is removed") {
  const ConfigFolder config;
  REQUIRE(LoadSession().ok());
  CHECK_FALSE(LoadSession()->has_value());
  CHECK(RemoveSession().ok());
  const SavedSession session = NewSession(absl::Hours(1));
  REQUIRE(SaveSession(session).ok());
  struct stat file {};
  REQUIRE(stat(SessionFilePath().c_str(), &file) == 0);
  CHECK((file.st_mode & 0777) == 0600);
  const auto loaded = LoadSession();
  REQUIRE(loaded.ok());
  REQUIRE(loaded->has_value());
  CHECK((*loaded)->server == session.server);
  CHECK((*loaded)->token == session.token);
  REQUIRE(SaveSession(NewSession(-absl::Seconds(2))).ok());
  CHECK_FALSE(LoadSession()->has_value());
  CHECK(RemoveSession().ok());
  CHECK(stat(SessionFilePath().c_str(), &file) != 0);
}

TEST_CASE("a session that others can read, or that is damaged, is not used") {
  const ConfigFolder config;
  REQUIRE(SaveSession(NewSession(absl::Hours(1))).ok());
  const std::string path = SessionFilePath();
  SECTION("readable by others") { chmod(path.c_str(), 0640); }
  SECTION("damaged") { std::ofstream(path) << "127.0.0.1:8640\nlho_x\n1\n"; }
  SECTION("empty") { std::ofstream(path) << ""; }
  SECTION("without an end") {
    std::ofstream(path) << "127.0.0.1:8640\n" << NewSession(absl::Hours(1)).token << "\n";
  }
  CHECK(ExitStatusOf(LoadSession().status()) == ExitStatus::kNotAuthenticated);
}

}  // namespace leasehold
