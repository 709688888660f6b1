// Token statistics as text: the file in the document's shape, and a line of the log beside it. Reading is
// analysis/token_stats_json.h.
#pragma once

#include <string>

#include "analysis/token_stats.h"
#include "backends/json_writer.h"

namespace gsd {

// The member "usage" of the object that is being written.
void WriteUsage(const Usage& usage, JsonWriter& json);

// Appends the whole file: entries in order of their keys, then what other programs have written.
void WriteTokenStats(const TokenStats& stats, std::string& out);

// Appends one line with its LF.
void WriteTokenRecord(const TokenRecord& record, std::string& out);

}  // namespace gsd
