// Replaying failure files: strictly, or by the labels of their steps when the program has changed.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sim/explore/explorer.hpp"
#include "sim/replay/failure_file.hpp"
#include "sim/replay/plan.hpp"

namespace heddle::sim {
namespace {

constexpr std::size_t max_differences = 10;

Plan plan_of(const FailureFile& file) {
  Plan plan{file.body_choices, {}};
  for (const StepLabel& step : file.steps) plan.steps.push_back({step.task_key, step.choices});
  return plan;
}

/// Follows labelled steps: a step of a task matches its next label by operation and object, or a later one by
/// occurrence as well.
class ByLabels final : public Guided {
 public:
  explicit ByLabels(const FailureFile& file) : Guided(plan_of(file)), file_(file) {}

  [[nodiscard]] std::string name() const override { return "replay by labels"; }
  bool begin_execution(std::uint64_t index) override {
    seen_.clear();
    differences.clear();
    more_differences = 0;
    return Guided::begin_execution(index);
  }
  /// After the execution: steps that did not come.
  void conclude(const Execution& execution) {
    catch_up(execution);
    if (cursor() < file_.steps.size() && execution.result().failure == FailureKind::none)
      differ(cursor(), fmt::format("{} did not come", text_of(file_.steps[cursor()])));
  }

  std::vector<std::string> differences;
  std::uint64_t more_differences = 0;

 protected:
  std::uint64_t planned_key(const Execution& execution, TaskId task) override {
    const std::uint64_t key = execution.task(task).key;
    const std::string name = execution.task(task).name.str();
    const auto has = [&](auto&& matches) { return std::find_if(file_.steps.begin(), file_.steps.end(), matches); };
    // Tasks are known by where they were created; when others were added before them, by their names.
    if (has([&](const StepLabel& s) { return s.task_key == key && s.task == name; }) != file_.steps.end()) return key;
    const auto namesake = has([&](const StepLabel& s) { return s.task == name; });
    return namesake != file_.steps.end() ? namesake->task_key : key;
  }

  std::size_t used_up_by(const Execution& execution, const Event& event,
                         std::span<const std::uint32_t> remaining) override {
    const std::string op(event.op == nullptr ? "" : event.op->name);
    const std::string object = event.object == Execution::clock_object ? "" : execution.object_name(event.object);
    const std::uint32_t occurrence = ++seen_[{event.task, op, object}];
    const auto fits = [&](std::uint32_t i) { return file_.steps[i].op == op && file_.steps[i].object == object; };
    if (fits(remaining.front())) return 1;
    for (std::size_t k = 1; k < remaining.size(); ++k) {
      if (!fits(remaining[k]) || file_.steps[remaining[k]].occurrence != occurrence) continue;
      for (std::size_t gone = 0; gone < k; ++gone)
        differ(remaining[gone], fmt::format("{} is not there any more", text_of(file_.steps[remaining[gone]])));
      return k + 1;
    }
    differ(remaining.front(), fmt::format("`{}` does {}{}{} instead of {}", execution.task(event.task).name.str(), op,
                                          object.empty() ? "" : " ", object, text_of(file_.steps[remaining.front()])));
    return 0;
  }

 private:
  static std::string text_of(const StepLabel& step) {
    return fmt::format("`{}`'s {}{}{} (its {}. such step)", step.task, step.op, step.object.empty() ? "" : " ",
                       step.object, step.occurrence);
  }
  void differ(std::size_t step, const std::string& how) {
    if (differences.size() == max_differences) {
      ++more_differences;
    } else {
      differences.push_back(fmt::format("at recorded step {}: {}", step + 1, how));
    }
  }

  const FailureFile& file_;
  std::map<std::tuple<TaskId, std::string, std::string>, std::uint32_t> seen_;
};

bool is_failure_of(const FailureFile& file, const Verdict& verdict) {
  return verdict.failure && verdict.failure->kind == file.kind && verdict.failure->property == file.property;
}

Regression judge(const std::filesystem::path& path, const std::function<std::optional<Program>(const Naming&)>& find) {
  Regression regression{path, false, {}};
  const std::string name = path.filename().string();
  try {
    const FailureFile file = read_failure_file(path);
    const std::optional<Program> program = find(file.naming);
    if (!program) {
      regression.sentence = fmt::format("{}: there is no scenario '{}' with variant '{}'", name, file.naming.scenario,
                                        file.naming.variant);
      return regression;
    }
    const FileReplay result = replay(*program, file);
    const std::string difference = result.differences.empty() ? "" : "; " + result.differences.front();
    if (file.expected == Expected::holds) {
      regression.ok = result.verdict.holds();
      regression.sentence = regression.ok
                                ? name + ": holds" + difference
                                : fmt::format("{}: {} is violated again: {}", name, result.verdict.failure->property,
                                              result.verdict.failure->message);
    } else {
      regression.ok = result.reproduced;
      regression.sentence =
          regression.ok ? fmt::format("{}: violates {}{}", name, file.property, difference)
                        : fmt::format("{}: {} is no longer violated{}; repaired? then set \"expected\" to \"holds\"",
                                      name, file.property, difference);
    }
  } catch (const Error& error) {
    regression.sentence = fmt::format("{}: {}", name, error.what());
  }
  return regression;
}

}  // namespace

FileReplay replay(const Program& program, const FailureFile& file) {
  FileReplay result;
  if (file.token.empty())
    throw Error(ErrorCode::usage,
                fmt::format("the failure '{}' has no schedule to replay: it says that no schedule reached something; "
                            "explore the scenario again",
                            file.property));
  Token token = decode(file.token);
  token.execution = file.execution;
  TokenReplay strict = replay_token(program, token);
  if (!strict.diverged && is_failure_of(file, strict.verdict)) {
    result.exact = strict.reproduced;
    result.reproduced = true;
    if (!strict.verdict.problem.empty()) result.differences.push_back(strict.verdict.problem);
    result.verdict = std::move(strict.verdict);
    return result;
  }
  ByLabels by_labels(file);
  Execution execution(file.execution);
  result.verdict = replay_with(program, by_labels, execution);
  by_labels.conclude(execution);
  result.verdict.problem = strict.verdict.problem;
  result.reproduced = is_failure_of(file, result.verdict);
  result.differences = std::move(by_labels.differences);
  if (result.differences.empty()) result.differences.push_back(strict.verdict.problem);
  result.more_differences = by_labels.more_differences;
  return result;
}

std::vector<Regression> replay_regressions(const std::filesystem::path& directory,
                                           const std::function<std::optional<Program>(const Naming&)>& find) {
  std::error_code problem;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory, problem))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  if (problem) throw Error(ErrorCode::io, fmt::format("cannot list '{}': {}", directory.string(), problem.message()));
  std::sort(files.begin(), files.end());
  std::vector<Regression> results;
  for (const std::filesystem::path& path : files) results.push_back(judge(path, find));
  return results;
}

}  // namespace heddle::sim
