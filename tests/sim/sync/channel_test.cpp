#include "sim/sync/channel.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "sim/runtime/runtime.hpp"
#include "sim/runtime/select.hpp"
#include "sim/runtime/time.hpp"
#include "sim/sync/oneshot.hpp"
#include "tests/support/explore.hpp"

namespace heddle::sim {
namespace {

using testing::exhaust;
using testing::find_failure;
using namespace std::chrono_literals;

TEST(Channel, DeliversEachSendersMessagesInOrder) {
  exhaust([](World& world) {
    auto jobs = channel<int>(1, "jobs");
    world.task("producer", [sender = std::move(jobs.sender)]() mutable {
      for (int i = 0; i < 3; ++i) check("open", sender.send(i));
      sender.drop();
    });
    world.task("consumer", [&] {
      int expected = 0;
      while (const auto job = jobs.receiver.recv()) check("in_order", *job == expected++);
      check("all", expected == 3);
    });
    world.run();
  });
}

TEST(Channel, ABoundedOneHoldsNoMoreThanItsCapacity) {
  std::size_t most = 0;
  exhaust([&](World& world) {
    auto jobs = channel<int>(2, "jobs");
    for (int i = 0; i < 2; ++i)
      world.task({"producer", i}, [&, sender = jobs.sender]() mutable {
        sender.send(1);
        sender.send(2);
        sender.drop();
      });
    jobs.sender.drop();
    world.always("bounded", [&] { return jobs.receiver.size() <= 2; });
    world.task("consumer", [&] {
      int received = 0;
      while (jobs.receiver.recv()) {
        ++received;
        most = std::max(most, jobs.receiver.size() + 1);
      }
      check("all", received == 4);
    });
    world.run();
  });
  EXPECT_EQ(most, 2U);
}

TEST(Channel, SendersThatWaitAreServedInOrderOfArrival) {
  exhaust([](World& world) {
    auto jobs = channel<int>(1, "jobs");
    jobs.sender.send(0);
    for (int i = 1; i <= 2; ++i)
      world.task({"producer", i}, [&, i] {
        sleep(i * 1s);
        jobs.sender.send(i);
      });
    world.task("consumer", [&] {
      sleep(3s);
      for (int i = 0; i <= 2; ++i) check("in_order", jobs.receiver.recv() == i);
    });
    world.run();
  });
}

TEST(Channel, ClosingRefusesSendersAndStillDelivers) {
  exhaust([](World& world) {
    auto jobs = channel<int>(1, "jobs");
    jobs.sender.send(1);
    world.task("producer", [&] { check("refused", !jobs.sender.send(2)); });
    world.task("consumer", [&] {
      jobs.receiver.close();
      check("still_delivered", jobs.receiver.recv() == 1);
      check("then_nothing", !jobs.receiver.recv());
    });
    world.run();
  });
}

TEST(Channel, DroppingTheReceiverDropsItsMessagesAndRefusesSenders) {
  exhaust([](World& world) {
    auto ends = channel<std::shared_ptr<int>>(1, "jobs");
    auto message = std::make_shared<int>(1);
    ends.sender.send(message);
    ends.receiver.drop();
    check("message_dropped", message.use_count() == 1);
    world.task("producer", [&] { check("refused", !ends.sender.send(message)); });
    world.run();
    world.check("refused_message_dropped", message.use_count() == 1);
  });
}

TEST(Channel, TriesDoNotWait) {
  exhaust([](World& world) {
    auto jobs = channel<int>(1, "jobs");
    world.task("main", [&] {
      check("empty", !jobs.receiver.try_recv().message && !jobs.receiver.try_recv().closed);
      check("sent", jobs.sender.try_send(1) == TrySend::sent);
      check("full", jobs.sender.try_send(2) == TrySend::full);
      check("received", jobs.receiver.try_recv().message == 1);
      jobs.receiver.close();
      check("closed", jobs.sender.try_send(3) == TrySend::closed);
      check("closed_for_the_receiver", jobs.receiver.try_recv().closed);
    });
    world.run();
  });
}

TEST(Channel, AReceiveThatIsDroppedLosesNoMessage) {
  exhaust(
      [](World& world) {
        auto jobs = unbounded_channel<int>("jobs");
        world.task("consumer", [&] {
          int received = 0;
          for (int i = 0; i < 2; ++i)
            if (timeout(1s, [&] { static_cast<void>(jobs.receiver.recv()); })) ++received;
          check("none_lost", received + static_cast<int>(jobs.receiver.size()) <= 1);
        });
        world.task("producer", [&] { jobs.sender.send(1); });
        world.run();
      },
      {.time = TimeMode::any_time});
}

TEST(Channel, RoomThatWasGrantedToAnAbortedSenderIsPassedOn) {
  bool dropped = false;
  exhaust([&](World& world) {
    Runtime runtime(1, "pool");
    auto jobs = channel<int>(1, "jobs");
    jobs.sender.send(0);
    auto blocked = runtime.spawn("blocked", [&] { jobs.sender.send(1); });
    world.task("consumer", [&] {
      sleep(1s);
      check("first", jobs.receiver.recv() == 0);
      blocked.abort();
      const bool sent = blocked.join_result().value.has_value();
      dropped = dropped || !sent;
      check("room_or_message", sent ? jobs.receiver.recv() == 1 : jobs.sender.try_send(2) == TrySend::sent);
    });
    world.run();
  });
  EXPECT_TRUE(dropped);
}

TEST(Channel, WithoutRoomIsRefusedWithASentence) {
  const Program program = [](World&) { static_cast<void>(channel<int>(0, "jobs")); };
  try {
    static_cast<void>(explore(program, Dfs{}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "channel jobs has room for no message; give it a capacity of at least 1");
  }
}

TEST(Oneshot, DeliversOneMessage) {
  exhaust([](World& world) {
    auto answer = oneshot<int>("answer");
    world.task("asker", [&] { check("answer", answer.receiver.recv() == 42); });
    world.task("answerer", [&] {
      check("first", answer.sender.send(42));
      check("second", !answer.sender.send(43));
    });
    world.run();
  });
}

TEST(Oneshot, ADroppedSenderMeansNoAnswer) {
  exhaust([](World& world) {
    auto answer = oneshot<int>("answer");
    world.task("asker", [&] { check("none", !answer.receiver.recv()); });
    world.task("answerer", [sender = std::move(answer.sender)] {});
    world.run();
  });
}

TEST(Oneshot, ADroppedReceiverIsNoticedBySend) {
  bool sent[2] = {false, false};
  exhaust([&](World& world) {
    auto answer = oneshot<int>("answer");
    world.task("asker", [receiver = std::move(answer.receiver)] {});
    world.task("answerer", [&] { sent[answer.sender.send(42) ? 1 : 0] = true; });
    world.run();
  });
  EXPECT_TRUE(sent[0]);
}

TEST(Select, TakesWhateverIsReadyAndExploresTies) {
  std::set<std::size_t> chosen;
  exhaust([&](World& world) {
    auto a = channel<int>(1, "a");
    auto b = channel<int>(1, "b");
    a.sender.send(1);
    b.sender.send(2);
    world.task("main", [&] {
      const auto first = select(a.receiver.receiving(), b.receiver.receiving(), sleeping(1s));
      chosen.insert(first.index());
      check("the_other_is_still_there", a.receiver.size() + b.receiver.size() == 1);
    });
    world.run();
  });
  EXPECT_EQ(chosen, (std::set<std::size_t>{0, 1}));
}

TEST(Select, ABiasedOneTakesTheFirst) {
  exhaust([](World& world) {
    auto a = channel<int>(1, "a");
    auto b = channel<int>(1, "b");
    a.sender.send(1);
    b.sender.send(2);
    world.task("main",
               [&] { check("first", select_biased(a.receiver.receiving(), b.receiver.receiving()).index() == 0); });
    world.run();
  });
}

TEST(Select, ATimerCanBeSelectedOnAgain) {
  exhaust([](World& world) {
    auto ticks = channel<int>(1, "ticks");
    world.task("ticker", [&] {
      sleep(1s);
      ticks.sender.send(1);
    });
    world.task("main", [&] {
      Sleeping deadline(3s);
      check("tick", select(ticks.receiver.receiving(), deadline).index() == 0);
      check("deadline", select(ticks.receiver.receiving(), deadline).index() == 1 && now() == 3s);
    });
    world.run();
  });
}

}  // namespace
}  // namespace heddle::sim
