#include "executor/agent.h"

namespace gsd {

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk:
      return "ok";
    case Outcome::kFailed:
      return "failed";
    case Outcome::kTimeout:
      return "timeout";
    case Outcome::kTurns:
      return "turns";
    case Outcome::kBudget:
      return "budget";
    case Outcome::kQuota:
      return "quota";
    case Outcome::kTransient:
      return "transient";
    case Outcome::kAuthentication:
      return "authentication";
    case Outcome::kCancelled:
      return "cancelled";
    case Outcome::kProtocol:
      return "protocol";
  }
  return "";
}

}  // namespace gsd
