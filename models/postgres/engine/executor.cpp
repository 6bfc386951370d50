#include "models/postgres/engine/executor.hpp"

namespace heddle::pg {

void Executor::run() {
  result_.command = plan_.command;
  result_.names = &plan_.column_names;
  result_.width = plan_.column_names.size();
  if (const auto* plan = std::get_if<SelectPlan>(&plan_.operation)) {
    result_.command = "SELECT";
    select(*plan);
  } else if (const auto* insertion = std::get_if<InsertPlan>(&plan_.operation)) {
    insert(*insertion);
  } else if (const auto* change = std::get_if<UpdatePlan>(&plan_.operation)) {
    update(*change);
  } else if (const auto* removal = std::get_if<DeletePlan>(&plan_.operation)) {
    remove(*removal);
  }
  fire_checks();
}

}  // namespace heddle::pg
