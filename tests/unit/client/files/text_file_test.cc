#include "client/files/text_file.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "tests/unit/client/files/temporary_folder.h"

namespace leasehold {
namespace {

TEST_CASE("a file is read up to its limit", "[files]") {
  const TemporaryFolder folder;
  const std::string bytes("a\0b\r\n", 5);
  CHECK(ReadTextFile(folder.Write("a", bytes), 5).value() == bytes);
  CHECK(ReadTextFile(folder.Write("empty", ""), 5).value() == "");
  const std::string large(40'000, 'x');
  CHECK(ReadTextFile(folder.Write("large", large), 40'000).value() == large);
  const auto status = ReadTextFile(folder.Path("large"), 39'999).status();
  CHECK(ReasonOf(status) == Reason::kInvalidArgument);
  CHECK_THAT(std::string(status.message()), Catch::Contains("more than 39999 bytes"));
}

TEST_CASE("what is no file is told apart", "[files]") {
  const TemporaryFolder folder;
  CHECK(ReasonOf(ReadTextFile(folder.Path("none"), 5).status()) == Reason::kNotFound);
  CHECK(ReasonOf(ReadTextFile(folder.Path("."), 5).status()) == Reason::kInvalidArgument);
  REQUIRE(mkfifo(folder.Path("pipe").c_str(), 0600) == 0);
  CHECK(ReasonOf(ReadTextFile(folder.Path("pipe"), 5).status()) == Reason::kInvalidArgument);
  CHECK(ReasonOf(ReadTextFile("/dev/zero", 5).status()) == Reason::kInvalidArgument);
  CHECK(ReasonOf(ReadTextFile(folder.Path("none/a"), 5).status()) == Reason::kNotFound);
  CHECK(ReasonOf(ReadTextFile(folder.Write("a", "x") + "/b", 5).status()) == Reason::kIo);
}

}  // namespace
}  // namespace leasehold
