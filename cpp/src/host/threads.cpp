#include "host/threads.hpp"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "multispin/threads.hpp"

namespace multispin {
namespace {

using Clock = std::chrono::steady_clock;

// On the stack of the thread that calls.
struct Job {
  const std::function<void(int)>& work;
  int next = 1, seats;          // numbers that helpers get
  std::atomic<int> inside = 0;  // helpers at work; written under the mutex
};

// Helpers of all callers of a process. They sleep until there is a job, and look for the next one
// for some microseconds before.
class Helpers {
 public:
  void share(int seats, const std::function<void(int)>& work) {
    Job job{work, 1, seats};
    open(job);
    work(0);
    close(job);
  }
  int grow(int total) {
    const std::lock_guard lock(mutex_);
    while (total_ < total && start_one()) {
    }
    return total_;
  }

 private:
  void open(Job& job) {
    int to_wake = 0;
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(&job);
      posted_.fetch_add(1, std::memory_order_relaxed);
      wanted_ += job.seats - 1;
      while (total_ - busy_ < wanted_ && start_one()) {
      }
      to_wake = std::min(asleep_, job.seats - 1);
    }
    for (; to_wake > 0; --to_wake) job_or_not_.notify_one();
  }
  bool start_one() {
    try {
      std::thread([this] { help(); }).detach();
    } catch (...) {
      return false;  // the system has no more; those that there are have to do
    }
    ++total_;
    return true;
  }
  void close(Job& job) {
    {
      const std::lock_guard lock(mutex_);
      const auto found = std::ranges::find(jobs_, &job);
      if (found != jobs_.end()) {
        wanted_ -= job.seats - job.next;
        jobs_.erase(found);
      }
    }
    // Those inside have nothing left to begin.
    for (int looks = 0; looks < 1000; ++looks) {
      if (job.inside.load(std::memory_order_acquire) == 0) return;
    }
    std::unique_lock lock(mutex_);
    left_.wait(lock, [&] { return job.inside.load(std::memory_order_relaxed) == 0; });
  }
  Job* take_seat(int& seat) {
    Job* const job = jobs_.front();
    seat = job->next++;
    if (job->next == job->seats) jobs_.erase(jobs_.begin());
    --wanted_;
    ++busy_;
    job->inside.fetch_add(1, std::memory_order_relaxed);
    return job;
  }
  [[noreturn]] void help() {
    std::uint64_t seen = 0;
    for (;;) {
      int seat = 0;
      Job* job = nullptr;
      {
        std::unique_lock lock(mutex_);
        ++asleep_;
        job_or_not_.wait(lock, [&] { return !jobs_.empty(); });
        --asleep_;
        seen = posted_.load(std::memory_order_relaxed);
        job = take_seat(seat);
      }
      job->work(seat);
      {
        // The job is gone when the last one inside has left.
        const std::lock_guard lock(mutex_);
        --busy_;
        job->inside.fetch_sub(1, std::memory_order_release);
      }
      left_.notify_all();
      look_for_the_next(seen);
    }
  }
  // Calls come one after the other in some runs, tempering above all, and to wake up takes longer
  // than many of them.
  void look_for_the_next(std::uint64_t seen) const {
    const auto end = Clock::now() + std::chrono::microseconds(50);
    while (posted_.load(std::memory_order_relaxed) == seen && Clock::now() < end) {
    }
  }

  std::mutex mutex_;
  std::condition_variable job_or_not_, left_;
  std::vector<Job*> jobs_;  // with seats that are free
  int total_ = 0, busy_ = 0, asleep_ = 0;
  int wanted_ = 0;  // free seats of all jobs
  std::atomic<std::uint64_t> posted_ = 0;
};

Helpers& helpers() {
  // Never destroyed: helpers may still be asleep in it when the process ends.
  static Helpers* const all = new Helpers;
  return *all;
}

}  // namespace

bool threads_usable() {
  static const pid_t first_user = getpid();
  return first_user == getpid();
}

int startable_threads(int threads) {
  if (threads <= 1 || !threads_usable()) return threads;
  return std::min(threads, 1 + helpers().grow(threads - 1));
}

void share(int threads, const std::function<void(int)>& work) noexcept {
  // Who works for one call does not call others for a part of it: all are at work as it is.
  static thread_local bool at_work = false;
  if (threads <= 1 || at_work) {
    work(0);
    return;
  }
  const std::function<void(int)> marked = [&](int thread) {
    at_work = true;
    work(thread);
    at_work = false;
  };
  helpers().share(threads, marked);
}

}  // namespace multispin
