// Calls of MCP tools through UseService.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "server/base/str_cat.h"
#include "tests/unit/server/api/api_world.h"

namespace leasehold {
namespace {

using Stub = v1::UseService::Stub;

// The use that was recorded last.
v1::LedgerEntry LastUse(ApiWorld& world, uint64_t index) {
  v1::ListEntriesRequest request;
  request.add_kinds("use");
  request.set_page_size(1);
  request.set_descending(true);
  auto answer = Ask(*world.ledger, &v1::LedgerService::Stub::ListEntries, request);
  REQUIRE(answer.response.entries_size() == 1);
  REQUIRE(answer.response.entries(0).index() == index);
  return answer.response.entries(0);
}

// An agent with a lease, and a target whose get_* tools read. Issues of acme may be read with any
// number up to two digits; issues may be added for acme.
class ToolWorld : public ApiWorld {
 public:
  explicit ToolWorld(v1::RecordMode record = v1::RECORD_MODE_RULE) {
    CreateSecret("secrets/git/pat");
    AddVersion("secrets/git/pat");
    CreateAgent("agents/bot");
    token = IssueToken("agents/bot").token();
    v1::CreateTargetRequest request;
    *request.mutable_target() = TargetFor("targets/mcp", "git/**");
    request.mutable_target()->mutable_read()->add_tools("get_*");
    request.mutable_target()->set_record(record);
    REQUIRE(Ask(*identity, &v1::IdentityService::Stub::CreateTarget, request).status.ok());
    v1::Policy policy = ReadPolicy("tools", "mcp");
    AddTool("get_*", policy.mutable_allow(0));
    (*policy.mutable_allow(0)->mutable_tools(0)->mutable_args())["/number"].set_equals("17");
    policy.add_allow()->set_target("mcp");
    AddTool("add_issue", policy.mutable_allow(1));
    Apply({policy});
    lease = Acquire(token, "secrets/git/pat").response.token();
    REQUIRE(!lease.empty());
  }

  v1::AuthorizeUseRequest Calling(const std::string& tool, const std::string& arguments) const {
    v1::AuthorizeUseRequest request;
    request.set_token(lease);
    request.set_target("targets/mcp");
    request.set_tool(tool);
    request.set_arguments_json(arguments);
    return request;
  }
  Answer<v1::AuthorizeUseResponse> Call(const std::string& tool, const std::string& arguments) {
    return Ask(*uses, &Stub::AuthorizeUse, Calling(tool, arguments), token);
  }
  std::string token;
  std::string lease;

