#include "tests/oracle/postgres/modelled.hpp"

#include <algorithm>
#include <deque>
#include <stdexcept>

#include "sim/core/world.hpp"

namespace heddle::pg::oracle {
namespace {

constexpr sim::Op take_command{"take command", sim::Unwinds::at_once};
constexpr const char* ended = "ended";

/// Depth-first over all decisions, except that the driver goes on only when no session can.
class SessionsFirst final : public sim::Strategy {
 public:
  bool begin_execution(std::uint64_t execution) override {
    if (execution > 0) {
      while (!path_.empty() && path_.back().chosen + 1 >= path_.back().count) path_.pop_back();
      if (path_.empty()) return false;
      ++path_.back().chosen;
    }
    depth_ = 0;
    return true;
  }
  sim::TaskId next_task(const sim::Execution& execution) override {
    const sim::TaskSet& enabled = execution.enabled();
    const auto all = static_cast<std::uint32_t>(enabled.size());
    const bool driver_is_ready = enabled.contains(driver);
    if (all == 1) return enabled.nth(0);
    const std::uint32_t chosen = decide(driver_is_ready ? all - 1 : all);
    // Sessions are numbered after the driver.
    return enabled.nth(chosen + (driver_is_ready ? 1 : 0));
  }
  std::uint32_t next_choice(const sim::Execution&, std::uint32_t n) override { return decide(n); }
  [[nodiscard]] std::string name() const override { return "sessions first"; }

  static constexpr sim::TaskId driver = 1;

 private:
  struct Point {
    std::uint32_t chosen = 0;
    std::uint32_t count = 0;
  };
  std::uint32_t decide(std::uint32_t count) {
    if (count <= 1) return 0;
    if (depth_ == path_.size()) path_.push_back({0, count});
    return path_[depth_++].chosen;
  }

  std::vector<Point> path_;
  std::size_t depth_ = 0;
};

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

struct Client {
  std::unique_ptr<ModelConnection> connection;
  std::size_t number = 0;  ///< the script's
  std::optional<std::string> command;
  std::optional<std::string> outcome;
  bool busy = false;
  bool gone = false;  ///< the connection is cut: nobody sees what comes of its command
  sim::TaskSet waiters;
};

void serve(Client& client) {
  for (;;) {
    sim::Execution& execution = sim::Execution::current();
    const sim::Guard has_command{[](const void* c) { return static_cast<const Client*>(c)->command.has_value(); },
                                 &client};
    execution.wait_until(take_command, sim::Execution::no_object, sim::Access::write, has_command, client.waiters,
                         sim::WaitKind::block, std::source_location::current());
    const std::string command = *std::exchange(client.command, std::nullopt);
    const std::vector<StatementResult> results = client.connection->run_script(command);
    if (results.empty()) {
      client.outcome = "";
    } else if (const StatementResult& last = results.back(); last.error) {
      client.outcome = "ERROR " + std::string(last.error->sqlstate()) + " " + last.error->message();
    } else {
      client.outcome = describe(*last.rows);
    }
  }
}

class Driver {
 public:
  Driver(Database& db, const Script& script, Isolation level, const std::vector<Observed>& server)
      : db_(db), script_(script), level_(level), server_(server) {
    std::size_t last = 0;
    for (const Step& step : script.steps) last = std::max(last, step.session);
    for (std::size_t i = 1; i <= last; ++i) open(i);
  }

  void drive(std::vector<Observed>& seen, std::size_t& stricter_at) {
    for (std::size_t i = 0; i < server_.size(); ++i) {
      seen.push_back(perform(script_.steps[i]));
      if (!agrees(seen.back(), server_[i])) {
        if (is_stricter(seen.back(), server_[i])) stricter_at = i + 1;
        break;
      }
    }
    sim::Execution::current().fail(
        sim::FailureKind::property,
        seen.size() == server_.size() && agrees(seen.back(), server_[seen.size() - 1]) ? ended : "differs");
  }
  [[nodiscard]] std::deque<Client>& clients() { return clients_; }

 private:
  void open(std::size_t number) {
    Client& client = clients_.emplace_back();
    client.number = number;
    client.connection.reset(new ModelConnection(db_.connect()));
    client.connection->exec("SET default_transaction_isolation = '" + std::string(level_name(level_)) + "'");
    current_[number] = &client;
  }

