// The result that a command agent may leave in the file GSD_RESULT.
#pragma once

#include <optional>
#include <string_view>

#include "executor/agent.h"

namespace gsd {

// Takes {"success", "text", "tokens": {"input", "output", "cache_creation", "cache_read"}, "usd", "session"}
// into `result`; every member may be missing, others are ignored. success=false makes it a failure. The error
// says what cannot be understood.
Status ReadAgentResult(std::string_view json, AttemptResult& result);

}  // namespace gsd