 private:
  static void AddTool(const std::string& name, v1::AllowRule* rule) {
    v1::ToolRule* tool = rule->add_tools();
    tool->set_name(name);
    (*tool->mutable_args())["/owner"].set_equals("acme");
  }
};

TEST_CASE("a call of a tool is judged by its name, its arguments and what the target reads") {
  ToolWorld world;
  struct Row {
    const char* why;
    const char* tool;
    const char* arguments;
    bool allowed;
    bool write;
  };
  for (const Row& row : std::vector<Row>{
           {"a read", "get_issue", R"({"owner": "acme", "number": 17})", true, false},
           {"the number in another form", "get_issue", R"({"owner":"acme","number":1.7e1})", true,
            false},
           {"a write", "add_issue", R"({"owner": "acme"})", true, true},
           {"another owner", "add_issue", R"({"owner": "evil"})", false, true},
           {"no owner", "add_issue", R"({"name": "acme"})", false, true},
           {"the owner elsewhere", "add_issue", R"({"issue": {"owner": "acme"}})", false, true},
           {"an owner among owners", "add_issue", R"({"owner": ["acme"]})", false, true},
           {"no arguments", "add_issue", "", false, true},
           {"a huge number", "get_issue",
            R"({"owner": "acme", "number": 17000000000000000000000000000000000000000})", false,
            false},
           {"another tool", "drop_repo", R"({"owner": "acme"})", false, true},
           {"an escaped spelling", "add_issue", "{\"own\\u0065r\": \"acm\\u0065\"}", true, true},
       }) {
    CAPTURE(row.why);
    const auto answer = world.Call(row.tool, row.arguments);
    REQUIRE(answer.status.error_message() == "");
    CHECK(answer.response.allowed() == row.allowed);
    CHECK(answer.response.write() == row.write);
    CHECK(LastUse(world, answer.response.entry()).verdict() ==
          (row.allowed ? "allowed" : "denied"));
  }
}

TEST_CASE("arguments that a tool could read in two ways are refused and not judged") {
  ToolWorld world;
  const std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
  struct Row {
    const char* why;
    std::string tool;
    std::string arguments;
    const char* reason;
  };
  for (const Row& row : std::vector<Row>{
           {"a key twice", "add_issue", R"({"owner": "acme", "owner": "evil"})",
            "INVALID_ARGUMENT"},
           {"a key twice, once escaped", "add_issue",
            "{\"owner\": \"acme\", \"own\\u0065r\": \"evil\"}", "INVALID_ARGUMENT"},
           {"no JSON", "add_issue", "{'owner': 'acme'}", "INVALID_ARGUMENT"},
           {"no object", "add_issue", "[]", "INVALID_ARGUMENT"},
           {"something behind it", "add_issue", R"({"owner": "acme"} {})", "INVALID_ARGUMENT"},
           {"no number of JSON", "get_issue", R"({"owner": "acme", "number": 017})",
            "INVALID_ARGUMENT"},
           {"no end of nesting", "add_issue", StrCat("{\"owner\": ", deep, "}"), "TOO_LARGE"},
           {"more than 64 KiB", "add_issue",
            StrCat("{\"owner\": \"", std::string(70'000, 'a'), "\"}"), "TOO_LARGE"},
           {"arguments without a tool", "", R"({"owner": "acme"})", "INVALID_ARGUMENT"},
           {"a tool with a line feed", "add\nissue", "", "INVALID_ARGUMENT"},
           {"a tool of 300 bytes", std::string(300, 'a'), "", "INVALID_ARGUMENT"},
       }) {
    CAPTURE(row.why);
    const auto answer = world.Call(row.tool, row.arguments);
    CHECK(answer.reason() == row.reason);
    CHECK(answer.status.error_message().find("acme") == std::string::npos);
  }
  v1::AuthorizeUseRequest both = world.Calling("add_issue", R"({"owner": "acme"})");
  both.set_method("GET");
  CHECK(Ask(*world.uses, &Stub::AuthorizeUse, both, world.token).reason() == "INVALID_ARGUMENT");
}

TEST_CASE("a batch judges calls of tools in order, beside requests and what does not parse") {
  ToolWorld world;
  v1::BatchAuthorizeUseRequest batch;
  *batch.add_requests() = world.Calling("add_issue", R"({"owner": "acme"})");
  *batch.add_requests() = world.Calling("add_issue", R"({"owner": "acme", "owner": "acme"})");
  *batch.add_requests() = world.Calling("add_issue", R"({"owner": "evil"})");
  v1::AuthorizeUseRequest* request = batch.add_requests();
  *request = world.Calling("", "");
  request->set_method("GET");
  request->set_path("/");
  const auto answer = Ask(*world.uses, &Stub::BatchAuthorizeUse, batch, world.token);
  REQUIRE(answer.response.results_size() == 4);
  CHECK(answer.response.results(0).response().allowed());
  CHECK(answer.response.results(1).error().reason() == "INVALID_ARGUMENT");
  CHECK(answer.response.results(2).response().reason() == "POLICY_DENIED");
  // The rules are about tools alone.
  CHECK(answer.response.results(3).response().reason() == "POLICY_DENIED");
}

TEST_CASE("the ledger keeps the rule's pattern of a tool, or the tool where the target says so") {
  for (const bool paths : {false, true}) {
    CAPTURE(paths);
    ToolWorld world(paths ? v1::RECORD_MODE_PATH : v1::RECORD_MODE_RULE);
    const auto allowed = world.Call("get_issue", R"({"owner": "acme", "number": 17})");
    CHECK(LastUse(world, allowed.response.entry()).action() ==
          (paths ? "TOOL get_issue" : "TOOL get_*"));
    // A denied one keeps its word alone, so that nobody fills the ledger with names.
    const auto denied = world.Call("drop_repo", "");
    CHECK(LastUse(world, denied.response.entry()).action() == "TOOL");
  }
}

TEST_CASE("the ledger keeps the path of a request where the target says so, up to a length") {
  ApiWorld world;
  world.CreateSecret("secrets/git/pat");
  world.AddVersion("secrets/git/pat");
  world.CreateAgent("agents/bot");
  const std::string token = world.IssueToken("agents/bot").token();
  v1::CreateTargetRequest request;
  *request.mutable_target() = ApiWorld::TargetFor("targets/api", "git/**");
  request.mutable_target()->set_record(v1::RECORD_MODE_PATH);
  REQUIRE(Ask(*world.identity, &v1::IdentityService::Stub::CreateTarget, request).status.ok());
  v1::Policy policy = ApiWorld::ReadPolicy("reads", "api");
  policy.mutable_allow(0)->add_paths("/repos/**");
  world.Apply({policy});
  const std::string lease = world.Acquire(token, "secrets/git/pat").response.token();
  struct Row {
    std::string path;
    std::string expected;
  };
  const std::string long_path = "/repos/" + std::string(2'000, 'a');
  for (const Row& row : std::vector<Row>{{"/repos/acme/x", "GET /repos/acme/x"},
                                         {long_path, "GET /repos/**"},
                                         {"/user", "GET"}}) {
    v1::AuthorizeUseRequest use;
    use.set_token(lease);
    use.set_target("targets/api");
    use.set_method("GET");
    use.set_path(row.path);
    const auto answer = Ask(*world.uses, &Stub::AuthorizeUse, use, token);
    REQUIRE(answer.status.ok());
    CHECK(LastUse(world, answer.response.entry()).action() == row.expected);
  }
}

}  // namespace
}  // namespace leasehold
