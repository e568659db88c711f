#include "tests/unit/client/cli/run_cli.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "client/cli/program.h"
#include "client/cli/terminal/console.h"
#include "server/base/check.h"

namespace leasehold {

CliRun RunCli(const std::vector<std::string>& arguments, const std::string& input) {
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  Console console({.in = &in, .out = &out, .err = &err});
  CliRun run;
  run.exit = RunProgram(arguments, &console);
  run.out = out.str();
  run.err = err.str();
  return run;
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = std::filesystem::temp_directory_path() / "leasehold-cli-XXXXXX";
  LEASEHOLD_CHECK(mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::Write(const std::string& name, const std::string& content) const {
  std::string path = path_ + "/" + name;
  std::ofstream file(path, std::ios::binary);
  file << content;
  file.close();
  LEASEHOLD_CHECK(file.good());
  return path;
}

ScopedVariable::ScopedVariable(const char* name, const char* value) : name_(name) {
  const char* before = std::getenv(name);
  was_set_ = before != nullptr;
  if (was_set_) before_ = before;
  value != nullptr ? setenv(name, value, 1) : unsetenv(name);
}

ScopedVariable::~ScopedVariable() {
  was_set_ ? setenv(name_, before_.c_str(), 1) : unsetenv(name_);
}

}  // namespace leasehold
