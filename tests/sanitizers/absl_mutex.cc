// Tells the thread sanitizer about absl::Mutex and its relatives.
//
// Debian's Abseil is not instrumented: the sanitizer sees no synchronisation in it and reports a
// race for every field that a mutex guards (33 in a test of four threads that has none). The linker
// option --wrap leads our calls to the functions of this file, which announce what happens and call
// the real ones. Between the "pre" and the "post" of an announcement the sanitizer ignores memory
// accesses, which also covers the conditions that Abseil evaluates on behalf of other threads.
//
// Await and LockWhen are announced as exclusive; nothing of ours awaits under a reader lock.
#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

// Declares both sides of a wrapped function: Real_##name is Abseil's, Wrap_##name is ours. Its
// mangled name is "_Z", N or NK (for a const method), Abseil's namespaces (which the build knows)
// and `symbol`. The build finds the names for the linker's options by reading the uses below.
#define LEASEHOLD_WRAP(result, name, kind, symbol, ...)                                       \
  result Real_##name(__VA_ARGS__) __asm__("__real__Z" #kind LEASEHOLD_ABSL_NAMESPACE symbol); \
  result Wrap_##name(__VA_ARGS__) __asm__("__wrap__Z" #kind LEASEHOLD_ABSL_NAMESPACE symbol)

