#include "server/config/command_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <list>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr char kDescription[] =
    "leaseholdd: short-lived, policed, recorded use of secrets for agents";

constexpr char kFooter[] =
    "A flag counts more than its environment variable (LEASEHOLD_DATA_DIR, LEASEHOLD_LISTEN, "
    "...),\n"
    "and that more than the configuration file.\n"
    "\n"
    "Examples:\n"
    "  leasehold server init && leaseholdd\n"
    "  leaseholdd --data-dir ./data --listen 127.0.0.1:0\n"
    "  leaseholdd --revoke-all-at-start \"a laptop was stolen\"\n";

// One option and what was given to it.
struct Bound {
  const SettingKey* key;
  std::string value;
  CLI::Option* option;
};

void AddOptions(CLI::App& app, std::list<Bound>& bound) {
  for (const SettingKey& key : SettingKeys()) {
    if (key.flag.empty()) continue;
    Bound& option = bound.emplace_back(Bound{&key, {}, nullptr});
    option.option =
        app.add_option(std::string(key.flag), option.value, std::string(key.help))->type_name("");
  }
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(const std::vector<std::string>& arguments,
                                             const std::string& version) {
  try {
    CLI::App app(kDescription, "leaseholdd");
    std::list<Bound> bound;  // A list: options point into it.
    AddOptions(app, bound);
    bool wants_version = false;
    app.add_flag("--version", wants_version, "Print the version and end");
    app.footer(kFooter);
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // As CLI11 wants it.
    CommandLine result;
    try {
      app.parse(std::move(reversed));
    } catch (const CLI::CallForHelp&) {
      result.print = app.help();
      return result;
    }
    if (wants_version) {
      result.print = StrCat("leaseholdd ", version, "\n");
      return result;
    }
    for (const Bound& option : bound) {
      if (option.option->count() == 0) continue;
      const std::string flag(option.key->flag);
      if (option.value.empty()) return Error(Reason::kConfigInvalid, StrCat(flag, " is empty"));
      result.settings.values[std::string(option.key->key)] = {option.value, flag};
    }
    return result;
  } catch (const CLI::Error& error) {
    return Error(Reason::kConfigInvalid,
                 StrCat(std::string(error.what()), "; see leaseholdd --help"));
  }
}

}  // namespace leasehold
