#include "executor/plain_workspace.h"

namespace gsd {

Result<Workplace> PlainWorkspace::Prepare(const PlaceRequest& request) {
  return Workplace{request.name, root_, "", ""};
}

Result<Workplace> PlainWorkspace::Restore(const std::string& name, const std::string&, const std::string&) {
  return Workplace{name, root_, "", ""};
}

Result<Snapshot> PlainWorkspace::Record(const Workplace&) { return Snapshot{}; }

Result<Integration> PlainWorkspace::Integrate(const Workplace&, const Snapshot&, const std::string&,
                                              const std::string&) {
  return Integration{Integration::Kind::kNothing, "", {}};
}

Result<std::string> PlainWorkspace::Keep(const Workplace&, const std::string&) { return std::string(); }

void PlainWorkspace::Drop(const Workplace&) {}

}  // namespace gsd
