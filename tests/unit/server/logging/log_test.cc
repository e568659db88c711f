#include "server/logging/log.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/base/check.h"

namespace leasehold {
namespace {

// Puts `fd` in the place of stderr while it lives. The thread that writes must not stand in `fd` at
// its end.
class StderrSwap {
 public:
  explicit StderrSwap(int fd) : saved_(dup(STDERR_FILENO)) {
    REQUIRE(FlushLog(absl::InfiniteDuration()));
    REQUIRE(dup2(fd, STDERR_FILENO) == STDERR_FILENO);
  }
  ~StderrSwap() {
    FlushLog(absl::InfiniteDuration());
    dup2(saved_, STDERR_FILENO);
    close(saved_);
  }

 private:
  int saved_;
};

// Everything that is written to stderr while it lives.
class StderrCapture {
 public:
  StderrCapture() : file_(std::tmpfile(), &std::fclose), swap_(fileno(file_.get())) {}

  std::vector<std::string> Lines() const {
    REQUIRE(FlushLog(absl::InfiniteDuration()));
    std::vector<std::string> lines;
    std::string line;
    std::rewind(file_.get());
    for (int c; (c = std::fgetc(file_.get())) != EOF;) {
      if (c != '\n') {
        line.push_back(static_cast<char>(c));
        continue;
      }
      lines.push_back(line);
      line.clear();
    }
    if (!line.empty()) lines.push_back("unfinished: " + line);
    return lines;
  }

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  StderrSwap swap_;
};

// A pipe, the first half of which nobody reads unless a test does.
class Pipe {
 public:
  Pipe() { REQUIRE(pipe2(ends_.data(), O_CLOEXEC) == 0); }
  ~Pipe() {
    close(ends_[0]);
    CloseWriteEnd();
  }
  int write_end() const { return ends_[1]; }
  void CloseWriteEnd() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }
  // Until no process can write any more.
  std::string ReadToEnd() {
    std::string text;
    std::array<char, 4096> room;
    for (ssize_t got; (got = read(ends_[0], room.data(), room.size())) > 0;) {
      text.append(room.data(), static_cast<size_t>(got));
    }
    return text;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

// Runs the hidden test case `name` of this program in a process of its own, with `fd` as stderr.
pid_t RunCaseApart(const std::string& name, int fd) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  std::vector<std::string> words = {self, name};
  std::vector<char*> argv = {words[0].data(), words[1].data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, fd, STDERR_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  REQUIRE(posix_spawn(&child, self.c_str(), &actions, nullptr, argv.data(), environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  return child;
}

int ExitStatusOf(pid_t child) {
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

size_t Count(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; at += part.size()) {
    ++count;
  }
  return count;
}

TEST_CASE("lines below the level are not written", "[logging]") {
  SetLogOptions({.level = LogLevel::kWarning, .format = LogFormat::kJson});
  const StderrCapture capture;
  LogInfo("info");
  LogWarning("warning");
  LogError("error", {{"k", 1}});
  SetLogOptions({.level = LogLevel::kOff, .format = LogFormat::kJson});
  LogError("off");
  Log(LogLevel::kOff, "never");
  SetLogOptions({});
  const auto lines = capture.Lines();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find(R"("level":"warning","msg":"warning"})") != std::string::npos);
  CHECK(lines[1].find(R"("level":"error","msg":"error","k":1})") != std::string::npos);
}

TEST_CASE("braces in a message are text and no format", "[logging]") {
  SetLogOptions({});
  const StderrCapture capture;
  LogInfo("{} {0} %s {");
  const auto lines = capture.Lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find(R"("msg":"{} {0} %s {"})") != std::string::npos);
}

TEST_CASE("lines of several threads stay whole", "[logging]") {
  SetLogOptions({});
  const StderrCapture capture;
  const std::string text(500, 'x');
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&text] {
      for (int i = 0; i < 100; ++i) LogInfo("line", {{"text", text}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto lines = capture.Lines();
  CHECK(lines.size() == 400);
  for (const std::string& line : lines) {
    CHECK(line.find(R"("msg":"line","text":")" + text + R"("})") != std::string::npos);
  }
}

// The sum of the numbers behind `"left_out":`.
uint64_t LeftOut(std::string_view text) {
  const std::string_view key = R"("left_out":)";
  uint64_t sum = 0;
  for (size_t at = 0; (at = text.find(key, at)) != std::string_view::npos;) {
    at += key.size();
    sum += std::stoull(std::string(text.substr(at, 20)));
  }
  return sum;
}

TEST_CASE("a stderr that nobody reads holds up no thread that logs", "[logging]") {
  constexpr uint64_t kThreads = 4;
  constexpr uint64_t kLinesEach = 25'000;
  SetLogOptions({});
  Pipe pipe;
  std::string text;
  std::thread reader;
  {
    const StderrSwap swap(pipe.write_end());
    std::vector<std::thread> threads;
    for (uint64_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([] {
        for (uint64_t i = 0; i < kLinesEach; ++i) LogInfo("flood", {{"i", i}});
      });
    }
    // Here it would hang: 100,000 lines do not fit into a pipe.
    for (std::thread& thread : threads) thread.join();
    reader = std::thread([&] { text = pipe.ReadToEnd(); });
    REQUIRE(FlushLog(absl::InfiniteDuration()));
    LogInfo("after the flood");
  }
  pipe.CloseWriteEnd();
  reader.join();
  const uint64_t written = Count(text, R"("msg":"flood")");
  CHECK(written > 0);
  CHECK(written < kThreads * kLinesEach);
  CHECK(written + LeftOut(text) == kThreads * kLinesEach);
  CHECK(Count(text, "after the flood") == 1);
  CHECK(text.back() == '\n');
}

TEST_CASE("logs and ends", "[.logs_and_ends]") {
  SetLogOptions({});
  for (int i = 0; i < 500; ++i) LogInfo("on the way", {{"i", i}});
  LogInfo("stopped");
}

TEST_CASE("the lines before the end of the process are not lost", "[logging]") {
  Pipe pipe;
  const pid_t child = RunCaseApart("logs and ends", pipe.write_end());
  pipe.CloseWriteEnd();
  const std::string text = pipe.ReadToEnd();
  CHECK(ExitStatusOf(child) == 0);
  CHECK(Count(text, "on the way") == 500);
  CHECK(Count(text, "stopped") == 1);
}

TEST_CASE("logs more than fits and ends", "[.logs_more_than_fits]") {
  SetLogOptions({});
  for (int i = 0; i < 20'000; ++i) LogInfo("on the way", {{"i", i}});
}

TEST_CASE("a process ends although nobody reads its last lines", "[logging]") {
  const Pipe pipe;
  CHECK(ExitStatusOf(RunCaseApart("logs more than fits and ends", pipe.write_end())) == 0);
}

TEST_CASE("fails a check after its last line", "[.fails_a_check]") {
  std::signal(SIGABRT, SIG_DFL);  // Catch2's own handler would report it as a failed test.
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  SetLogOptions({});
  LogInfo("the line before");
  LEASEHOLD_CHECK(false, "the last words");
}

TEST_CASE("the lines before a failed check come out before it", "[logging]") {
  Pipe pipe;
  const pid_t child = RunCaseApart("fails a check after its last line", pipe.write_end());
  pipe.CloseWriteEnd();
  const std::string text = pipe.ReadToEnd();
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  const size_t before = text.find("the line before");
  const size_t last = text.find("the last words");
  REQUIRE(before != std::string::npos);
  REQUIRE(last != std::string::npos);
  CHECK(before < last);
}

TEST_CASE("a failed check ends the process although nobody reads why", "[logging]") {
  const Pipe pipe;
  // Filled to the last byte, so that every further one would wait.
  REQUIRE(fcntl(pipe.write_end(), F_SETFL, O_NONBLOCK) == 0);
  while (write(pipe.write_end(), "x", 1) == 1) {
  }
  REQUIRE(fcntl(pipe.write_end(), F_SETFL, 0) == 0);
  const pid_t child = RunCaseApart("fails a check after its last line", pipe.write_end());
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
}

}  // namespace
}  // namespace leasehold
