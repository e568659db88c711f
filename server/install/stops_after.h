#ifndef LEASEHOLD_SERVER_INSTALL_STOPS_AFTER_H_
#define LEASEHOLD_SERVER_INSTALL_STOPS_AFTER_H_

#include <string>
#include <vector>

#include "server/install/install.h"
#include "server/leases/state/selector.h"
#include "storage/store.h"

namespace leasehold {

// What was stopped after a backup was made and would come back to life with it, read from the
// database that went on from there.

// One thing, by the numbers of the database that went on. Those of entities and versions are the
// backup's too; a workflow may be one that the backup does not know yet.
struct StopAfter {
  StopKept kept;
  Selector selector = Selector::All();  // where held or deleted
  std::string reason;                   // where held
  VersionKey version;                   // where disabled
};

struct StopsAfter {
  std::vector<StopAfter> stops;  // in the order of their entries
  std::vector<std::string> changed_back;
  // Why there may be others; empty where these are all. As RestoreReport::stops_unknown.
  std::string unknown;
};

// Compares the database at `present`, which nobody has open, with the verified one in `backup`.
// Never fails: a restore is often what is left when a database cannot be read any more. What could
// be read before the damage counts, since one stop too many is mended with a resume.
StopsAfter ReadStopsAfter(StoreView& backup, const std::string& present);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_INSTALL_STOPS_AFTER_H_