  Observed perform(const Step& step) {
    Observed seen;
    Client& client = *current_[step.session];
    const bool was_busy = client.busy;
    sim::Execution& execution = sim::Execution::current();
    if (step.command == "\\await") {
      sim::sleep(std::chrono::hours(24));
    } else if (step.command == "\\close") {
      client.gone = true;
      client.connection->close();
    } else if (step.command == "\\open") {
      open(step.session);
      Client& opened = clients_.back();
      sim::spawn(sim::Name("reopened", static_cast<int>(clients_.size())), [&opened] { serve(opened); });
    } else if (step.command == "\\cancel") {
      client.connection->cancel();
    } else if (step.command == "\\terminate") {
      client.connection->terminate();
    } else if (was_busy) {
      seen.outcome = skipped;
      return seen;
    } else {
      client.command = step.command;
      client.busy = true;
      execution.refresh(client.waiters);
    }
    sim::yield();
    collect(step, seen, !was_busy && client.busy);
    return seen;
  }

  void collect(const Step& step, Observed& seen, bool is_new) {
    if (is_new) seen.outcome = "waits";
    for (Client& client : clients_) {
      if (!client.busy) continue;
      if (client.outcome) {
        client.busy = false;
        if (client.gone) continue;
        const std::string outcome = *std::exchange(client.outcome, std::nullopt);
        if (client.number == step.session) {
          seen.outcome = outcome;
        } else {
          seen.released[client.number] = outcome;
        }
      } else if (!client.gone) {
        for (const std::size_t blocker : client.connection->blocked_by())
          for (const Client& other : clients_)
            if (other.connection->number() == blocker) seen.blocked_by[client.number].insert(other.number);
      }
    }
    if (seen.outcome.empty()) seen.outcome = "done";
  }

  static bool agrees(const Observed& model, const Observed& server) {
    if (!model.looks_like(server)) return false;
    return std::all_of(server.blocked_by.begin(), server.blocked_by.end(), [&](const auto& entry) {
      const auto own = model.blocked_by.find(entry.first);
      return own != model.blocked_by.end() &&
             std::includes(own->second.begin(), own->second.end(), entry.second.begin(), entry.second.end());
    });
  }

  /// Whether the server refused what the model let pass, and nothing else is different.
  [[nodiscard]] bool is_stricter(const Observed& model, const Observed& server) const {
    constexpr std::string_view refused = "due to read/write dependencies among transactions";
    if (level_ != Isolation::serializable) return false;
    if (model.outcome != server.outcome)
      return server.outcome.find(refused) != std::string::npos && model.outcome.find(refused) == std::string::npos;
    return std::any_of(server.released.begin(), server.released.end(), [&](const auto& entry) {
      const auto own = model.released.find(entry.first);
      return entry.second.find(refused) != std::string::npos &&
             (own == model.released.end() || own->second != entry.second);
    });
  }

  Database& db_;
  const Script& script_;
  Isolation level_;
  const std::vector<Observed>& server_;
  std::deque<Client> clients_;
  std::map<std::size_t, Client*> current_;
};

}  // namespace

Agreement find_agreement(const Blueprint& blueprint, const Script& script, Isolation level,
                         const std::vector<Observed>& server, std::size_t most_executions) {
  Agreement result;
  SessionsFirst strategy;
  sim::Execution execution;
  std::vector<Observed> seen;
  const sim::Program program = [&](sim::World& world) {
    Database db(blueprint, "postgres", {DeadlockSearch::at_once, PhysicalOrder::by_time});
    Driver driver(db, script, level, server);
    world.task("driver", [&] { driver.drive(seen, result.stricter_at); });
    for (Client& client : driver.clients())
      world.task(sim::Name("session", static_cast<int>(client.number)), [&client] { serve(client); });
    world.run();
  };
  for (; result.executions < most_executions && !result.found && result.stricter_at == 0; ++result.executions) {
    if (!strategy.begin_execution(result.executions)) {
      result.complete = true;
      break;
    }
    seen.clear();
    const sim::ExecutionResult& outcome = execution.run(program, strategy, sim::Execution::Detail::explain);
    if (outcome.failure != sim::FailureKind::property)
      throw std::runtime_error("the model failed: " + std::string(outcome.property) + ": " +
                               std::string(outcome.message));
    result.found = outcome.property == ended;
    if (result.found || seen.size() > result.closest.size()) result.closest = seen;
  }
  return result;
}

}  // namespace heddle::pg::oracle
