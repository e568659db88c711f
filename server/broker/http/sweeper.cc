#include "server/broker/http/sweeper.h"

#include <boost/system/error_code.hpp>

namespace leasehold {

Sweeper::Swept::Swept(Sweeper* sweeper) : sweeper_(sweeper), place_(sweeper->swept_.size()) {
  sweeper_->swept_.push_back(this);
  sweeper_->Arm();
}

Sweeper::Swept::~Swept() {
  Swept* last = sweeper_->swept_.back();
  sweeper_->swept_[place_] = last;
  last->place_ = place_;
  sweeper_->swept_.pop_back();
}

void Sweeper::Arm() {
  if (armed_) return;
  armed_ = true;
  timer_.expires_after(kInterval);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) Tick();
  });
}

void Sweeper::Tick() {
  armed_ = false;
  const TimePoint now = std::chrono::steady_clock::now();
  for (Swept* swept : swept_) swept->Sweep(now);
  if (!swept_.empty()) Arm();
}

}  // namespace leasehold
