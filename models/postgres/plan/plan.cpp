// From syntax to a plan.
#include "models/postgres/plan/plan.hpp"

#include <algorithm>
#include <utility>

#include "models/postgres/plan/binder.hpp"

namespace heddle::pg {
namespace {

/// A column, parameter or literal that nothing gave a type is text, as in the server.
void resolve_unknown(std::vector<OutputColumn>& outputs, Binder& binder) {
  for (OutputColumn& output : outputs)
    if (output.value.type == Type::unknown) output.value = binder.coerce(std::move(output.value), Type::text);
}

struct PlanMaker {
  Binder& binder;
  Plan& plan;

  void result(std::vector<OutputColumn>& outputs) const {
    resolve_unknown(outputs, binder);
    for (const OutputColumn& output : outputs) {
      plan.column_names.push_back(output.name);
      plan.column_types.push_back(output.value.type);
    }
  }
  Operation operator()(const ast::Select& syntax) const {
    SelectPlan select = binder.select(syntax, nullptr);
    result(select.outputs);
    static constexpr const char* names[] = {"SELECT FOR KEY SHARE", "SELECT FOR SHARE", "SELECT FOR NO KEY UPDATE",
                                            "SELECT FOR UPDATE"};
    plan.writes = binder.locks_rows();
    plan.command = syntax.locking.empty() ? "SELECT" : names[static_cast<std::size_t>(syntax.locking[0].strength)];
    return select;
  }
  template <class Write>
  Operation write(Write write, const char* command) const {
    result(write.returning);
    plan.writes = true;
    plan.command = command;
    return write;
  }
  Operation operator()(const ast::Insert& syntax) const { return write(binder.insert(syntax), "INSERT"); }
  Operation operator()(const ast::Update& syntax) const { return write(binder.update(syntax), "UPDATE"); }
  Operation operator()(const ast::Delete& syntax) const { return write(binder.delete_from(syntax), "DELETE"); }
  Operation operator()(const ast::CreateTable& syntax) const { return definition(syntax, "CREATE TABLE"); }
  Operation operator()(const ast::CreateIndex& syntax) const { return definition(syntax, "CREATE INDEX"); }
  Operation operator()(const ast::DropTable& syntax) const { return definition(syntax, "DROP TABLE"); }
  Operation operator()(const ast::CreateSequence& syntax) const { return definition(syntax, "CREATE SEQUENCE"); }
  Operation operator()(const ast::LockTable& syntax) const {
    plan.command = "LOCK TABLE";
    LockPlan lock{{}, syntax.mode, syntax.nowait};
    for (const ast::TableRef& table : syntax.tables) lock.tables.push_back(binder.target_table(table, std::nullopt));
    return lock;
  }
  Operation operator()(const ast::SetConstraints& syntax) const { return syntax; }
  Operation operator()(const ast::TransactionCommand& command) const { return command; }
  Operation operator()(const ast::SetCommand& command) const { return command; }
  Operation operator()(const ast::ShowCommand& command) const {
    plan.column_names.push_back(command.name);
    plan.column_types.push_back(Type::text);
    return command;
  }

 private:
  Operation definition(const ast::Command& command, const char* name) const {
    plan.command = name;
    return DefinitionPlan{command};
  }
};

}  // namespace

std::unique_ptr<const Plan> make_plan(const ast::Command& command, std::string_view text, const Schema& schema) {
  auto plan = std::make_unique<Plan>();
  plan->text = text;
  try {
    Binder binder(schema, plan->texts);
    plan->operation = std::visit(PlanMaker{binder, *plan}, command);
    plan->params = binder.params();
    for (std::size_t i = 0; i < plan->params.size(); ++i)
      if (plan->params[i] == Type::unknown)
        fail_at(sqlstate::indeterminate_datatype,
                "could not determine data type of parameter $" + std::to_string(i + 1), -1);
    plan->locks = binder.locks();
    plan->tables = binder.tables();
    std::sort(plan->tables.begin(), plan->tables.end());
    plan->tables.erase(std::unique(plan->tables.begin(), plan->tables.end()), plan->tables.end());
  } catch (SqlError& error) {
    error.locate(text);
    throw;
  }
  return plan;
}

}  // namespace heddle::pg
