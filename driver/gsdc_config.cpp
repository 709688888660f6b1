#include "driver/gsdc_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>

#include "frontend/yaml.h"

namespace gsd {

namespace {

namespace fs = std::filesystem;

class Reader {
 public:
  Reader(std::string path, std::string text) : file_(FileId{0}, std::move(path), std::move(text)) {
    config_.path = file_.path();
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    text_ = file_.text();
    if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  }

  Result<Config> Run() {
    yaml_ = ParseYaml(file_, file_.SpanOf(text_));
    const YamlNode& root = yaml_.root();
    if (root.first_child == 0) CheckEmpty();
    if (!yaml_.problems.empty()) Fail(yaml_.problems[0].span, yaml_.problems[0].message);
    for (const YamlNode* node : yaml_.Children(root)) ReadTop(*node);
    if (!error_.empty()) return Error{std::move(error_)};
    return std::move(config_);
  }

 private:
  static constexpr std::string_view kKeys[] = {"version", "rule-set",     "rules",  "overrides", "exclude",
                                               "budget",  "max-parallel", "window", "baseline",  "scoring",
                                               "prices",  "token-mix",    "routing"};

  void ReadTop(const YamlNode& node) {
    if (node.key == "version") {
      if (node.text != "1") Fail(node.span, "this gsdc knows version 1 of the configuration");
    } else if (node.key == "rule-set") {
      config_.rule_set = Scalar(node);
      if (!RuleSetSettings(config_.rule_set))
        Fail(node.span, fmt::format("there is no rule set `{}`; there are {}", config_.rule_set, kRuleSets));
    } else if (node.key == "rules") {
      config_.rules = Rules(node);
    } else if (node.key == "overrides") {
      for (const YamlNode* item : Items(node)) ReadOverride(*item);
    } else if (node.key == "exclude") {
      config_.exclude = Strings(node);
    } else if (node.key == "budget") {
      for (const YamlNode* limit : Members(node)) {
        if (limit->key == "tokens") {
          config_.budget_tokens = Whole(*limit);
        } else if (limit->key == "usd") {
          config_.budget_usd = Positive(*limit);
        } else {
          Unknown(*limit, std::array<std::string_view, 2>{"tokens", "usd"});
        }
      }
    } else if (node.key == "scoring") {
      for (const YamlNode* setting : Members(node)) {
        if (setting->key == "profile") {
          config_.profile = Profile(*setting);
        } else {
          Unknown(*setting, std::array<std::string_view, 1>{"profile"});
        }
      }
    } else if (node.key == "prices") {
      ReadPrices(node);
    } else if (node.key == "token-mix") {
      ReadMix(node);
    } else if (node.key == "routing") {
      ReadRouting(node);
    } else if (node.key == "window") {
      config_.window = Whole(node);
    } else if (node.key == "max-parallel") {
      const int64_t value = Whole(node);
      if (value > 1000) Fail(node.span, "at most 1000 tasks run at once");
      config_.max_parallel = static_cast<int>(std::min<int64_t>(value, 1000));
    } else if (node.key == "baseline") {
      config_.baseline = Scalar(node);
    } else {
      Unknown(node, kKeys);
    }
  }

  ScoringProfile Profile(const YamlNode& node) {
    const auto known = std::find(std::begin(kProfileNames), std::end(kProfileNames), Scalar(node));
    if (known == std::end(kProfileNames)) {
      Fail(node, fmt::format("one of {}", fmt::join(kProfileNames, ", ")));
      return kDefaultProfile;
    }
    return static_cast<ScoringProfile>(known - std::begin(kProfileNames));
  }

  PriceList& PricesOfConfig() {
    if (!config_.prices) config_.prices = DefaultPriceList();
    return *config_.prices;
  }

  // Prices without a date are worth nothing next year.
  void ReadPrices(const YamlNode& node) {
    PriceList& list = PricesOfConfig();
    bool dated = false;
    for (const YamlNode* member : Members(node)) {
      const auto model = ModelFromName(member->key);
      if (member->key == "as-of") {
        list.as_of = Scalar(*member);
        dated = IsDate(list.as_of);
        if (!dated) Fail(*member, "a date, such as 2026-08-01");
      } else if (model && member->key == InfoOf(*model).name) {
        ReadModelPrices(*member, list.prices[static_cast<size_t>(*model)]);
      } else {
        Unknown(*member, std::array<std::string_view, 4>{"as-of", "haiku", "sonnet", "opus"});
      }
    }
    if (!dated && node.kind == YamlKind::kMapping) Fail(node, "`as-of: YYYY-MM-DD`, the date of the prices");
  }

