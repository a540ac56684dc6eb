// A-Star Search, N-Queens: workers search, and give a master what is left to search, who hands it out in turn.

#include <array>
#include <deque>
#include <vector>

#include "grid.hpp"
#include "savina.hpp"

namespace savina {

// Columns of the queens in the first rows.
struct board {
  int8_t queens = 0;
  std::array<int8_t, 16> columns{};

  // Whether no queen attacks that column of the next row.
  bool is_safe(int column) const {
    for (int row = 0; row < queens; ++row) {
      auto apart = std::abs(columns[row] - column);
      if (apart == 0 || apart == queens - row)
        return false;
    }
    return true;
  }

  // Calls f with each board that has one queen more.
  template <class F>
  void successors(int size, F f) const {
    for (int column = 0; column < size; ++column) {
      if (is_safe(column)) {
        auto next = *this;
        next.columns[next.queens++] = static_cast<int8_t>(column);
        f(next);
      }
    }
  }
};

} // namespace savina

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(savina::board)

namespace savina {
namespace {

using namespace caf;

using search_atom = atom_constant<atom("search")>;
using solution_atom = atom_constant<atom("solution")>;
using done_atom = atom_constant<atom("done")>;
using found_atom = atom_constant<atom("found")>;
using exit_atom = atom_constant<atom("exit")>;

struct master_state {
  std::vector<actor> workers;
  uint64_t given = 0, done = 0, solutions = 0;
};

// Of either search, whose Work is what is handed out.
template <class Work>
behavior master(stateful_actor<master_state>* self, std::vector<actor> workers, Work first, uint64_t* answer) {
  self->state.workers = std::move(workers);
  auto hand_out = [=](Work work) {
    auto& state = self->state;
    self->send(state.workers[state.given++ % state.workers.size()], search_atom::value, work, actor{self});
  };
  auto finish = [=] {
    for (auto& worker : self->state.workers)
      self->send(worker, exit_atom::value);
    *answer = self->state.solutions;
    self->quit();
  };
  hand_out(first);
  return {
    [=](search_atom, const Work& work) { hand_out(work); },
    [=](solution_atom) { ++self->state.solutions; },
    [=](done_atom) {
      if (++self->state.done == self->state.given)
        finish();
    },
    [=](found_atom) { finish(); },
  };
}

// Expands so many nodes, breadth first, with busy work for each.
behavior explorer(event_based_actor* self, int64_t cutoff, int64_t work, grid* grid) {
  return {
    [=](search_atom, int32_t origin, const actor& master) {
      std::deque<int32_t> frontier{origin};
      for (auto left = cutoff; left > 0 && !frontier.empty(); --left) {
        auto node = frontier.front();
        frontier.pop_front();
        busy(work);
        auto goes_on = grid->all_neighbours(node, [&](int32_t neighbour) {
          if (!grid->claim(neighbour, node))
            return true;
          frontier.push_back(neighbour);
          return neighbour != grid->target();
        });
        if (!goes_on)
          return self->send(master, found_atom::value);
      }
      for (auto node : frontier)
        self->send(master, search_atom::value, node);
      self->send(master, done_atom::value);
    },
    [=](exit_atom) { self->quit(); },
  };
}

template <class F>
void solve(const board& from, int size, F& found) {
  if (from.queens == size)
    return found();
  from.successors(size, [&](const board& next) { solve(next, size, found); });
}

// Searches alone what has as many queens as the threshold says.
behavior placer(event_based_actor* self, int size, int threshold) {
  return {
    [=](search_atom, const board& from, const actor& master) {
      if (from.queens < std::min(threshold, size)) {
        from.successors(size, [&](const board& next) { self->send(master, search_atom::value, next); });
      } else {
        auto found = [&] { self->send(master, solution_atom::value); };
        solve(from, size, found);
      }
      self->send(master, done_atom::value);
    },
    [=](exit_atom) { self->quit(); },
  };
}

} // namespace

// A graph in shared memory, whose nodes the workers claim.
answer astar(actor_system& system, const parameters& given) {
  grid grid{static_cast<int32_t>(given["side"])};
  inputs_are_there();
  std::vector<actor> workers;
  for (auto i = given["workers"]; i > 0; --i)
    workers.push_back(system.spawn<lazy_init>(explorer, given["cutoff"], given["work"], &grid));
  uint64_t none = 0;
  system.spawn(master<int32_t>, std::move(workers), grid::origin, &none);
  system.await_all_actors_done();
  return static_cast<uint64_t>(grid.start_of_path());
}

// Divide and conquer, with one master for all solutions.
answer nqueenk(actor_system& system, const parameters& given) {
  auto size = static_cast<int>(given["size"]), threshold = static_cast<int>(given["threshold"]);
  std::vector<actor> workers;
  for (auto i = given["workers"]; i > 0; --i)
    workers.push_back(system.spawn<lazy_init>(placer, size, threshold));
  uint64_t solutions = 0;
  system.spawn(master<board>, std::move(workers), board{}, &solutions);
  system.await_all_actors_done();
  return solutions;
}

} // namespace savina
