#include "client/cli/secret_input.h"

#include <catch2/catch.hpp>
#include <map>
#include <sstream>

#include "client/cli/arguments/parser.h"
#include "client/cli/commands.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "leasehold/v1/secret.pb.h"
#include "server/base/crypto_bytes.h"
#include "tests/unit/client/cli/run_cli.h"

namespace leasehold {
namespace {

struct Input {
  absl::Status status;
  std::map<std::string, std::string> fields;
  std::string err;
};

Input Fields(std::vector<std::string> flags, const std::string& input) {
  const Command root = RootCommand();
  flags.insert(flags.begin(), {"secret", "put", "a"});
  const auto parsed = Parse(root, flags);
  REQUIRE(parsed.ok());
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  Console console({.in = &in, .out = &out, .err = &err});
  Session session(&parsed->arguments, &console);
  v1::AddVersionRequest request;
  Input result{.status = ReadSecretFields(session, &request), .fields = {}, .err = err.str()};
  for (const v1::Field& field : request.fields()) result.fields[field.name()] = field.value();
  CHECK(out.str().empty());
  return result;
}

using Values = std::map<std::string, std::string>;

TEST_CASE("the standard input is kept byte for byte") {
  const std::string bytes("\x00\xff\n line\r\n", 10);
  CHECK(Fields({}, bytes).fields == Values{{"value", bytes}});
  const Input with_line_feed = Fields({}, "pat\n");
  CHECK(with_line_feed.fields == Values{{"value", "pat\n"}});
  CHECK(with_line_feed.err.find("--trim-newline") != std::string::npos);
}

TEST_CASE("--trim-newline drops one line end and no more") {
  CHECK(Fields({"--trim-newline"}, "pat\n").fields == Values{{"value", "pat"}});
  CHECK(Fields({"--trim-newline"}, "pat\r\n").fields == Values{{"value", "pat"}});
  CHECK(Fields({"--trim-newline"}, "pat\n\n").fields == Values{{"value", "pat\n"}});
  CHECK(Fields({"--trim-newline"}, "pat").fields == Values{{"value", "pat"}});
}

TEST_CASE("fields come from files and the input, and files alone leave the input alone") {
  const TemporaryFolder folder;
  const std::string user = folder.Write("user", "alice");
  CHECK(Fields({"--field", "user=@" + user}, "ignored").fields == Values{{"user", "alice"}});
  CHECK(Fields({"--file", user}, "ignored").fields == Values{{"value", "alice"}});
  CHECK(Fields({"--field", "user=@" + user, "--field-stdin", "password"}, "pw").fields ==
        Values{{"user", "alice"}, {"password", "pw"}});
}

TEST_CASE("what cannot be a version is refused before anything is sent") {
  const TemporaryFolder folder;
  const std::string some = folder.Write("some", "x");
  const std::string large = folder.Write("large", std::string(64 * 1024 + 1, 'x'));
  const std::string half = folder.Write("half", std::string(33 * 1024, 'x'));
  struct Row {
    std::vector<std::string> flags;
    std::string input;
    const char* why;
  };
  const Row rows[] = {
      {{}, "", "an empty value"},
      {{"--trim-newline"}, "\n", "empty once trimmed"},
      {{}, std::string(64 * 1024 + 1, 'x'), "one byte more than 64 KiB"},
      {{"--file", large}, "", "a file that is too long"},
      {{"--field", "a=@" + half, "--field", "b=@" + half}, "", "too long together"},
      {{"--file", folder.path() + "/missing"}, "", "no such file"},
      {{"--field", "a=" + some}, "", "a value as an argument"},
      {{"--field", "a"}, "", "no file"},
      {{"--field", "a=@"}, "", "no file name"},
      {{"--field", "A=@" + some}, "", "a field name that is not canonical"},
      {{"--field", "a=@" + some, "--field", "a=@" + some}, "", "the same field twice"},
      {{"--file", some, "--field-stdin", "value"}, "x", "the same field from file and input"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    CHECK(ExitStatusOf(Fields(row.flags, row.input).status) == ExitStatus::kUsage);
  }
  CHECK(Fields({}, std::string(64 * 1024, 'x')).status.ok());
}

TEST_CASE("a value that was typed as an argument is not repeated in the error") {
  uint8_t random[16];
  RandomBytes(random);
  const std::string value = HexEncode(random);
  const CliRun run = RunCli({"secret", "put", "a", "--field", "pw=" + value});
  CHECK(run.exit == 2);
  CHECK(run.err.find(value) == std::string::npos);
}

}  // namespace
}  // namespace leasehold
