#include "sim/replay/failure_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

namespace heddle::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uintmax_t max_file_size = std::uintmax_t{64} << 20U;
constexpr int max_number = 10'000;

constexpr FailureKind failure_kinds[] = {FailureKind::property,   FailureKind::deadlock, FailureKind::exception,
                                         FailureKind::step_limit, FailureKind::misuse,   FailureKind::none};

[[noreturn]] void fail_io(const std::string& sentence) {
  throw Error(ErrorCode::io, sentence);
}

Json step_to_json(const StepLabel& step, std::size_t number) {
  Json json{
      {"step", number}, {"task", step.task}, {"task_key", fmt::format("{:016x}", step.task_key)}, {"op", step.op}};
  if (!step.object.empty()) json["object"] = step.object;
  json["occurrence"] = step.occurrence;
  if (!step.choices.empty()) json["choices"] = step.choices;
  if (!step.detail.empty()) json["detail"] = step.detail;
  if (step.time_ns != 0) json["time_ns"] = step.time_ns;
  if (step.preempts) json["preempts"] = true;
  if (!step.where.empty()) json["where"] = step.where;
  return json;
}

Json execution_to_json(const ExecutionOptions& options) {
  Json json{{"time", options.time == TimeMode::any_time ? "any_time" : "as_soon_as_idle"},
            {"step_limit", options.step_limit}};
  if (options.slack != ExecutionOptions{}.slack) json["slack"] = options.slack;
  if (!options.only_property.empty()) json["only_property"] = options.only_property;
  if (options.cancel == Cancel::each) json["cancel"] = "each";
  if (options.memory == Memory::weak) json["memory"] = "weak";
  return json;
}

/// Reads fields, and says which one is missing or of the wrong type.
class Reader {
 public:
  Reader(const Json& json, std::string origin, std::string path)
      : json_(json), origin_(std::move(origin)), path_(std::move(path)) {
    if (!json_.is_object()) complain("", "must be an object");
  }
  template <class T>
  T get(const char* name) const {
    if (!json_.contains(name)) complain(name, "is missing");
    return convert<T>(json_.at(name), name);
  }
  template <class T>
  T get_or(const char* name, T otherwise) const {
    return json_.contains(name) ? convert<T>(json_.at(name), name) : std::move(otherwise);
  }
  [[nodiscard]] Reader object(const char* name) const {
    if (!json_.contains(name)) complain(name, "is missing");
    return {json_.at(name), origin_, path_ + name + "."};
  }
  [[nodiscard]] const Json& array(const char* name) const {
    if (!json_.contains(name)) complain(name, "is missing");
    if (!json_.at(name).is_array()) complain(name, "must be an array");
    return json_.at(name);
  }
  [[noreturn]] void complain(const std::string& name, const std::string& what) const {
    const std::string full = path_ + name;
    fail_io(fmt::format("'{}' is not a failure file that can be read: {} {}", origin_,
                        full.empty() ? "the whole" : "'" + full + "'", what));
  }

 private:
  template <class T>
  T convert(const Json& value, const char* name) const {
    if constexpr (std::is_same_v<T, bool>) {
      if (!value.is_boolean()) complain(name, "must be true or false");
    } else if constexpr (std::is_unsigned_v<T>) {
      if (!value.is_number_unsigned() || value.template get<std::uint64_t>() > std::numeric_limits<T>::max())
        complain(name, "must be a number that is not negative (and not too large)");
    }
    try {
      return value.template get<T>();
    } catch (const Json::exception&) {
      complain(name, "is of the wrong type");
    }
  }
  const Json& json_;
  std::string origin_;
  std::string path_;
};

StepLabel read_step(const Reader& in) {
  StepLabel step;
  step.task = in.get<std::string>("task");
  const auto key = in.get<std::string>("task_key");
  if (key.empty() || key.size() > 16 || key.find_first_not_of("0123456789abcdef") != std::string::npos)
    in.complain("task_key", "must be up to 16 hexadecimal digits");
  step.task_key = std::stoull(key, nullptr, 16);
  step.op = in.get<std::string>("op");
  step.object = in.get_or<std::string>("object", {});
  step.occurrence = in.get_or<std::uint32_t>("occurrence", 1);
  step.choices = in.get_or<std::vector<std::uint32_t>>("choices", {});
  step.detail = in.get_or<std::string>("detail", {});
  step.where = in.get_or<std::string>("where", {});
  step.time_ns = in.get_or<std::int64_t>("time_ns", 0);
  step.preempts = in.get_or("preempts", false);
  return step;
}

