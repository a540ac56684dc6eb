// Concurrent Dictionary, Dining Philosophers: many who ask one, and ask again when they are answered.

#include <atomic>
#include <unordered_map>
#include <vector>

#include "savina.hpp"

namespace savina {
namespace {

using namespace caf;

using read_atom = atom_constant<atom("read")>;
using write_atom = atom_constant<atom("write")>;
using hungry_atom = atom_constant<atom("hungry")>;
using done_atom = atom_constant<atom("done")>;
using exit_atom = atom_constant<atom("exit")>;

struct dictionary_state {
  std::unordered_map<int32_t, int32_t> entries;
  int64_t workers = 0;
};

behavior dictionary(stateful_actor<dictionary_state>* self, int64_t workers) {
  self->state.workers = workers;
  // The suite's room for entries.
  self->state.entries.reserve((1u << 31) / 4096);
  return {
    [=](read_atom, int32_t key) -> int32_t {
      auto found = self->state.entries.find(key);
      return found == self->state.entries.end() ? 0 : found->second;
    },
    [=](write_atom, int32_t key, int32_t value) {
      self->state.entries[key] = value;
      return value;
    },
    [=](exit_atom) {
      if (--self->state.workers == 0)
        self->quit();
    },
  };
}

struct client_state {
  java_random random{0};
  int64_t left = 0;
};

struct lookups {
  int64_t requests;
  int64_t writes;
  std::atomic<uint64_t> results{0};
};

behavior client(stateful_actor<client_state>* self, int64_t number, const actor& dictionary, lookups* lookups) {
  self->state.random = java_random(static_cast<uint64_t>(number + lookups->requests + lookups->writes));
  self->state.left = lookups->requests;
  auto ask = [=] {
    auto& random = self->state.random;
    if (random.below(100) < lookups->writes) {
      auto key = random.any();
      self->send(dictionary, write_atom::value, key, random.any());
    } else {
      self->send(dictionary, read_atom::value, random.any());
    }
  };
  ask();
  return {
    [=](int32_t) {
      if (--self->state.left > 0)
        return ask();
      lookups->results += static_cast<uint64_t>(lookups->requests);
      self->send(dictionary, exit_atom::value);
      self->quit();
    },
  };
}

struct forks {
  std::vector<bool> in_use;
  int64_t dining = 0;
};

// Answers whether the philosopher may eat.
behavior arbitrator(stateful_actor<forks>* self, int64_t philosophers) {
  self->state.in_use.resize(philosophers);
  self->state.dining = philosophers;
  return {
    [=](hungry_atom, int64_t left) {
      auto& in_use = self->state.in_use;
      auto right = (left + 1) % philosophers;
      if (in_use[left] || in_use[right])
        return false;
      in_use[left] = in_use[right] = true;
      return true;
    },
    [=](done_atom, int64_t left) {
      auto& in_use = self->state.in_use;
      auto right = (left + 1) % philosophers;
      check(in_use[left] && in_use[right], "a philosopher has eaten without forks");
      in_use[left] = in_use[right] = false;
    },
    [=](exit_atom) {
      if (--self->state.dining == 0)
        self->quit();
    },
  };
}

struct appetite {
  int64_t left = 0;
};

behavior philosopher_of(stateful_actor<appetite>* self, int64_t id, int64_t rounds, const actor& arbitrator,
                        std::atomic<uint64_t>* meals) {
  self->state.left = rounds;
  self->send(arbitrator, hungry_atom::value, id);
  return {
    [=](bool may_eat) {
      if (may_eat) {
        self->send(arbitrator, done_atom::value, id);
        if (--self->state.left == 0) {
          *meals += static_cast<uint64_t>(rounds);
          self->send(arbitrator, exit_atom::value);
          return self->quit();
        }
      }
      self->send(arbitrator, hungry_atom::value, id);
    },
  };
}

} // namespace

// Readers and writers of a map. Each waits for its answer before it asks again.
answer concdict(actor_system& system, const parameters& given) {
  lookups lookups{given["requests"], given["writes"]};
  auto map = system.spawn(dictionary, given["workers"]);
  for (int64_t i = 0; i < given["workers"]; ++i)
    system.spawn(client, i, map, &lookups);
  system.await_all_actors_done();
  return lookups.results.load();
}

// One arbitrates; who is refused asks again at once.
answer philosopher(actor_system& system, const parameters& given) {
  std::atomic<uint64_t> meals{0};
  auto table = system.spawn(arbitrator, given["philosophers"]);
  for (int64_t i = 0; i < given["philosophers"]; ++i)
    system.spawn(philosopher_of, i, given["rounds"], table, &meals);
  system.await_all_actors_done();
  return meals.load();
}

} // namespace savina
