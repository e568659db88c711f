#include "server/broker/http/trace_parent.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/crypto_bytes.h"

namespace leasehold {
namespace {

TEST_CASE("a trace id is taken from a valid traceparent alone") {
  const std::string id = "0af7651916cd43dd8448eb211c80319c";
  const std::string rest = "-b7ad6b7169203331-01";
  CHECK(HexEncode(AsBytes(ParseTraceId("00-" + id + rest))) == id);
  CHECK(HexEncode(AsBytes(ParseTraceId("01-" + id + rest + "-more"))) == id);
  for (const std::string& bad :
       {std::string(), "ff-" + id + rest, "00-" + id + rest + "-more", "00-" + id + rest + "x",
        "00-" + std::string(32, '0') + rest, "00-0AF7651916CD43DD8448EB211C80319C" + rest,
        "00_" + id + rest, "00-" + id + "-b7ad6b7169203331_01", "00-" + id}) {
    INFO(bad);
    CHECK(ParseTraceId(bad).empty());
  }
}

}  // namespace
}  // namespace leasehold
