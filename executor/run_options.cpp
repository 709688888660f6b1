#include "executor/run_options.h"

#include "backends/json_writer.h"
#include "executor/agents/json_view.h"

namespace gsd {

std::string WriteRunCommandLine(const RunCommandLine& line) {
  std::string text;
  JsonWriter json(text, 0);
  json.BeginObject();
  const auto list = [&](std::string_view name, const std::vector<std::string>& words) {
    json.Key(name);
    json.BeginArray();
    for (const std::string& word : words) json.String(word);
    json.EndArray();
  };
  list("arguments", line.arguments);
  list("command", line.command);
  json.EndObject();
  return text;
}

RunCommandLine ReadRunCommandLine(std::string_view text) {
  RunCommandLine line;
  JsonSource source;
  const JsonView json = source.Parse(text);
  const auto read = [&](std::string_view name, std::vector<std::string>& words) {
    json[name].Elements([&](JsonView word) {
      if (const auto of = word.String()) words.emplace_back(*of);
    });
  };
  read("arguments", line.arguments);
  read("command", line.command);
  return line;
}

}  // namespace gsd
