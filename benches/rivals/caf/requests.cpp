// Logistic Map Series, Bank Transaction: requests in the middle of handling a message.
//
// An actor that waits keeps what comes meanwhile. await() does that as well, but puts the whole mailbox aside for each
// reply, which takes a time that grows with the square of a long one.

#include <deque>
#include <functional>
#include <vector>

#include "savina.hpp"

namespace savina {
namespace {

using namespace caf;

using next_atom = atom_constant<atom("next")>;
using get_atom = atom_constant<atom("get")>;
using compute_atom = atom_constant<atom("compute")>;
using credit_atom = atom_constant<atom("credit")>;
using debit_atom = atom_constant<atom("debit")>;
using done_atom = atom_constant<atom("done")>;

class stash {
public:
  // Now, or when the replies are there that are waited for before.
  template <class F>
  void in_turn(F handle) {
    if (waits_)
      kept_.emplace_back(std::move(handle));
    else
      handle();
  }

  void begin_to_wait() { waits_ = true; }

  void go_on() {
    waits_ = false;
    while (!waits_ && !kept_.empty()) {
      auto handle = std::move(kept_.front());
      kept_.pop_front();
      handle();
    }
  }

private:
  bool waits_ = false;
  std::deque<std::function<void()>> kept_;
};

behavior computer(event_based_actor*, double rate) {
  return {
    [=](compute_atom, double term) { return rate * term * (1.0 - term); },
  };
}

struct series_state {
  double term = 0;
  stash kept;
};

// Takes no other message until it has its next term.
behavior series(stateful_actor<series_state>* self, double start, const actor& computer, double* result) {
  self->state.term = start;
  auto next = [=] {
    self->state.kept.begin_to_wait();
    self->request(computer, infinite, compute_atom::value, self->state.term).then([=](double term) {
      self->state.term = term;
      self->state.kept.go_on();
    });
  };
  auto get = [=] {
    *result = self->state.term;
    self->quit();
  };
  return {
    [=](next_atom) { self->state.kept.in_turn(next); },
    [=](get_atom) { self->state.kept.in_turn(get); },
  };
}

struct account_state {
  int64_t balance = 0;
  stash kept;
};

// Takes no other message until the recipient has the money.
behavior account(stateful_actor<account_state>* self, const actor& teller, int64_t* balance) {
  auto pay = [=](int64_t amount, const actor& recipient) {
    self->state.balance -= amount;
    self->state.kept.begin_to_wait();
    self->request(recipient, infinite, debit_atom::value, amount).then([=](done_atom) {
      self->send(teller, done_atom::value);
      self->state.kept.go_on();
    });
  };
  return {
    [=](credit_atom, int64_t amount, const actor& recipient) {
      self->state.kept.in_turn([=] { pay(amount, recipient); });
    },
    [=](debit_atom, int64_t amount) {
      self->state.kept.in_turn([=, promise = self->make_response_promise()]() mutable {
        self->state.balance += amount;
        promise.deliver(done_atom::value);
      });
    },
    [=](get_atom) {
      *balance = self->state.balance;
      self->quit();
    },
  };
}

struct teller_state {
  std::vector<actor> accounts;
  int64_t left = 0;
};

behavior teller(stateful_actor<teller_state>* self, int64_t transactions, std::vector<int64_t>* balances) {
  auto& accounts = self->state.accounts;
  for (auto& balance : *balances)
    accounts.push_back(self->spawn<lazy_init>(account, actor{self}, &balance));
  auto count = static_cast<int64_t>(accounts.size());
  auto payers = std::max<int64_t>(count / 10 * 8, 1);
  generator random{123456};
  for (int64_t i = 0; i < transactions; ++i) {
    auto from = random.below(payers);
    auto to = from + std::max<int64_t>(random.below(count - from), 1);
    auto amount = static_cast<int64_t>(random.real() * 1e6);
    self->send(accounts[from], credit_atom::value, amount, accounts[to]);
  }
  self->state.left = transactions;
  return {
    [=](done_atom) {
      if (--self->state.left == 0) {
        for (auto& account : self->state.accounts)
          self->send(account, get_atom::value);
        self->quit();
      }
    },
  };
}

} // namespace

// Each series asks its computer for its next term.
answer logmap(actor_system& system, const parameters& given) {
  std::vector<double> results(given["series"]);
  std::vector<actor> workers;
  for (size_t i = 0; i < results.size(); ++i) {
    auto offset = static_cast<double>(i) * 0.0025;
    auto rate = 3.46 + offset;
    workers.push_back(system.spawn<lazy_init>(series, offset, system.spawn<lazy_init>(computer, rate), &results[i]));
  }
  for (auto i = given["terms"]; i > 0; --i)
    for (auto& worker : workers)
      anon_send(worker, next_atom::value);
  for (auto& worker : workers)
    anon_send(worker, get_atom::value);
  workers.clear();
  system.await_all_actors_done();
  double sum = 0;
  for (auto result : results)
    sum += result;
  return sum;
}

// Chains of waiting actors. Who receives has a higher number than who pays, so nobody waits in a circle.
answer banking(actor_system& system, const parameters& given) {
  std::vector<int64_t> balances(given["accounts"]);
  system.spawn(teller, given["transactions"], &balances);
  system.await_all_actors_done();
  // One number that tells balances apart.
  int64_t sum = 0, weighted = 0;
  for (size_t i = 0; i < balances.size(); ++i) {
    sum += balances[i];
    weighted += static_cast<int64_t>(i + 1) * balances[i];
  }
  check(sum == 0, "money was made or lost");
  return static_cast<uint64_t>(weighted);
}

} // namespace savina
