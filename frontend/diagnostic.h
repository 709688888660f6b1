// What the compiler has to say about a plan: plain data that owns its text. Rendering is a backend's work.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/source_file.h"

namespace gsd {

enum class Severity : uint8_t { kError, kWarning, kNote };

constexpr std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      return "note";
  }
  return "";
}

// Another place that belongs to the story, perhaps in another file.
struct Label {
  Span span;
  std::string message;
};

// Replaces the bytes of `span` by `text`; an empty span inserts.
struct Edit {
  Span span;
  std::string text;
};

// A change that removes the finding. Safe: the plan means the same or what it plainly meant.
struct Fix {
  std::string description;  // imperative, without a full stop: "remove the dependency on itself"
  std::vector<Edit> edits;  // do not overlap, in order
  bool safe = true;
};

// Why a finding is not shown: a comment in the plan takes it back, or a baseline knows it.
struct Suppression {
  enum class Kind : uint8_t { kInSource, kBaseline } kind = Kind::kInSource;
  std::string reason;  // as the comment gives it; may be empty
};

struct Diagnostic {
  std::string_view rule;  // kebab-case, points to static storage
  Severity severity = Severity::kError;
  Span span;
  std::string message;
  std::vector<Label> labels;
  std::string help;  // what to do about it, when there is more to say than the fix; may be empty
  std::optional<Fix> fix;
  std::optional<Suppression> suppressed = std::nullopt;  // then it counts nowhere
};

}  // namespace gsd
