#ifndef LEASEHOLD_SERVER_BROKER_HTTP_SWEEPER_H_
#define LEASEHOLD_SERVER_BROKER_HTTP_SWEEPER_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <vector>

namespace leasehold {

// Looks at everything that has a time limit, every kSweepInterval: one timer for all connections
// instead of one armed and disarmed with every read and write. Limits are thus kept with that
// tolerance. Belongs to the broker's thread.
class Sweeper {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // Half of the 100 ms within which open streams must be cut: what is older than one sweep gets a
  // watch on its lease.
  static constexpr std::chrono::milliseconds kInterval{50};

  // Something with a time limit. Registered as long as it lives.
  class Swept {
   public:
    explicit Swept(Sweeper* sweeper);
    Swept(const Swept&) = delete;
    Swept& operator=(const Swept&) = delete;

    // May cancel operations, but must not make or destroy anything that is swept.
    virtual void Sweep(TimePoint now) = 0;

   protected:
    virtual ~Swept();

   private:
    friend class Sweeper;
    Sweeper* const sweeper_;
    size_t place_;
  };

  explicit Sweeper(boost::asio::io_context& io) : timer_(io) {}

  // Ends the sweeping for good.
  void Stop() { timer_.cancel(); }

  // Runs `visit` on everything that is registered.
  template <typename Visit>
  void ForEach(Visit visit) {
    for (Swept* swept : swept_) visit(swept);
  }

 private:
  void Arm();
  void Tick();

  boost::asio::steady_timer timer_;
  // The timer runs only while there is something to look at.
  bool armed_ = false;
  std::vector<Swept*> swept_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BROKER_HTTP_SWEEPER_H_
