// What a coordinator works between: the store that it fills (by way of the sink, which can be down) and the host that
// it calls back, until the host frees its callback context. Both notice what must not happen.
//
// Properties:
//  - no_pass_while_wiping: no pass is in flight while the store is wiped;
//  - store_empty_after_clear: once the store is wiped, nothing is stored by a pass that had begun before;
//  - no_store_after_sink_is_down: nothing is stored after the sink has gone;
//  - no_callback_after_destroy: the host is not called back after it has freed its context.
#pragma once

#include <source_location>

#include "sim/core/world.hpp"

namespace heddle::scenarios::quiesce {

class Store {
 public:
  Store() : object_(sim::Execution::current().add_object("store", "store")) {}

  /// A pass is in flight from here to the end of its life.
  class [[nodiscard]] Pass {
   public:
    explicit Pass(Store& store) : store_(store) {
      store_.begin_pass();
      wipes_before_ = store_.wipes_;
    }
    ~Pass() { store_.end_pass(); }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    void write(std::source_location where = std::source_location::current()) const {
      store_.write(wipes_before_, where);
    }

   private:
    Store& store_;
    int wipes_before_ = 0;
  };

  /// Two steps: others run while it is wiped.
  void wipe(std::source_location where = std::source_location::current());
  /// The sink is torn down.
  void close(std::source_location where = std::source_location::current());
  [[nodiscard]] bool is_empty_at_the_end() const noexcept { return rows_ == 0; }
  [[nodiscard]] int rows_at_the_end() const noexcept { return rows_; }

 private:
  void begin_pass();
  void write(int wipes_before, std::source_location where);
  void end_pass() noexcept;
  void check_wipe() const;

  sim::ObjectId object_;
  int passes_ = 0;
  int rows_ = 0;
  int wipes_ = 0;
  bool wiping_ = false;
  bool is_down_ = false;
};

class Host {
 public:
  Host() : object_(sim::Execution::current().add_object("host", "host")) {}

  void call_back(std::source_location where = std::source_location::current());
  /// After `destroy` has returned, the host frees its callback context.
  void free_context(std::source_location where = std::source_location::current());

 private:
  sim::ObjectId object_;
  bool freed_ = false;
};

}  // namespace heddle::scenarios::quiesce
