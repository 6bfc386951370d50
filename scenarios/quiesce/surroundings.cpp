#include "scenarios/quiesce/surroundings.hpp"

namespace heddle::scenarios::quiesce {
namespace {

namespace ops {
constexpr sim::Op begin_pass{"pass begins on", sim::Unwinds::if_endless};
constexpr sim::Op end_pass{"pass ends on", sim::Unwinds::never};
constexpr sim::Op write{"write to", sim::Unwinds::if_endless};
constexpr sim::Op begin_wipe{"begin to wipe", sim::Unwinds::if_endless};
constexpr sim::Op end_wipe{"has wiped", sim::Unwinds::if_endless};
constexpr sim::Op close{"sink down:", sim::Unwinds::if_endless};
constexpr sim::Op call_back{"call back", sim::Unwinds::if_endless};
constexpr sim::Op free_context{"free context of", sim::Unwinds::if_endless};
}  // namespace ops

void step(const sim::Op& op, sim::ObjectId object, std::source_location where) {
  sim::Execution& execution = sim::Execution::current();
  execution.step(op, object, sim::Access::write, where);
  execution.touch(object, sim::Access::write);
}

}  // namespace

void Store::begin_pass() {
  step(ops::begin_pass, object_, std::source_location::current());
  ++passes_;
  sim::check("no_pass_while_wiping", !wiping_, [] { return std::string("a pass begins while the store is wiped"); });
}

void Store::end_pass() noexcept {
  step(ops::end_pass, object_, std::source_location::current());
  --passes_;
}

void Store::write(int wipes_before, std::source_location where) {
  step(ops::write, object_, where);
  ++rows_;
  sim::check("store_empty_after_clear", wipes_ == wipes_before,
             [] { return std::string("a pass that began before the store was wiped stores something after"); });
  sim::check("no_store_after_sink_is_down", !is_down_,
             [] { return std::string("a coordinator stores something, and the sink that persists it is down"); });
}

void Store::check_wipe() const {
  sim::check("no_pass_while_wiping", passes_ == 0,
             [] { return std::string("the store is wiped while a pass is in flight"); });
}

void Store::wipe(std::source_location where) {
  step(ops::begin_wipe, object_, where);
  wiping_ = true;
  check_wipe();
  step(ops::end_wipe, object_, where);
  rows_ = 0;
  ++wipes_;
  wiping_ = false;
}

void Store::close(std::source_location where) {
  step(ops::close, object_, where);
  is_down_ = true;
}

void Host::call_back(std::source_location where) {
  step(ops::call_back, object_, where);
  sim::check("no_callback_after_destroy", !freed_,
             [] { return std::string("the host is called back with a context that it has freed"); });
}

void Host::free_context(std::source_location where) {
  step(ops::free_context, object_, where);
  freed_ = true;
}

}  // namespace heddle::scenarios::quiesce
