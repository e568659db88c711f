#include "server/net/socket/unix_listener.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "server/base/status.h"
#include "tests/support/temp_folder.h"

namespace leasehold {
namespace {

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

bool CanConnect(const std::string& path) {
  const OwnedFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = AddressOf(path);
  return connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

mode_t ModeOf(const std::string& path) {
  struct stat file {};
  REQUIRE(lstat(path.c_str(), &file) == 0);
  REQUIRE(S_ISSOCK(file.st_mode));
  return file.st_mode & 07777;
}

size_t FilesIn(const TempFolder& folder) {
  const std::filesystem::directory_iterator files(folder.path());
  return static_cast<size_t>(std::distance(begin(files), end(files)));
}

TEST_CASE("a socket's file has the wanted mode whatever the umask, and nothing else stays",
          "[net]") {
  const TempFolder folder;
  const mode_t old_mask = umask(0077);
  for (const mode_t mode : {0600U, 0660U, 0666U}) {
    const auto listener = UnixListener::Listen(folder.File("admin.sock"), mode);
    REQUIRE(listener.ok());
    CHECK(ModeOf(listener->path()) == mode);
    CHECK(CanConnect(listener->path()));
    CHECK(FilesIn(folder) == 1);
  }
  umask(old_mask);
  CHECK(FilesIn(folder) == 0);
}

TEST_CASE("a live server's socket is refused and left alone", "[net]") {
  const TempFolder folder;
  const std::string path = folder.File("admin.sock");
  const auto first = UnixListener::Listen(path, 0600);
  REQUIRE(first.ok());
  const auto second = UnixListener::Listen(path, 0600);
  REQUIRE_FALSE(second.ok());
  CHECK(ReasonOf(second.status()) == Reason::kAddressInUse);
  CHECK(std::string(second.status().message()).find(path) == 0);
  CHECK(CanConnect(path));
  CHECK(FilesIn(folder) == 1);
}

TEST_CASE("a killed server's socket is replaced", "[net]") {
  const TempFolder folder;
  const std::string path = folder.File("admin.sock");
  {
    const OwnedFd dead(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un address = AddressOf(path);
    REQUIRE(bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    REQUIRE(listen(dead.get(), 1) == 0);
  }
  REQUIRE(std::filesystem::exists(path));
  REQUIRE_FALSE(CanConnect(path));
  const auto listener = UnixListener::Listen(path, 0600);
  REQUIRE(listener.ok());
  CHECK(CanConnect(path));
}

TEST_CASE("a file that is no socket is not replaced", "[net]") {
  const TempFolder folder;
  const std::string path = folder.File("admin.sock");
  std::ofstream(path) << "precious";
  const auto listener = UnixListener::Listen(path, 0600);
  REQUIRE_FALSE(listener.ok());
  CHECK(ReasonOf(listener.status()) == Reason::kConfigInvalid);
  CHECK(std::filesystem::file_size(path) == 8);
}

TEST_CASE("a path that a socket cannot have is refused before anything is made", "[net]") {
  const TempFolder folder;
  std::string deep = folder.path();
  while (deep.size() < 95) deep += "/d";
  std::filesystem::create_directories(deep);
  const auto too_long = UnixListener::Listen(deep + "/admin.sock", 0600);
  REQUIRE_FALSE(too_long.ok());
  CHECK(ReasonOf(too_long.status()) == Reason::kConfigInvalid);
  CHECK(std::filesystem::is_empty(deep));

  const auto no_folder = UnixListener::Listen(folder.File("absent/admin.sock"), 0600);
  REQUIRE_FALSE(no_folder.ok());
  CHECK(ReasonOf(no_folder.status()) == Reason::kIo);
}

TEST_CASE("the file of a successor is not removed", "[net]") {
  const TempFolder folder;
  const std::string path = folder.File("admin.sock");
  auto first = UnixListener::Listen(path, 0600);
  REQUIRE(first.ok());
  std::optional<UnixListener> old(*std::move(first));
  std::filesystem::remove(path);
  const auto successor = UnixListener::Listen(path, 0600);
  REQUIRE(successor.ok());
  old.reset();
  CHECK(CanConnect(path));
}

}  // namespace
}  // namespace leasehold
