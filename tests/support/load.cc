#include "tests/support/load.h"

#include <catch2/catch.hpp>

#include "tests/support/load_client.h"

namespace leasehold {

Load::Load(Installation& installation, const std::vector<std::string>& agents, uint64_t seed)
    : installation_(installation) {
  for (const std::string& agent : agents) {
    clients_.push_back(std::make_unique<LoadClient>(installation, agent, seed + clients_.size()));
  }
}

Load::~Load() {
  Stop();
  Join();
}

void Load::Start() {
  {
    absl::MutexLock lock(&mu_);
    answers_ = 0;
    running_ = clients_.size();
    stop_ = false;
  }
  for (auto& client : clients_) {
    client->Connect();
    threads_.emplace_back([this, client = client.get()] { Work(*client); });
  }
}

void Load::Work(LoadClient& client) {
  const auto going_on = [this] {
    absl::MutexLock lock(&mu_);
    return !stop_;
  };
  while (going_on() && client.Step()) {
    absl::MutexLock lock(&mu_);
    ++answers_;
  }
  absl::MutexLock lock(&mu_);
  --running_;
}

uint64_t Load::answers() const {
  absl::MutexLock lock(&mu_);
  return answers_;
}

void Load::AwaitAnswers(uint64_t count) {
  const auto enough = [this, count]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return answers_ >= count || running_ == 0;
  };
  absl::MutexLock lock(&mu_);
  mu_.Await(absl::Condition(&enough));
}

void Load::Stop() {
  absl::MutexLock lock(&mu_);
  stop_ = true;
}

void Load::Join() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

std::vector<std::string> Load::Examine() {
  for (auto& client : clients_) client->Repeat();
  const std::vector<v1::LedgerEntry> ledger = EntriesOf(installation_.Operator());
  for (size_t i = 0; i < ledger.size(); ++i) REQUIRE(ledger[i].index() == i);
  std::vector<std::string> complaints;
  for (auto& client : clients_) {
    client->Check(ledger);
    complaints.insert(complaints.end(), client->complaints().begin(), client->complaints().end());
  }
  return complaints;
}

void Load::Check() {
  const std::vector<std::string> complaints = Examine();
  CAPTURE(complaints);
  CHECK(complaints.empty());
}

}  // namespace leasehold
