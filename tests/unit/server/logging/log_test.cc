#include "server/logging/log.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace leasehold {
namespace {

// Everything that is written to stderr while it lives.
class StderrCapture {
 public:
  StderrCapture() : file_(std::tmpfile(), &std::fclose), saved_(dup(STDERR_FILENO)) {
    REQUIRE(file_ != nullptr);
    std::fflush(stderr);
    REQUIRE(dup2(fileno(file_.get()), STDERR_FILENO) == STDERR_FILENO);
  }
  ~StderrCapture() {
    dup2(saved_, STDERR_FILENO);
    close(saved_);
  }

  std::vector<std::string> Lines() const {
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
  int saved_;
};

TEST_CASE("lines below the level are not written", "[logging]") {
  SetLogOptions({.level = LogLevel::kWarning, .format = LogFormat::kJson});
  const StderrCapture capture;
  LogDebug("debug");
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

}  // namespace
}  // namespace leasehold
