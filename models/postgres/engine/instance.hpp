// What stands behind `Blueprint` and `Database`: the plans that all databases of a blueprint share, and the engines
// that executions take turns in using. Private to the model.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string_view>
#include <vector>

#include "models/postgres/engine/engine.hpp"
#include "models/postgres/plan/plan.hpp"
#include "models/postgres/result.hpp"
#include "models/postgres/text_map.hpp"
#include "models/postgres/transcript.hpp"

namespace heddle::pg::detail {

class Instance;

struct BlueprintState {
  std::string source;  ///< the script that made it
  Schema schema;
  std::deque<std::string> texts;                ///< of the schema's expressions
  std::vector<std::vector<const Value*>> rows;  ///< per table, in physical order
  sim::Arena arena;                             ///< what `rows` points to

  std::shared_mutex mutex;
  TextMap<std::unique_ptr<const Plan>> plans;
  std::mutex idle_mutex;
  std::vector<std::unique_ptr<Instance>> idle;

  [[nodiscard]] const Plan& plan(std::string_view sql);
  void run_script(std::string_view script);
  /// Gives the rows of a table, which had `width` columns, those that an index has added.
  void widen_rows(std::uint16_t table, std::size_t width);
  /// Takes over the rows of `engine`.
  void adopt_rows(Engine& engine);
};

class Instance {
 public:
  explicit Instance(BlueprintState& state);

  [[nodiscard]] Engine& engine() noexcept { return engine_; }
  /// For who repeats on a real server what is said to this database.
  [[nodiscard]] DatabaseRecorder& recorder() noexcept { return recorder_; }
  [[nodiscard]] ResultPool& results() noexcept { return results_; }
  /// The plan for `sql`. The address of the text only says where to look first: what is found is compared by its text,
  /// so nothing but the time it takes depends on addresses.
  [[nodiscard]] const Plan& plan(std::string_view sql) {
    const Plan*& slot = recent_[(reinterpret_cast<std::uintptr_t>(sql.data()) >> 3U) % recent_.size()];
    if (slot == nullptr || slot->text != sql) slot = &state_.plan(sql);
    return *slot;
  }

 private:
  BlueprintState& state_;
  Engine engine_;
  ResultPool results_;
  DatabaseRecorder recorder_;
  std::array<const Plan*, 256> recent_{};
};

}  // namespace heddle::pg::detail
