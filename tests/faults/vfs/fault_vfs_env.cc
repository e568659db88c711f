// Arms the layer from LEASEHOLD_FAULT_VFS, a plan as FaultVfs::ParsePlan reads it, before main of
// the program it is linked into. Without the variable it does nothing.
#include <cstdlib>
#include <optional>

#include "server/base/check.h"
#include "tests/faults/vfs/fault_vfs.h"

namespace leasehold {
namespace {

[[maybe_unused]] const bool g_armed = [] {
  const char* const text = std::getenv("LEASEHOLD_FAULT_VFS");
  if (text == nullptr) return false;
  const std::optional<FaultVfs::Plan> plan = FaultVfs::ParsePlan(text);
  LEASEHOLD_CHECK(plan.has_value(), "LEASEHOLD_FAULT_VFS is no plan");
  FaultVfs::Install().Arm(*plan);
  return true;
}();

}  // namespace
}  // namespace leasehold
