// Chameneos, Big: contention on one mailbox; many to many.

#include <atomic>
#include <vector>

#include "savina.hpp"

namespace savina {
namespace {

using namespace caf;

using meet_atom = atom_constant<atom("meet")>;
using change_atom = atom_constant<atom("change")>;
using count_atom = atom_constant<atom("count")>;
using exit_atom = atom_constant<atom("exit")>;
using ping_atom = atom_constant<atom("ping")>;
using pong_atom = atom_constant<atom("pong")>;

struct creature_state {
  int32_t colour = 0;
  uint64_t count = 0;
};

// What both become: the same if they are the same, else the third.
int32_t complement(int32_t one, int32_t other) { return one == other ? one : 3 - one - other; }

behavior creature(stateful_actor<creature_state>* self, int32_t colour, const actor& mall) {
  self->state.colour = colour;
  self->send(mall, meet_atom::value, colour, actor{self});
  auto come_again = [=](int32_t colour) {
    self->state.colour = colour;
    ++self->state.count;
    self->send(mall, meet_atom::value, colour, actor{self});
  };
  return {
    [=](meet_atom, int32_t other, const actor& who) {
      auto both = complement(self->state.colour, other);
      self->send(who, change_atom::value, both);
      come_again(both);
    },
    [=](change_atom, int32_t both) { come_again(both); },
    [=](exit_atom) {
      self->send(mall, count_atom::value, self->state.count);
      self->quit();
    },
  };
}

struct mall_state {
  actor waiting;
  int64_t meetings = 0;
  int64_t creatures = 0;
  uint64_t sum = 0;
};

// Passes the second of two on to the first.
behavior mall(stateful_actor<mall_state>* self, int64_t creatures, int64_t meetings, uint64_t* answer) {
  self->state.creatures = creatures;
  self->state.meetings = meetings;
  return {
    [=](meet_atom, int32_t colour, const actor& who) {
      auto& state = self->state;
      if (state.meetings == 0) {
        self->send(who, exit_atom::value);
      } else if (!state.waiting) {
        state.waiting = who;
      } else {
        --state.meetings;
        self->send(state.waiting, meet_atom::value, colour, who);
        state.waiting = nullptr;
      }
    },
    [=](count_atom, uint64_t count) {
      self->state.sum += count;
      if (--self->state.creatures == 0) {
        *answer = self->state.sum;
        self->quit();
      }
    },
  };
}

struct big_state {
  generator random;
  int64_t left = 0;
  int64_t pinged = -1;
  uint64_t received = 0;
};

// The table is there before the first message is.
struct crowd {
  std::vector<actor> actors;
  std::atomic<uint64_t> received{0};
};

behavior player(stateful_actor<big_state>* self, int64_t id, int64_t pings, const actor& sink, crowd* crowd) {
  self->state.random = generator{static_cast<uint64_t>(id)};
  self->state.left = pings;
  return {
    [=](ping_atom, int64_t from) {
      ++self->state.received;
      self->send(crowd->actors[from], pong_atom::value, id);
    },
    [=](pong_atom, int64_t from) {
      auto& state = self->state;
      check(from == state.pinged, "a pong came from another than was pinged");
      if (state.left == 0) {
        self->send(sink, exit_atom::value);
        return;
      }
      --state.left;
      state.pinged = state.random.below(static_cast<int64_t>(crowd->actors.size()));
      self->send(crowd->actors[state.pinged], ping_atom::value, id);
    },
    [=](exit_atom) {
      crowd->received += self->state.received;
      self->quit();
    },
  };
}

struct sink_state {
  int64_t left = 0;
};

behavior sink(stateful_actor<sink_state>* self, int64_t actors, crowd* crowd) {
  self->state.left = actors;
  return {
    [=](exit_atom) {
      if (--self->state.left > 0)
        return;
      for (auto& actor : crowd->actors)
        self->send(actor, exit_atom::value);
      self->quit();
    },
  };
}

} // namespace

answer chameneos(actor_system& system, const parameters& given) {
  uint64_t answer = 0;
  auto place = system.spawn(mall, given["creatures"], given["meetings"], &answer);
  for (int32_t i = 0; i < given["creatures"]; ++i)
    system.spawn(creature, i % 3, place);
  place = nullptr;
  system.await_all_actors_done();
  return answer;
}

// Each actor pings one at random, waits for its pong, and answers who pings it meanwhile.
answer big(actor_system& system, const parameters& given) {
  crowd crowd;
  auto end = system.spawn<lazy_init>(sink, given["actors"], &crowd);
  for (int64_t i = 0; i < given["actors"]; ++i)
    crowd.actors.push_back(system.spawn<lazy_init>(player, i, given["pings"], end, &crowd));
  for (auto& actor : crowd.actors)
    anon_send(actor, pong_atom::value, int64_t{-1});
  system.await_all_actors_done();
  return crowd.received.load();
}

} // namespace savina
