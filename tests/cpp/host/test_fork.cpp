// A forked child has none of its parent's threads: an inherited engine goes on with one
// thread and the same trajectory, and a new one is refused more.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "support/engines.hpp"
#include "support/replicas.hpp"

namespace multispin::test {
namespace {

// Whether `good` holds in a child. A child that waits for threads that do not exist would wait for
// ever, so an alarm ends it.
template <class Check>
bool in_child(const Check& good) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    _exit(good() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

LatticeOptions with_threads(int threads) {
  LatticeOptions options = make_options(1024, 1024);
  options.threads = threads;
  return options;
}

TEST(Fork, InheritedEngineGoesOn) {
  LatticeEngine engine{with_threads(3)}, expected{with_threads(1)};
  for (LatticeEngine* e : {&engine, &expected}) {
    set_temperature(*e, 2.269);
    e->randomize();
    e->sweep(2);
  }
  expected.sweep(2);
  EXPECT_TRUE(in_child([&] {
    engine.sweep(2);
    return packed_of(engine) == packed_of(expected) && sums_of(engine) == sums_of(expected);
  }));
}

TEST(Fork, NewEngineIsRefusedThreads) {
  const LatticeEngine first{with_threads(2)};
  EXPECT_TRUE(in_child([] {
    try {
      LatticeEngine{with_threads(2)};
    } catch (const std::invalid_argument& error) {
      return std::string(error.what()).find("threads") != std::string::npos;
    }
    return false;
  }));
  EXPECT_TRUE(in_child([] { return LatticeEngine{with_threads(1)}.sweep(1); }));
}

ReplicaOptions replicas_with_threads(int threads) {
  ReplicaOptions options = make_replicas(torus({64, 64, 5}), 700);
  options.threads = threads;
  return options;
}

TEST(Fork, InheritedReplicasGoOn) {
  ReplicaEngine engine{replicas_with_threads(3)}, expected{replicas_with_threads(1)};
  for (ReplicaEngine* e : {&engine, &expected}) {
    prepare(*e);
    e->sweep(2);
  }
  expected.sweep(2);
  EXPECT_TRUE(in_child([&] {
    engine.sweep(2);
    return packed_of(engine) == packed_of(expected) && sums_of(engine) == sums_of(expected);
  }));
}

TEST(Fork, NewReplicasAreRefusedThreads) {
  const ReplicaEngine first{replicas_with_threads(2)};
  EXPECT_TRUE(in_child([] {
    try {
      ReplicaEngine{replicas_with_threads(2)};
    } catch (const std::invalid_argument& error) {
      return std::string(error.what()).find("threads") != std::string::npos;
    }
    return false;
  }));
  EXPECT_TRUE(in_child([] { return ReplicaEngine{replicas_with_threads(1)}.sweep(1); }));
}

}  // namespace
}  // namespace multispin::test
