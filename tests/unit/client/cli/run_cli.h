#ifndef LEASEHOLD_TESTS_UNIT_CLIENT_CLI_RUN_CLI_H_
#define LEASEHOLD_TESTS_UNIT_CLIENT_CLI_RUN_CLI_H_

#include <string>
#include <vector>

namespace leasehold {

// What a run of `leasehold` left behind.
struct CliRun {
  int exit = 0;
  std::string out;
  std::string err;
};

// Runs `leasehold` in this process, without terminals, with `input` on its standard input.
CliRun RunCli(const std::vector<std::string>& arguments, const std::string& input = "");

// A folder that is there as long as the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }
  // Writes a file and gives its path.
  std::string Write(const std::string& name, const std::string& content) const;

 private:
  std::string path_;
};

// Sets a variable of the environment as long as the object lives; nullptr takes it away.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const char* value);
  ~ScopedVariable();
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  const char* name_;
  std::string before_;
  bool was_set_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_CLIENT_CLI_RUN_CLI_H_
