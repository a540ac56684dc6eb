// Producer-Consumer with a Bounded Buffer, Sleeping Barber: some wait in line.

#include <deque>

#include "savina.hpp"

namespace savina {
namespace {

using namespace caf;

using produce_atom = atom_constant<atom("produce")>;
using made_atom = atom_constant<atom("made")>;
using finished_atom = atom_constant<atom("finished")>;
using item_atom = atom_constant<atom("item")>;
using available_atom = atom_constant<atom("available")>;
using exit_atom = atom_constant<atom("exit")>;
using enter_atom = atom_constant<atom("enter")>;
using next_atom = atom_constant<atom("next")>;
using close_atom = atom_constant<atom("close")>;
using full_atom = atom_constant<atom("full")>;
using wait_atom = atom_constant<atom("wait")>;
using start_atom = atom_constant<atom("start")>;
using done_atom = atom_constant<atom("done")>;
using returned_atom = atom_constant<atom("returned")>;

// The work on an item, to make one from the last as well as to use one up.
double process(double item, int64_t cost) {
  generator random{static_cast<uint64_t>(cost)};
  for (auto i = 100 * cost; i > 0; --i)
    item += std::log(random.real() + 0.01);
  return item;
}

struct work_state {
  double item = 0;
  int64_t left = 0;
};

behavior producer(stateful_actor<work_state>* self, int64_t items, int64_t cost, const actor& manager) {
  self->state.left = items;
  return {
    [=](produce_atom) {
      auto& state = self->state;
      if (state.left-- == 0) {
        self->send(manager, finished_atom::value);
        return self->quit();
      }
      state.item = process(state.item, cost);
      self->send(manager, made_atom::value, state.item, actor{self});
    },
  };
}

behavior consumer(stateful_actor<work_state>* self, int64_t cost, const actor& manager) {
  return {
    [=](item_atom, double made) {
      self->state.item = process(self->state.item + made, cost);
      self->send(manager, available_atom::value, actor{self});
    },
    [=](exit_atom) { self->quit(); },
  };
}

// Items that wait for a consumer or else consumers that wait for an item, and producers that wait for room.
struct buffer {
  std::deque<double> items;
  std::deque<actor> producers, consumers;
  int64_t producing = 0;
  uint64_t consumed = 0;
};

behavior manager(stateful_actor<buffer>* self, const parameters& given, uint64_t* answer) {
  auto capacity = static_cast<size_t>(given["capacity"]), consumers = static_cast<size_t>(given["consumers"]);
  // Of the items that wait. Each producer may have another one on its way.
  auto limit = capacity - static_cast<size_t>(given["producers"]);
  auto cost = given["cost"];
  self->state.producing = given["producers"];
  while (self->state.consumers.size() < consumers)
    self->state.consumers.push_back(self->spawn<lazy_init>(consumer, cost, actor{self}));
  for (auto i = given["producers"]; i > 0; --i)
    self->send(self->spawn<lazy_init>(producer, given["items"], cost, actor{self}), produce_atom::value);
  auto end_if_over = [=] {
    if (self->state.producing > 0 || self->state.consumers.size() < consumers)
      return;
    for (auto& consumer : self->state.consumers)
      self->send(consumer, exit_atom::value);
    *answer = self->state.consumed;
    self->quit();
  };
  return {
    [=](made_atom, double item, const actor& producer) {
      auto& state = self->state;
      if (state.consumers.empty()) {
        state.items.push_back(item);
        check(state.items.size() <= capacity, "the buffer overflows");
      } else {
        self->send(state.consumers.front(), item_atom::value, item);
        state.consumers.pop_front();
      }
      if (state.items.size() < limit)
        self->send(producer, produce_atom::value);
      else
        state.producers.push_back(producer);
    },
    [=](available_atom, const actor& consumer) {
      auto& state = self->state;
      ++state.consumed;
      if (state.items.empty()) {
        state.consumers.push_back(consumer);
        return end_if_over();
      }
      self->send(consumer, item_atom::value, state.items.front());
      state.items.pop_front();
      if (!state.producers.empty()) {
        self->send(state.producers.front(), produce_atom::value);
        state.producers.pop_front();
      }
    },
    [=](finished_atom) {
      --self->state.producing;
      end_if_over();
    },
  };
}

struct customer_state {
  bool in_the_chair = false;
};

behavior customer(stateful_actor<customer_state>* self, const actor& factory) {
  return {
    [=](full_atom) { self->send(factory, returned_atom::value, actor{self}); },
    [=](wait_atom) { check(!self->state.in_the_chair, "who waits has not had a haircut"); },
    [=](start_atom) {
      check(!self->state.in_the_chair, "nobody has two haircuts");
      self->state.in_the_chair = true;
    },
    [=](done_atom) {
      check(self->state.in_the_chair, "a haircut is done after it was begun");
      self->send(factory, done_atom::value);
      self->quit();
    },
  };
}

struct room_state {
  std::deque<actor> waiting;
  bool barber_sleeps = true;
  bool is_closing = false;
};

behavior room(stateful_actor<room_state>* self, size_t seats, const actor& barber) {
  auto end_if_over = [=] {
    if (self->state.is_closing && self->state.barber_sleeps) {
      self->send(barber, exit_atom::value);
      self->quit();
    }
  };
  return {
    [=](enter_atom, const actor& customer) {
      auto& state = self->state;
      if (state.waiting.size() == seats)
        return self->send(customer, full_atom::value);
      state.waiting.push_back(customer);
      if (!state.barber_sleeps)
        return self->send(customer, wait_atom::value);
      state.barber_sleeps = false;
      self->send(self, next_atom::value);
    },
    [=](next_atom) {
      auto& state = self->state;
      if (!state.waiting.empty()) {
        self->send(barber, enter_atom::value, state.waiting.front(), actor{self});
        state.waiting.pop_front();
        return;
      }
      state.barber_sleeps = true;
      self->send(barber, wait_atom::value);
      end_if_over();
    },
    [=](close_atom) {
      check(self->state.waiting.empty(), "the room is closed while somebody waits");
      self->state.is_closing = true;
      end_if_over();
    },
  };
}

struct barber_state {
  generator random;
};

behavior cut(stateful_actor<barber_state>* self, int64_t haircut) {
  return {
    [=](enter_atom, const actor& customer, const actor& room) {
      self->send(customer, start_atom::value);
      busy(self->state.random.below(haircut) + 10);
      self->send(customer, done_atom::value);
      self->send(room, next_atom::value);
    },
    [=](wait_atom) {},
    [=](exit_atom) { self->quit(); },
  };
}

struct factory_state {
  uint64_t done = 0;
};

// Makes all customers, and has no time for anything else until then.
behavior factory(stateful_actor<factory_state>* self, uint64_t customers, int64_t arrival, const actor& room,
                 uint64_t* answer) {
  generator random;
  for (auto i = customers; i > 0; --i) {
    self->send(room, enter_atom::value, self->spawn<lazy_init>(customer, actor{self}));
    busy(random.below(arrival) + 10);
  }
  return {
    [=](returned_atom, const actor& customer) { self->send(room, enter_atom::value, customer); },
    [=](done_atom) {
      if (++self->state.done == customers) {
        self->send(room, close_atom::value);
        *answer = customers;
        self->quit();
      }
    },
  };
}

} // namespace

// A manager says when a producer may make the next item.
answer bndbuffer(actor_system& system, const parameters& given) {
  uint64_t answer = 0;
  system.spawn(manager, given, &answer);
  system.await_all_actors_done();
  return answer;
}

// A queue with refusals, in front of one who serves. Who finds no room is sent in again.
answer barber(actor_system& system, const parameters& given) {
  uint64_t answer = 0;
  auto place = system.spawn(room, static_cast<size_t>(given["room"]), system.spawn(cut, given["haircut"]));
  system.spawn(factory, static_cast<uint64_t>(given["customers"]), given["arrival"], place, &answer);
  system.await_all_actors_done();
  return answer;
}

} // namespace savina
