// `Semaphore`: tokio::sync::Semaphore for code under test. Acquiring is an await; permits are handed out first come,
// first served, also when a later task wants fewer. Permits are RAII.
#pragma once

#include <optional>

#include "sim/sync/await.hpp"
#include "sim/sync/wait_queue.hpp"

namespace heddle::sim {

namespace ops {
inline constexpr Op acquire{"acquire", Unwinds::if_endless};
inline constexpr Op try_acquire{"try_acquire", Unwinds::if_endless, true};
inline constexpr Op release{"release", Unwinds::never};
}  // namespace ops

class Semaphore {
 public:
  /// Some permits, given back when it is destroyed.
  class [[nodiscard]] Permit {
   public:
    Permit() = default;
    Permit(Permit&& other) noexcept : semaphore_(std::exchange(other.semaphore_, nullptr)), amount_(other.amount_) {}
    Permit& operator=(Permit&& other) noexcept;
    ~Permit() { release(); }
    void release(std::source_location where = std::source_location::current()) noexcept;
    /// The permits are not given back.
    void forget() noexcept;
    [[nodiscard]] std::uint32_t amount() const noexcept { return semaphore_ == nullptr ? 0 : amount_; }

   private:
    friend class Semaphore;
    Permit(Semaphore& semaphore, std::uint32_t amount) : semaphore_(&semaphore), amount_(amount) {}
    Semaphore* semaphore_ = nullptr;
    std::uint32_t amount_ = 0;
  };

  /// The awaitable behind `acquire`.
  class Acquiring {
   public:
    using Result = Permit;
    static constexpr bool queues = true;
    Acquiring(Semaphore& semaphore, std::uint32_t amount) : semaphore_(semaphore) { waiter_.amount = amount; }
    Acquiring(const Acquiring&) = delete;
    Acquiring& operator=(const Acquiring&) = delete;
    ~Acquiring();
    [[nodiscard]] const Op& op() const noexcept { return ops::acquire; }
    [[nodiscard]] ObjectId object() const noexcept { return semaphore_.object_; }
    void start(Execution& execution);
    [[nodiscard]] bool is_ready() const noexcept { return waiter_.is_granted(); }
    [[nodiscard]] TaskSet* waiters() noexcept { return nullptr; }
    void observe(Execution& execution) const { waiter_.observe(execution); }
    Permit finish(Execution& execution);
    static Permit inert() { return {}; }

   private:
    Semaphore& semaphore_;
    Waiter waiter_;
  };

  explicit Semaphore(std::uint32_t permits, Name name = {})
      : object_(Execution::current().add_object("semaphore", name)), permits_(permits) {}
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  Permit acquire(std::uint32_t amount = 1, std::source_location where = std::source_location::current()) {
    return await(Acquiring(*this, amount), where);
  }
  /// For `select`.
  [[nodiscard]] Acquiring acquiring(std::uint32_t amount = 1) { return {*this, amount}; }
  /// Does not overtake tasks that wait.
  [[nodiscard]] std::optional<Permit> try_acquire(std::uint32_t amount = 1,
                                                  std::source_location where = std::source_location::current());
  /// New permits, beyond those the semaphore was made with.
  void add_permits(std::uint32_t amount, std::source_location where = std::source_location::current()) noexcept;
  /// How many permits are to be had, without a scheduling point: for properties and checks.
  [[nodiscard]] std::uint32_t available() const noexcept { return permits_.available(); }
  [[nodiscard]] ObjectId object() const noexcept { return object_; }

 private:
  ObjectId object_;
  Permits permits_;
};

}  // namespace heddle::sim
