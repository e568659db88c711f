#include "server/broker/http/body_scanner.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <string_view>
#include <tuple>

namespace leasehold {
namespace {

using Kind = BodyLength::Kind;
using Rules = BodyScanner::Rules;

constexpr BodyLength kChunked{.kind = Kind::kChunked};

struct Outcome {
  size_t taken = 0;
  bool done = false;
  bool broken = false;
  bool operator==(const Outcome&) const = default;
};

// Gives `bytes` in pieces of `step`, as a connection would.
Outcome Scan(BodyLength length, Rules rules, std::string_view bytes, size_t step) {
  BodyScanner scanner(length, rules);
  Outcome outcome;
  for (size_t at = 0; at < bytes.size(); at += step) {
    const std::string_view piece = bytes.substr(at, step);
    const size_t taken = scanner.Take(piece);
    outcome.taken += taken;
    if (taken < piece.size()) break;
  }
  outcome.done = scanner.done();
  outcome.broken = !scanner.offence().empty();
  return outcome;
}

// The same however the bytes are cut.
Outcome ScanInAllSteps(BodyLength length, Rules rules, std::string_view bytes) {
  const Outcome whole = Scan(length, rules, bytes, std::max<size_t>(bytes.size(), 1));
  for (size_t step = 1; step < bytes.size(); ++step) {
    REQUIRE(Scan(length, rules, bytes, step) == whole);
  }
  return whole;
}

TEST_CASE("a counted body ends after its bytes") {
  CHECK(ScanInAllSteps({Kind::kNone, 0}, Rules::kRequest, "next") == Outcome{0, true, false});
  CHECK(ScanInAllSteps({Kind::kLength, 0}, Rules::kRequest, "next") == Outcome{0, true, false});
  CHECK(ScanInAllSteps({Kind::kLength, 3}, Rules::kRequest, "abcnext") == Outcome{3, true, false});
  CHECK(ScanInAllSteps({Kind::kLength, 9}, Rules::kRequest, "abc") == Outcome{3, false, false});
}

TEST_CASE("a body until close never ends by itself") {
  CHECK(ScanInAllSteps({Kind::kUntilClose, 0}, Rules::kResponse, "abc") ==
        Outcome{3, false, false});
}

TEST_CASE("a chunked body ends after its last chunk") {
  const Rules rules = GENERATE(Rules::kRequest, Rules::kResponse);
  const std::string body =
      GENERATE("0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n", "a\r\n0\r\n\r\n56789\r\n0000\r\n\r\n",
               "A\r\n0123456789\r\n00b\r\n0123456789a\r\n0\r\n\r\n");
  CHECK(ScanInAllSteps(kChunked, rules, body + "GET /next") == Outcome{body.size(), true, false});
}

TEST_CASE("chunks that could be read in two ways are refused in requests") {
  const char* why = "";
  std::string body;
  std::tie(body, why) = GENERATE(table<std::string, const char*>({
      {"3\nabc\r\n0\r\n\r\n", "a bare LF behind the size"},
      {"3\rabc\r\n0\r\n\r\n", "a bare CR behind the size"},
      {"3;x=y\r\nabc\r\n0\r\n\r\n", "an extension"},
      {"3;\r\nabc\r\n0\r\n\r\n", "an empty extension"},
      {"3 \r\nabc\r\n0\r\n\r\n", "a blank behind the size"},
      {" 3\r\nabc\r\n0\r\n\r\n", "a blank before the size"},
      {"0x3\r\nabc\r\n0\r\n\r\n", "a prefix"},
      {"+3\r\nabc\r\n0\r\n\r\n", "a sign"},
      {"-3\r\nabc\r\n0\r\n\r\n", "a negative size"},
      {"\r\nabc\r\n0\r\n\r\n", "no size"},
      {"3_0\r\nabc", "an underscore, which some parsers of numbers take"},
      {"1000000000000000\r\n", "a size of 64 bits"},
      {"3\r\nabcd\r\n0\r\n\r\n", "a chunk that is longer than it says"},
      {"3\r\nabc\n0\r\n\r\n", "a bare LF behind the chunk"},
      {"0\r\nA: b\r\n\r\n", "a trailer"},
      {"0\r\nTransfer-Encoding: chunked\r\n\r\n", "a trailer that says how to read"},
      {"0\r\n\n", "a bare LF at the end"},
      {"G\r\n", "no hex digit"},
  }));
  INFO(why);
  const Outcome outcome = ScanInAllSteps(kChunked, Rules::kRequest, body);
  CHECK(outcome.broken);
  CHECK_FALSE(outcome.done);
}

TEST_CASE("responses may have extensions and trailers") {
  const std::string body = GENERATE("3;x=\"y\"\r\nabc\r\n0;last\r\n\r\n", "3  \r\nabc\r\n0\r\n\r\n",
                                    "3\r\nabc\r\n0\r\nA: b\r\nC: d\r\n\r\n");
  CHECK(ScanInAllSteps(kChunked, Rules::kResponse, body + "rest") ==
        Outcome{body.size(), true, false});
}

TEST_CASE("extensions and trailers of responses have limits and are text") {
  const std::string body =
      GENERATE("3;" + std::string(9000, 'x'), "0\r\nA: " + std::string(9000, 'x'),
               std::string("3;\x01"), std::string("0\r\nA: \n"));
  const Outcome outcome = Scan(kChunked, Rules::kResponse, body, body.size());
  CHECK(outcome.broken);
}

TEST_CASE("random chunked bodies are read as they were written") {
  const uint64_t seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string body;
    for (uint64_t chunks = random() % 5; chunks > 0; --chunks) {
      const size_t size = 1 + random() % 300;
      char head[32];
      std::snprintf(head, sizeof(head), random() % 2 == 0 ? "%zx\r\n" : "%zX\r\n", size);
      body += head;
      for (size_t i = 0; i < size; ++i) body += static_cast<char>(random());
      body += "\r\n";
    }
    body += "0\r\n\r\n";
    const size_t size = body.size();
    body += "0\r\n\r\n";
    REQUIRE(Scan(kChunked, Rules::kRequest, body, 1 + random() % 200) ==
            Outcome{size, true, false});
  }
}

}  // namespace
}  // namespace leasehold