namespace leasehold {
namespace {

using absl::BlockingCounter;
using absl::Condition;
using absl::CondVar;
using absl::Duration;
using absl::Mutex;
using absl::Notification;
using absl::Time;

constexpr unsigned kWrite = 0;
constexpr unsigned kRead = __tsan_mutex_read_lock;

template <typename Lock>
void Locking(Mutex* mu, unsigned flags, Lock lock) {
  __tsan_mutex_pre_lock(mu, flags);
  lock();
  __tsan_mutex_post_lock(mu, flags, 0);
}

// For a TryLock, or a LockWhen that may end without its condition but with the lock.
template <typename Try>
bool Trying(Mutex* mu, unsigned flags, Try try_lock) {
  flags |= __tsan_mutex_try_lock;
  __tsan_mutex_pre_lock(mu, flags);
  const bool locked = try_lock();
  __tsan_mutex_post_lock(mu, locked ? flags : flags | __tsan_mutex_try_lock_failed, 0);
  return locked;
}

template <typename Unlock>
void Unlocking(Mutex* mu, unsigned flags, Unlock unlock) {
  __tsan_mutex_pre_unlock(mu, flags);
  unlock();
  __tsan_mutex_post_unlock(mu, flags);
}

// Gives the lock up, waits, and has it again.
template <typename Wait>
auto Waiting(Mutex* mu, Wait wait) {
  Unlocking(mu, kWrite, [] {});
  __tsan_mutex_pre_lock(mu, kWrite);
  struct Relocked {
    Mutex* mu;
    ~Relocked() { __tsan_mutex_post_lock(mu, kWrite, 0); }
  } relocked{mu};
  return wait();
}

}  // namespace

LEASEHOLD_WRAP(void, Destroy, N, "5MutexD1Ev", Mutex*);
LEASEHOLD_WRAP(void, Lock, N, "5Mutex4LockEv", Mutex*);
LEASEHOLD_WRAP(void, Unlock, N, "5Mutex6UnlockEv", Mutex*);
LEASEHOLD_WRAP(bool, TryLock, N, "5Mutex7TryLockEv", Mutex*);
LEASEHOLD_WRAP(void, ReaderLock, N, "5Mutex10ReaderLockEv", Mutex*);
LEASEHOLD_WRAP(void, ReaderUnlock, N, "5Mutex12ReaderUnlockEv", Mutex*);
LEASEHOLD_WRAP(bool, ReaderTryLock, N, "5Mutex13ReaderTryLockEv", Mutex*);
LEASEHOLD_WRAP(void, LockWhen, N, "5Mutex8LockWhenERKNS0_9ConditionE", Mutex*, const Condition&);
LEASEHOLD_WRAP(bool, LockWhenTimeout, N,
               "5Mutex19LockWhenWithTimeoutERKNS0_9ConditionENS0_8DurationE", Mutex*,
               const Condition&, Duration);
LEASEHOLD_WRAP(bool, LockWhenDeadline, N,
               "5Mutex20LockWhenWithDeadlineERKNS0_9ConditionENS0_4TimeE", Mutex*, const Condition&,
               Time);
LEASEHOLD_WRAP(void, ReaderLockWhen, N, "5Mutex14ReaderLockWhenERKNS0_9ConditionE", Mutex*,
               const Condition&);
LEASEHOLD_WRAP(void, Await, N, "5Mutex5AwaitERKNS0_9ConditionE", Mutex*, const Condition&);
LEASEHOLD_WRAP(bool, AwaitTimeout, N, "5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE",
               Mutex*, const Condition&, Duration);
LEASEHOLD_WRAP(bool, AwaitDeadline, N, "5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE",
               Mutex*, const Condition&, Time);
LEASEHOLD_WRAP(void, CondVarWait, N, "7CondVar4WaitEPNS0_5MutexE", CondVar*, Mutex*);
LEASEHOLD_WRAP(bool, CondVarTimeout, N, "7CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE",
               CondVar*, Mutex*, Duration);
LEASEHOLD_WRAP(bool, CondVarDeadline, N, "7CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE",
               CondVar*, Mutex*, Time);
LEASEHOLD_WRAP(void, Notify, N, "12Notification6NotifyEv", Notification*);
LEASEHOLD_WRAP(void, NotifyWait, NK, "12Notification19WaitForNotificationEv", const Notification*);
LEASEHOLD_WRAP(bool, NotifyTimeout, NK,
               "12Notification30WaitForNotificationWithTimeoutENS0_8DurationE", const Notification*,
               Duration);
LEASEHOLD_WRAP(bool, NotifyDeadline, NK,
               "12Notification31WaitForNotificationWithDeadlineENS0_4TimeE", const Notification*,
               Time);
LEASEHOLD_WRAP(bool, Count, N, "15BlockingCounter14DecrementCountEv", BlockingCounter*);
LEASEHOLD_WRAP(void, CountWait, N, "15BlockingCounter4WaitEv", BlockingCounter*);

void Wrap_Destroy(Mutex* mu) {
  Real_Destroy(mu);
  __tsan_mutex_destroy(mu, 0);
}

void Wrap_Lock(Mutex* mu) {
  Locking(mu, kWrite, [&] { Real_Lock(mu); });
}
void Wrap_Unlock(Mutex* mu) {
  Unlocking(mu, kWrite, [&] { Real_Unlock(mu); });
}
bool Wrap_TryLock(Mutex* mu) {
  return Trying(mu, kWrite, [&] { return Real_TryLock(mu); });
}
void Wrap_ReaderLock(Mutex* mu) {
  Locking(mu, kRead, [&] { Real_ReaderLock(mu); });
}
void Wrap_ReaderUnlock(Mutex* mu) {
  Unlocking(mu, kRead, [&] { Real_ReaderUnlock(mu); });
}
bool Wrap_ReaderTryLock(Mutex* mu) {
  return Trying(mu, kRead, [&] { return Real_ReaderTryLock(mu); });
}

void Wrap_LockWhen(Mutex* mu, const Condition& condition) {
  Locking(mu, kWrite, [&] { Real_LockWhen(mu, condition); });
}
void Wrap_ReaderLockWhen(Mutex* mu, const Condition& condition) {
  Locking(mu, kRead, [&] { Real_ReaderLockWhen(mu, condition); });
}
bool Wrap_LockWhenTimeout(Mutex* mu, const Condition& condition, Duration timeout) {
  bool met = false;
  Locking(mu, kWrite, [&] { met = Real_LockWhenTimeout(mu, condition, timeout); });
  return met;
}
bool Wrap_LockWhenDeadline(Mutex* mu, const Condition& condition, Time deadline) {
  bool met = false;
  Locking(mu, kWrite, [&] { met = Real_LockWhenDeadline(mu, condition, deadline); });
  return met;
}

void Wrap_Await(Mutex* mu, const Condition& condition) {
  Waiting(mu, [&] { Real_Await(mu, condition); });
}
bool Wrap_AwaitTimeout(Mutex* mu, const Condition& condition, Duration timeout) {
  return Waiting(mu, [&] { return Real_AwaitTimeout(mu, condition, timeout); });
}
bool Wrap_AwaitDeadline(Mutex* mu, const Condition& condition, Time deadline) {
  return Waiting(mu, [&] { return Real_AwaitDeadline(mu, condition, deadline); });
}

void Wrap_CondVarWait(CondVar* cv, Mutex* mu) {
  Waiting(mu, [&] { Real_CondVarWait(cv, mu); });
}
bool Wrap_CondVarTimeout(CondVar* cv, Mutex* mu, Duration timeout) {
  return Waiting(mu, [&] { return Real_CondVarTimeout(cv, mu, timeout); });
}
bool Wrap_CondVarDeadline(CondVar* cv, Mutex* mu, Time deadline) {
  return Waiting(mu, [&] { return Real_CondVarDeadline(cv, mu, deadline); });
}

// The flag of a Notification, which HasBeenNotified() reads in an instrumented header. It comes
// after the mutex, and is where both kinds of reader look for what Notify() published.
void* FlagOf(const Notification* notification) {
  static_assert(sizeof(Notification) == 2 * sizeof(Mutex));
  return const_cast<char*>(reinterpret_cast<const char*>(notification)) + sizeof(Mutex);
}
void Wrap_Notify(Notification* notification) {
  __tsan_release(FlagOf(notification));
  Real_Notify(notification);
}
void Wrap_NotifyWait(const Notification* notification) {
  Real_NotifyWait(notification);
  __tsan_acquire(FlagOf(notification));
}
bool Wrap_NotifyTimeout(const Notification* notification, Duration timeout) {
  const bool notified = Real_NotifyTimeout(notification, timeout);
  if (notified) __tsan_acquire(FlagOf(notification));
  return notified;
}
bool Wrap_NotifyDeadline(const Notification* notification, Time deadline) {
  const bool notified = Real_NotifyDeadline(notification, deadline);
  if (notified) __tsan_acquire(FlagOf(notification));
  return notified;
}

bool Wrap_Count(BlockingCounter* counter) {
  __tsan_release(counter);
  return Real_Count(counter);
}
void Wrap_CountWait(BlockingCounter* counter) {
  Real_CountWait(counter);
  __tsan_acquire(counter);
}

}  // namespace leasehold
