#include "sim/runtime/cancellation_token.hpp"

namespace heddle::sim {

/// Children are listed with their parent, newest first, for as long as they live.
struct CancellationToken::Node {
  ObjectId object;
  bool cancelled = false;
  TaskSet waiters;
  std::shared_ptr<Node> parent;
  Node* first_child = nullptr;
  Node* next = nullptr;
  Node* previous = nullptr;

  Node(Name name, std::shared_ptr<Node> its_parent)
      : object(Execution::current().add_object("cancellation token", name)), parent(std::move(its_parent)) {
    if (!parent) return;
    cancelled = parent->cancelled;
    next = parent->first_child;
    if (next != nullptr) next->previous = this;
    parent->first_child = this;
  }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  ~Node() {
    if (!parent) return;
    (previous == nullptr ? parent->first_child : previous->next) = next;
    if (next != nullptr) next->previous = previous;
  }

  void cancel(Execution& execution) {
    execution.touch(object, Access::write);
    cancelled = true;
    execution.refresh(waiters);
    for (Node* child = first_child; child != nullptr; child = child->next) child->cancel(execution);
  }
};

CancellationToken::CancellationToken(Name name) : node_(make_shared_in_arena<Node>(name, nullptr)) {}

CancellationToken CancellationToken::child(Name name) const {
  Execution::current().touch(node_->object, Access::read);
  return CancellationToken(make_shared_in_arena<Node>(name, node_));
}

void CancellationToken::cancel(std::source_location where) const noexcept {
  if (!node_) return;
  Execution& execution = Execution::current();
  if (!execution.step(ops::cancel, node_->object, Access::write, where) && execution.tearing_down()) return;
  node_->cancel(execution);
}

bool CancellationToken::is_cancelled(std::source_location where) const {
  Execution& execution = Execution::current();
  if (!execution.step(ops::is_cancelled, node_->object, Access::read, where) && execution.tearing_down()) return true;
  execution.touch(node_->object, Access::read);
  execution.note([&] { return std::string(node_->cancelled ? "yes" : "no"); });
  return node_->cancelled;
}

bool CancellationToken::peek() const noexcept {
  return node_->cancelled;
}

ObjectId CancellationToken::Cancellation::object() const noexcept {
  return node_->object;
}
bool CancellationToken::Cancellation::is_ready() const noexcept {
  return node_->cancelled;
}
TaskSet* CancellationToken::Cancellation::waiters() noexcept {
  return &node_->waiters;
}
void CancellationToken::Cancellation::observe(Execution& execution) const {
  execution.touch(node_->object, Access::read);
}

}  // namespace heddle::sim
