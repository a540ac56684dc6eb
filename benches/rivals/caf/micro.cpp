// Ping Pong, Counting Actor, both Fork-Joins, Thread Ring: one mechanism of the runtime each.

#include <atomic>

#include "savina.hpp"

namespace savina {
namespace {

using namespace caf;

using next_atom = atom_constant<atom("next")>;
using ping_atom = atom_constant<atom("ping")>;
using pong_atom = atom_constant<atom("pong")>;
using stop_atom = atom_constant<atom("stop")>;
using increment_atom = atom_constant<atom("increment")>;
using retrieve_atom = atom_constant<atom("retrieve")>;
using work_atom = atom_constant<atom("work")>;
using exit_atom = atom_constant<atom("exit")>;

struct counted {
  uint64_t count = 0;
};

behavior pong(stateful_actor<counted>* self, uint64_t* answer) {
  return {
    [=](ping_atom) {
      ++self->state.count;
      return pong_atom::value;
    },
    [=](stop_atom) {
      *answer = self->state.count;
      self->quit();
    },
  };
}

struct pings_left {
  int64_t left = 0;
};

behavior ping(stateful_actor<pings_left>* self, int64_t pings, const actor& pong) {
  self->state.left = pings;
  return {
    [=](next_atom) {
      --self->state.left;
      self->send(pong, ping_atom::value);
    },
    [=](pong_atom) {
      if (self->state.left > 0) {
        self->send(self, next_atom::value);
      } else {
        self->send(pong, stop_atom::value);
        self->quit();
      }
    },
  };
}

behavior counter(stateful_actor<counted>* self) {
  return {
    [=](increment_atom) { ++self->state.count; },
    [=](retrieve_atom) {
      self->quit();
      return self->state.count;
    },
  };
}

behavior producer(event_based_actor* self, int64_t increments, const actor& counter, uint64_t* answer) {
  for (; increments > 0; --increments)
    self->send(counter, increment_atom::value);
  self->send(counter, retrieve_atom::value);
  return {
    [=](uint64_t count) {
      *answer = count;
      self->quit();
    },
  };
}

// Ends after so many messages.
behavior worker(stateful_actor<counted>* self, uint64_t messages, std::atomic<uint64_t>* handled) {
  return {
    [=](work_atom) {
      sine();
      if (++self->state.count == messages) {
        *handled += messages;
        self->quit();
      }
    },
  };
}

struct ring_state {
  actor next;
  uint64_t handled = 0;
};

behavior node(stateful_actor<ring_state>* self, int64_t actors, bool is_last, std::atomic<uint64_t>* handled) {
  return {
    [=](next_atom, const actor& next) { self->state.next = next; },
    [=](ping_atom, int64_t left) {
      ++self->state.handled;
      if (left > 0) {
        self->send(self->state.next, ping_atom::value, left - 1);
      } else {
        check(is_last, "the ping ends elsewhere than the number of hops says");
        self->send(self->state.next, exit_atom::value, actors);
      }
    },
    [=](exit_atom, int64_t left) {
      if (left > 1)
        self->send(self->state.next, exit_atom::value, left - 1);
      *handled += self->state.handled;
      self->quit();
    },
  };
}

} // namespace

// Message delivery with one message in flight. Between an answer and the next ping, Ping sends itself a message.
answer pingpong(actor_system& system, const parameters& given) {
  uint64_t answer = 0;
  anon_send(system.spawn(ping, given["pings"], system.spawn(pong, &answer)), next_atom::value);
  system.await_all_actors_done();
  return answer;
}

// One sender floods one mailbox.
answer count(actor_system& system, const parameters& given) {
  uint64_t answer = 0;
  system.spawn(producer, given["increments"], system.spawn(counter), &answer);
  system.await_all_actors_done();
  return answer;
}

// Messages to many actors, in turn; each has a short computation for each of them.
answer fjthrput(actor_system& system, const parameters& given) {
  std::atomic<uint64_t> handled{0};
  auto messages = given["messages"];
  std::vector<actor> actors;
  for (auto i = given["actors"]; i > 0; --i)
    actors.push_back(system.spawn<lazy_init>(worker, static_cast<uint64_t>(messages), &handled));
  for (; messages > 0; --messages)
    for (auto& actor : actors)
      anon_send(actor, work_atom::value);
  system.await_all_actors_done();
  return handled.load();
}

// Actors that handle one message and end.
answer fjcreate(actor_system& system, const parameters& given) {
  std::atomic<uint64_t> ran{0};
  for (auto i = given["actors"]; i > 0; --i)
    anon_send(system.spawn<lazy_init>(worker, 1ull, &ran), work_atom::value);
  system.await_all_actors_done();
  return ran.load();
}

// Delivery and scheduling of a long chain without parallelism.
answer threadring(actor_system& system, const parameters& given) {
  std::atomic<uint64_t> handled{0};
  auto actors = given["actors"], last = given["hops"] % actors;
  auto first = system.spawn<lazy_init>(node, actors, last == 0, &handled);
  auto before = first;
  for (int64_t i = 1; i < actors; ++i) {
    auto next = system.spawn<lazy_init>(node, actors, last == i, &handled);
    anon_send(before, next_atom::value, next);
    before = next;
  }
  anon_send(before, next_atom::value, first);
  anon_send(first, ping_atom::value, given["hops"]);
  before = first = nullptr;
  system.await_all_actors_done();
  return handled.load();
}

} // namespace savina
