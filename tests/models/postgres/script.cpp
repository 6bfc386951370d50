#include "tests/models/postgres/script.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <optional>

#include "sim/core/world.hpp"

namespace heddle::pg::test {
namespace {

constexpr std::size_t sessions = 5;

/// Lets every session go on for as long as it can before the driver gives the next command.
class DriverLast final : public sim::Strategy {
 public:
  explicit DriverLast(std::uint32_t choice) : choice_(choice) {}
  bool begin_execution(std::uint64_t) override { return true; }
  sim::TaskId next_task(const sim::Execution& execution) override {
    const sim::TaskSet& enabled = execution.enabled();
    return enabled.nth(enabled.size() - 1);
  }
  std::uint32_t next_choice(const sim::Execution&, std::uint32_t n) override { return std::min(choice_, n - 1); }
  [[nodiscard]] std::string name() const override { return "script"; }

 private:
  std::uint32_t choice_;
};

constexpr sim::Op take_command{"take command", sim::Unwinds::at_once};

struct Mailbox {
  std::optional<std::string> command;
  std::optional<std::string> outcome;
  bool closed = false;
  sim::TaskSet waiters;
};

std::string execute(Connection& connection, const std::string& sql) {
  try {
    return describe(connection.exec(sql));
  } catch (const SqlError& error) {
    return "ERROR " + std::string(error.sqlstate()) + " " + error.message();
  }
}

void serve(Database& db, Mailbox& box) {
  ModelConnection connection = db.connect();
  for (;;) {
    sim::Execution& execution = sim::Execution::current();
    const sim::Guard has_command{
        [](const void* b) { return static_cast<const Mailbox*>(b)->command || static_cast<const Mailbox*>(b)->closed; },
        &box};
    execution.wait_until(take_command, sim::Execution::no_object, sim::Access::write, has_command, box.waiters,
                         sim::WaitKind::block, std::source_location::current());
    if (box.closed) return;
    const std::string command = *std::exchange(box.command, std::nullopt);
    if (command == "disconnect") {
      connection.close();
      box.outcome = "disconnected";
    } else {
      box.outcome = execute(connection, command);
    }
  }
}

void drive(std::vector<Step>& steps, std::array<Mailbox, sessions + 1>& boxes) {
  sim::Execution& execution = sim::Execution::current();
  std::array<bool, sessions + 1> busy{};
  for (Step& step : steps) {
    const auto session = static_cast<std::size_t>(step.command[0] - '0');
    step.outcome.clear();
    step.released.clear();
    if (session == 0) {  // "0: sleep 100": virtual milliseconds
      sim::sleep(std::chrono::milliseconds(std::stoi(step.command.substr(9))));
      step.outcome = "slept";
    } else {
      boxes[session].command = step.command.substr(3);
      busy[session] = true;
      execution.refresh(boxes[session].waiters);
    }
    sim::yield();
    for (std::size_t i = 1; i <= sessions; ++i) {
      if (!busy[i]) continue;
      if (boxes[i].outcome) {
        busy[i] = false;
        std::string outcome = *std::exchange(boxes[i].outcome, std::nullopt);
        if (i == session) {
          step.outcome = std::move(outcome);
        } else {
          step.released.push_back(std::to_string(i) + ": " + outcome);
        }
      } else if (i == session) {
        step.outcome = "waits";
      }
    }
  }
  for (std::size_t i = 1; i <= sessions; ++i) {
    boxes[i].closed = true;
    execution.refresh(boxes[i].waiters);
  }
}

}  // namespace

std::string describe(const Rows& rows) {
  std::string text;
  for (const RowView row : rows) {
    text += text.empty() ? "(" : " (";
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) text += ", ";
      text += row.value(i).is_null() ? std::string("NULL") : to_text(row.value(i));
    }
    text += ")";
  }
  const std::string tag = rows.tag();
  if (tag.starts_with("SELECT") || tag == "SHOW") return text.empty() ? "no rows" : text;
  return text.empty() ? tag : tag + ": " + text;
}

std::vector<Step> run_on_model(const Blueprint& blueprint, const std::vector<Step>& steps, std::uint32_t victim) {
  std::vector<Step> result = steps;
  sim::Execution execution;
  DriverLast strategy(victim);
  const sim::Program program = [&](sim::World& world) {
    Database db(blueprint);
    std::array<Mailbox, sessions + 1> boxes;
    world.task("driver", [&] { drive(result, boxes); });
    for (std::size_t i = 1; i <= sessions; ++i)
      world.task(sim::Name("session", static_cast<int>(i)), [&db, &box = boxes[i]] { serve(db, box); });
    world.run();
  };
  strategy.begin_execution(0);
  const sim::ExecutionResult& outcome = execution.run(program, strategy, sim::Execution::Detail::explain);
  EXPECT_EQ(outcome.failure, sim::FailureKind::none) << outcome.property << ": " << outcome.message;
  return result;
}

std::string transcript(const std::vector<Step>& steps) {
  std::string text;
  for (const Step& step : steps) {
    text += step.command + "\n    " + step.outcome + "\n";
    for (const std::string& line : step.released) text += "    " + line + "\n";
  }
  return text;
}

void expect_script(std::string_view schema, const std::vector<Step>& steps, std::uint32_t victim) {
  const Blueprint blueprint(schema);
  std::vector<Step> expected = steps;
  std::vector<Step> actual = run_on_model(blueprint, steps, victim);
  // "ERROR 40001" stands for any message with that SQLSTATE.
  const auto shorten = [](std::string& text, const std::string& wanted) {
    if (wanted.find("ERROR") != std::string::npos && text.starts_with(wanted)) text = wanted;
  };
  for (std::size_t i = 0; i < steps.size(); ++i) {
    shorten(actual[i].outcome, expected[i].outcome);
    for (std::size_t k = 0; k < std::min(actual[i].released.size(), expected[i].released.size()); ++k)
      shorten(actual[i].released[k], expected[i].released[k]);
  }
  EXPECT_EQ(transcript(actual), transcript(expected));
}

}  // namespace heddle::pg::test