void read_outcome(const Reader& in, FailureFile& file) {
  file.property = in.get<std::string>("property");
  file.message = in.get_or<std::string>("message", {});
  const auto kind = in.get<std::string>("kind");
  bool is_known = false;
  for (const FailureKind candidate : failure_kinds) {
    if (to_string(candidate) != kind) continue;
    file.kind = candidate;
    is_known = true;
  }
  if (!is_known) in.complain("kind", "is '" + kind + "', which is no kind of failure");
  const auto expected = in.get_or<std::string>("expected", "violates");
  if (expected != "violates" && expected != "holds") in.complain("expected", "must be 'violates' or 'holds'");
  file.expected = expected == "holds" ? Expected::holds : Expected::violates;
}

void read_execution(const Reader& in, ExecutionOptions& options) {
  const auto time = in.get<std::string>("time");
  if (time != "any_time" && time != "as_soon_as_idle") in.complain("time", "must be 'any_time' or 'as_soon_as_idle'");
  if (time == "any_time") options.time = TimeMode::any_time;
  options.step_limit = in.get_or("step_limit", options.step_limit);
  options.slack = in.get_or("slack", options.slack);
  options.only_property = in.get_or<std::string>("only_property", {});
  const auto cancel = in.get_or<std::string>("cancel", "none");
  if (cancel != "none" && cancel != "each") in.complain("cancel", "must be 'none' or 'each'");
  if (cancel == "each") options.cancel = Cancel::each;
  const auto memory = in.get_or<std::string>("memory", "sequential");
  if (memory != "sequential" && memory != "weak") in.complain("memory", "must be 'sequential' or 'weak'");
  options.memory = memory == "weak" ? Memory::weak : Memory::sequential;
}

std::string file_name(const FailureFile& file, int number) {
  Failure failure;
  failure.kind = file.kind;
  failure.property = file.property;
  std::string name;
  for (const std::string* part : {&file.naming.scenario, &file.naming.variant, &file.property}) {
    if (part->empty()) continue;
    for (const char c : part->substr(0, 60))
      name += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' ? c : '-';
    name += '-';
  }
  name += fmt::format("{:08x}", signature_hash(failure));
  if (number > 1) name += fmt::format("-{}", number);
  return name + ".json";
}

/// A complete file under a name nobody else has, removed at the end.
class TemporaryFile {
 public:
  TemporaryFile(const std::filesystem::path& directory, std::string_view text)
      : path_((directory / ".failure-XXXXXX").string()) {
    const int file = ::mkstemp(path_.data());
    if (file < 0) complain("write into", directory);
    bool is_written = ::fchmod(file, 0644) == 0;
    while (is_written && !text.empty()) {
      const ssize_t count = ::write(file, text.data(), text.size());
      is_written = count > 0;
      if (is_written) text.remove_prefix(static_cast<std::size_t>(count));
    }
    is_written = is_written && ::fsync(file) == 0;
    const int problem = errno;
    ::close(file);
    if (is_written) return;
    ::unlink(path_.c_str());
    errno = problem;
    complain("write into", directory);
  }
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  /// False when `target` exists, which is then left alone.
  [[nodiscard]] bool publish(const std::filesystem::path& target) const {
    if (::link(path_.c_str(), target.c_str()) == 0) return true;
    if (errno != EEXIST) complain("create", target);
    return false;
  }
  [[noreturn]] static void complain(const char* what, const std::filesystem::path& path) {
    fail_io(fmt::format("cannot {} '{}': {}; name another directory for failure files", what, path.string(),
                        std::strerror(errno)));
  }

 private:
  std::string path_;
};

bool holds_same_schedule(const std::filesystem::path& path, const FailureFile& file) {
  try {
    return !file.token.empty() && read_failure_file(path).token == file.token;
  } catch (const Error&) {
    return false;  // somebody else's
  }
}

}  // namespace