  static bool IsDate(std::string_view text) {
    if (text.size() != 10) return false;
    for (size_t i = 0; i < text.size(); ++i) {
      if (i == 4 || i == 7 ? text[i] != '-' : !IsDigit(text[i])) return false;
    }
    const auto number = [&](size_t at, size_t size) {
      return static_cast<unsigned>(ParseInt(text.substr(at, size)).value_or(0));
    };
    return std::chrono::year_month_day(std::chrono::year(static_cast<int>(number(0, 4))),
                                       std::chrono::month(number(5, 2)), std::chrono::day(number(8, 2)))
        .ok();
  }

  // USD per million tokens; the cache's follow from the input price where they are not given.
  void ReadModelPrices(const YamlNode& node, Prices& prices) {
    prices.cache_write = prices.cache_read = 0;
    for (const YamlNode* member : Members(node)) ReadCounter(*member, prices, 10'000);
    if (prices.cache_write == 0) prices.cache_write = 1.25 * prices.input;
    if (prices.cache_read == 0) prices.cache_read = 0.1 * prices.input;
  }

  // `input`, `output`, `cache-write` or `cache-read`.
  template <typename Counters>
  void ReadCounter(const YamlNode& node, Counters& counters, double most) {
    const std::array<std::pair<std::string_view, double*>, 4> kinds = {
        {{"input", &counters.input},
         {"output", &counters.output},
         {"cache-write", &counters.cache_write},
         {"cache-read", &counters.cache_read}}};
    for (const auto& [name, into] : kinds) {
      if (node.key != name) continue;
      const auto value = ParseDouble(node.text);
      if (node.kind != YamlKind::kScalar || !value || !(*value >= 0 && *value <= most))
        return Fail(node, fmt::format("a number from 0 to {}", most));
      *into = *value;
      return;
    }
    Unknown(node, std::array<std::string_view, 4>{"input", "output", "cache-write", "cache-read"});
  }

  void ReadMix(const YamlNode& node) {
    TokenCounters& mix = PricesOfConfig().mix;
    PricesOfConfig().mix_source = MixSource::kConfigured;
    for (const YamlNode* member : Members(node)) ReadCounter(*member, mix, 1000);
    if (std::abs(mix.input + mix.output + mix.cache_write - 1) > 0.001)
      Fail(node, "input, output and cache-write that add up to 1");
  }

  void ReadRouting(const YamlNode& node) {
    for (const YamlNode* member : Members(node)) {
      if (member->key == "optimize") {
        config_.goals.objective = ObjectiveFromName(Scalar(*member));
        if (!config_.goals.objective) Fail(*member, "cost, time or quality");
      } else if (member->key == "deadline") {
        config_.goals.deadline_minutes = Positive(*member);
      } else if (member->key == "min-success") {
        config_.goals.min_success = Positive(*member);
        if (*config_.goals.min_success > 1) Fail(*member, "a number above 0 and up to 1");
      } else {
        Unknown(*member, std::array<std::string_view, 3>{"optimize", "deadline", "min-success"});
      }
    }
  }

  void ReadOverride(const YamlNode& node) {
    Config::Override item;
    for (const YamlNode* member : Members(node)) {
      if (member->key == "paths") {
        item.paths = Strings(*member);
      } else if (member->key == "rules") {
        item.rules = Rules(*member);
      } else {
        Unknown(*member, std::array<std::string_view, 2>{"paths", "rules"});
      }
    }
    if (item.paths.empty()) Fail(node.span, "an override needs `paths`");
    config_.overrides.push_back(std::move(item));
  }

  std::vector<RuleSelection::Setting> Rules(const YamlNode& node) {
    std::vector<RuleSelection::Setting> settings;
    for (const YamlNode* member : Members(node)) {
      if (Status status = CheckRuleName(member->key); !status) Fail(member->key_span, status.error());
      RuleSelection::Setting setting{std::string(member->key), true, std::nullopt};
      const std::string value = ToLower(member->text);
      if (value == "off" || value == "false") {
        setting.on = false;
      } else if (value == "error") {
        setting.severity = Severity::kError;
      } else if (value == "warning") {
        setting.severity = Severity::kWarning;
      } else if (value == "note") {
        setting.severity = Severity::kNote;
      } else if (value != "on" && value != "true") {
        Fail(member->span,
             fmt::format("`{}: {}`: a rule is off, on, note, warning or error", member->key, member->text));
      }
      settings.push_back(std::move(setting));
    }
    return settings;
  }

  // Nothing was read: then nothing may stand there but comments.
  void CheckEmpty() {
    for (const std::string_view line : Split(text_, '\n')) {
      const std::string_view content = Trim(line);
      if (content.empty() || content[0] == '#' || content == "---") continue;
      return Fail(file_.SpanOf(content), "a configuration is `key: value` lines");
    }
  }

  // ---- shapes

  std::string Scalar(const YamlNode& node) {
    if (node.kind != YamlKind::kScalar) Fail(node, "a word");
    return std::string(node.text);
  }
  int64_t Whole(const YamlNode& node) {
    const auto value = ParseInt(node.text);
    if (node.kind != YamlKind::kScalar || !value || *value <= 0) Fail(node, "a whole number above 0");
    return value.value_or(1);
  }
  double Positive(const YamlNode& node) {
    const auto value = ParseDouble(node.text);
    if (node.kind != YamlKind::kScalar || !value || !(*value > 0)) Fail(node, "a number above 0");
    return value.value_or(1);
  }
  std::vector<const YamlNode*> Members(const YamlNode& node) {
    if (node.kind == YamlKind::kNull) return {};
    if (node.kind != YamlKind::kMapping) Fail(node, "`key: value` lines");
    return node.kind == YamlKind::kMapping ? yaml_.Children(node) : std::vector<const YamlNode*>();
  }
  std::vector<const YamlNode*> Items(const YamlNode& node) {
    if (node.kind == YamlKind::kNull) return {};
    if (node.kind != YamlKind::kSequence) Fail(node, "a list");
    return node.kind == YamlKind::kSequence ? yaml_.Children(node) : std::vector<const YamlNode*>();
  }
  std::vector<std::string> Strings(const YamlNode& node) {
    if (node.kind == YamlKind::kScalar) return {std::string(node.text)};
    std::vector<std::string> strings;
    for (const YamlNode* item : Items(node)) strings.push_back(Scalar(*item));
    return strings;
  }

  // ---- errors: the first one counts

  void Fail(const YamlNode& node, std::string_view wanted) {
    Fail(node.span.size() != 0 ? node.span : node.key_span,
         fmt::format("{} needs {}", node.key.empty() ? "this" : fmt::format("`{}`", node.key), wanted));
  }
  template <typename Keys>
  void Unknown(const YamlNode& node, const Keys& known) {
    const std::vector<std::string_view> keys(std::begin(known), std::end(known));
    const std::string_view close = ClosestMatch(node.key, keys);
    Fail(node.key_span, fmt::format("unknown key `{}`{}", node.key,
                                    close.empty() ? fmt::format("; there are {}", fmt::join(keys, ", "))
                                                  : fmt::format("; did you mean `{}`?", close)));
  }
  void Fail(Span span, std::string_view message) {
    if (!error_.empty()) return;
    const Position at = file_.PositionOf(span.begin);
    error_ = fmt::format("{}:{}:{}: {}", file_.path(), at.line, at.column, message);
  }

  SourceFile file_;
  std::string_view text_;  // without a byte-order mark
  YamlDocument yaml_;
  Config config_;
  std::string error_;
};

// A pattern of a folder holds for what is below it too.
bool Matches(const GitIgnore& patterns, std::string_view path) {
  bool matches = false;
  for (size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    const auto verdict = patterns.Judge(path.substr(0, slash), true);
    if (verdict != GitIgnore::Verdict::kNone) matches = verdict == GitIgnore::Verdict::kIgnored;
  }
  const auto verdict = patterns.Judge(path, false);
  return verdict == GitIgnore::Verdict::kNone ? matches : verdict == GitIgnore::Verdict::kIgnored;
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string PricesToYaml(const PriceList& list) {
  std::string out = fmt::format("prices:\n  as-of: {}\n", list.as_of);
  const auto counters = [](const auto& of) {
    return fmt::format("input: {}, output: {}, cache-write: {}, cache-read: {}", of.input, of.output,
                       of.cache_write, of.cache_read);
  };
  for (const Model model : kModels)
    out += fmt::format("  {}: {{{}}}\n", InfoOf(model).name, counters(list.Of(model)));
  if (list.mix_source == MixSource::kConfigured)
    out += fmt::format("token-mix: {{{}}}\n", counters(list.mix));
  return out;
}

std::string SettingWord(const RuleSelection::Setting& setting) {
  if (!setting.on) return "off";
  return setting.severity ? std::string(SeverityName(*setting.severity)) : "on";
}

}  // namespace

Result<Config> ParseConfig(std::string path, std::string text) {
  return Reader(std::move(path), std::move(text)).Run();
}

std::string FindConfig(const std::string& folder) {
  std::error_code error;
  for (fs::path at = folder;; at = at.parent_path()) {
    if (fs::is_regular_file(at / kConfigName, error)) return (at / kConfigName).string();
    if (at == at.parent_path()) return {};
  }
}

std::vector<RuleSelection::Setting> SettingsFor(const Config& config, std::string_view path) {
  std::vector<RuleSelection::Setting> settings;
  for (const Config::Override& item : config.overrides) {
    if (Matches(GitIgnore(fmt::format("{}", fmt::join(item.paths, "\n"))), path))
      settings.insert(settings.end(), item.rules.begin(), item.rules.end());
  }
  return settings;
}

std::optional<std::vector<RuleSelection::Setting>> RuleSetSettings(std::string_view name) {
  std::vector<RuleSelection::Setting> settings;
  if (name == "default") return settings;
  if (name != "all" && name != "none" && name != "errors") return std::nullopt;
  settings.push_back({"all", name == "all", std::nullopt});
  if (name == "errors") {
    for (const Rule* rule : AllRules()) {
      if (rule->info.severity == Severity::kError && rule->info.on_by_default)
        settings.push_back({std::string(rule->info.name), true, std::nullopt});
    }
  }
  return settings;
}

Status CheckRuleName(std::string_view name) {
  if (name == "all" || FindRule(name) != nullptr) return Ok();
  std::vector<std::string_view> names;
  for (const Rule* rule : AllRules()) names.push_back(rule->info.name);
  const std::string_view close = ClosestMatch(name, names);
  return Error{fmt::format("no such rule `{}`{}", name,
                           close.empty() ? std::string("; gsdc --list-rules lists them")
                                         : fmt::format("; did you mean `{}`?", close))};
}

std::string ConfigToYaml(const Config& config, const RuleSelection& selection) {
  std::string out = config.path.empty() ? "# no .gsdc.yaml was found; these are the defaults\n"
                                        : fmt::format("# from {}\n", config.path);
  out += "version: 1\nrule-set: none\nrules:\n";
  for (const Rule* rule : AllRules()) {
    const auto [on, severity] = SettingOf(rule->info, selection);
    out += fmt::format("  {}: {}\n", rule->info.name, on ? SeverityName(severity) : "off");
  }
  out += config.overrides.empty() ? "overrides: []\n" : "overrides:\n";
  for (const Config::Override& item : config.overrides) {
    out += "  - paths:\n";
    for (const std::string& path : item.paths) out += fmt::format("      - {}\n", Quoted(path));
    out += item.rules.empty() ? "    rules: {}\n" : "    rules:\n";
    for (const auto& setting : item.rules)
      out += fmt::format("      {}: {}\n", setting.rule, SettingWord(setting));
  }
  out += config.exclude.empty() ? "exclude: []\n" : "exclude:\n";
  for (const std::string& path : config.exclude) out += fmt::format("  - {}\n", Quoted(path));
  if (config.budget_tokens || config.budget_usd) out += "budget:\n";
  if (config.budget_tokens) out += fmt::format("  tokens: {}\n", *config.budget_tokens);
  if (config.budget_usd) out += fmt::format("  usd: {}\n", *config.budget_usd);
  if (config.prices) out += PricesToYaml(*config.prices);
  const RoutingGoals& goals = config.goals;
  if (goals.objective || goals.deadline_minutes || goals.min_success) out += "routing:\n";
  if (goals.objective) out += fmt::format("  optimize: {}\n", ObjectiveName(*goals.objective));
  if (goals.deadline_minutes) out += fmt::format("  deadline: {}\n", *goals.deadline_minutes);
  if (goals.min_success) out += fmt::format("  min-success: {}\n", *goals.min_success);
  if (config.window) out += fmt::format("window: {}\n", *config.window);
  if (config.max_parallel) out += fmt::format("max-parallel: {}\n", *config.max_parallel);
  out += fmt::format("scoring:\n  profile: {}\n", kProfileNames[static_cast<size_t>(config.profile)]);
  if (!config.baseline.empty()) out += fmt::format("baseline: {}\n", Quoted(config.baseline));
  return out;
}

std::string_view ConfigTemplate() {
  return R"(# What gsdc checks in this project. Every line may go; `gsdc --print-config` shows what holds then.
version: 1

# default, all, errors (only what will go wrong), none
rule-set: default

# off, on, note, warning or error; `gsdc --list-rules` names them, `gsdc --explain=RULE` explains one
rules: {}
#  missing-done: off
#  missing-verify: error

# Other settings for some paths, as in .gitignore; later ones win
overrides:
  - paths: [".planning/milestones/"]  # archived: history is not repaired
    rules:
      missing-reference: off
      wave-write-conflict: off

# Not walked into
exclude: []

# Ceilings of a manifest
#budget:
#  tokens: 200000
#  usd: 5

# USD per million tokens, when yours are others; cache prices follow from the input price
#prices:
#  as-of: 2026-08-01
#  sonnet: {input: 3, output: 15}

# Choose models by the least cost (or time, or quality) instead of by complexity
#routing:
#  optimize: cost
)";
}

}  // namespace gsd