std::string to_json(const FailureFile& file) {
  Json json{{"heddle_failure", FailureFile::format}};
  json["scenario"] = file.naming.scenario;
  json["variant"] = file.naming.variant;
  json["parameters"] = file.naming.parameters;
  json["expected"] = file.expected == Expected::holds ? "holds" : "violates";
  json["kind"] = to_string(file.kind);
  json["property"] = file.property;
  json["message"] = file.message;
  json["token"] = file.token;
  json["execution"] = execution_to_json(file.execution);
  json["found"] = {{"strategy", file.strategy},
                   {"seed", file.seed},
                   {"execution", file.found_in_execution},
                   {"evidence", file.evidence}};
  if (!file.found_token.empty()) json["found"]["token"] = file.found_token;
  json["minimality"] = {{"preemptions", file.preemptions},
                        {"preemptions_proved", file.preemptions_proved},
                        {"steps_proved", file.steps_proved}};
  json["explanation"] = file.explanation;
  if (!file.body_choices.empty()) json["body_choices"] = file.body_choices;
  json["steps"] = Json::array();
  for (std::size_t i = 0; i < file.steps.size(); ++i) json["steps"].push_back(step_to_json(file.steps[i], i + 1));
  if (!file.lanes.empty()) {
    json["lanes"] = Json::array();
    std::istringstream lines(file.lanes);
    for (std::string line; std::getline(lines, line);) json["lanes"].push_back(line);
  }
  json["build"] = {{"compiler", file.compiler.empty() ? __VERSION__ : file.compiler},
                   {"version", file.version.empty() ? HEDDLE_VERSION : file.version}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

FailureFile failure_file_from_json(std::string_view text, const std::string& origin) {
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::exception& error) {
    fail_io(fmt::format("'{}' is not JSON: {}", origin, error.what()));
  }
  const Reader in(json, origin, "");
  if (const auto format = in.get<std::uint64_t>("heddle_failure"); format != FailureFile::format)
    fail_io(fmt::format(
        "'{}' is a failure file of format {}, and this build of heddle reads format {}; use the build that wrote it",
        origin, format, FailureFile::format));
  FailureFile file;
  file.naming = {in.get_or<std::string>("scenario", {}), in.get_or<std::string>("variant", {}),
                 in.get_or<std::string>("parameters", {})};
  read_outcome(in, file);
  file.token = in.get<std::string>("token");
  read_execution(in.object("execution"), file.execution);
  file.body_choices = in.get_or<std::vector<std::uint32_t>>("body_choices", {});
  for (const Json& step : in.array("steps"))
    file.steps.push_back(read_step({step, origin, fmt::format("steps[{}].", file.steps.size())}));
  const Reader found = in.object("found");
  file.strategy = found.get_or<std::string>("strategy", {});
  file.seed = found.get_or<std::uint64_t>("seed", 0);
  file.found_in_execution = found.get_or<std::uint64_t>("execution", 0);
  file.evidence = found.get_or<std::string>("evidence", {});
  file.found_token = found.get_or<std::string>("token", {});
  const Reader minimality = in.object("minimality");
  file.preemptions = minimality.get_or<std::uint32_t>("preemptions", 0);
  file.preemptions_proved = minimality.get_or("preemptions_proved", false);
  file.steps_proved = minimality.get_or("steps_proved", false);
  file.explanation = in.get_or<std::vector<std::string>>("explanation", {});
  const Reader build = in.object("build");
  file.compiler = build.get_or<std::string>("compiler", {});
  file.version = build.get_or<std::string>("version", {});
  return file;
}

std::filesystem::path write_failure_file(const std::filesystem::path& directory, const FailureFile& file) {
  std::error_code problem;
  std::filesystem::create_directories(directory, problem);
  if (problem)
    fail_io(fmt::format("cannot create the directory '{}': {}; name another directory for failure files",
                        directory.string(), problem.message()));
  const TemporaryFile complete(directory, to_json(file));
  for (int number = 1; number <= max_number; ++number) {
    const std::filesystem::path target = directory / file_name(file, number);
    if (complete.publish(target) || holds_same_schedule(target, file)) return target;
  }
  fail_io(fmt::format("'{}' holds {} failure files of this kind already; clear it, or name another directory",
                      directory.string(), max_number));
}

FailureFile read_failure_file(const std::filesystem::path& path) {
  std::error_code problem;
  const std::uintmax_t size = std::filesystem::file_size(path, problem);
  if (problem) fail_io(fmt::format("cannot read '{}': {}", path.string(), problem.message()));
  if (size > max_file_size)
    fail_io(fmt::format("'{}' is {} bytes long, and at most {} are read", path.string(), size, max_file_size));
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) fail_io(fmt::format("cannot read '{}': {}", path.string(), std::strerror(errno)));
  return failure_file_from_json(text.str(), path.string());
}

}  // namespace heddle::sim
