// Unbalanced Cobwebbed Tree, Recursive Fibonacci Tree: every node is an actor.

#include <atomic>
#include <vector>

#include "savina.hpp"

namespace savina {
namespace {

using namespace caf;

using may_i_atom = atom_constant<atom("may_i")>;
using grant_atom = atom_constant<atom("grant")>;
using traverse_atom = atom_constant<atom("traverse")>;
using terminate_atom = atom_constant<atom("terminate")>;

// What every node knows.
struct tree {
  actor root;
  // The nodes that there may be, the children of one that has any, the mean work of a node.
  int64_t nodes, children, work;
  std::atomic<uint64_t> traversed{0};
};

struct node_state {
  std::vector<actor> children;
};

template <class Atom>
void tell(event_based_actor* self, const std::vector<actor>& nodes, Atom message) {
  for (auto& node : nodes)
    self->send(node, message);
}

std::vector<actor> grow(event_based_actor* self, int64_t work, tree* tree);

// Does a part of the work before it asks whether it may have children, the rest when the first wave comes.
behavior node(stateful_actor<node_state>* self, int64_t work, tree* tree) {
  busy(tree->work / 5);
  self->send(tree->root, may_i_atom::value, actor{self});
  return {
    [=](grant_atom, int64_t theirs) {
      check(self->state.children.empty(), "a node is granted children once");
      self->state.children = grow(self, theirs, tree);
    },
    [=](traverse_atom message) {
      ++tree->traversed;
      busy(work);
      tell(self, self->state.children, message);
    },
    [=](terminate_atom message) {
      tell(self, self->state.children, message);
      self->quit();
    },
  };
}

std::vector<actor> grow(event_based_actor* self, int64_t work, tree* tree) {
  std::vector<actor> children;
  children.reserve(tree->children);
  for (auto i = tree->children; i > 0; --i)
    children.push_back(self->spawn(node, work, tree));
  return children;
}

struct root_state {
  java_random random{2};
  int64_t size = 1;
  int64_t asked = 0;
  std::vector<actor> children;
};

// Sends both waves when all nodes have asked.
behavior root(stateful_actor<root_state>* self, tree* tree) {
  // The work of new nodes: even, with the deviation of the suite's normal distribution, a fifth of the mean.
  auto draw = [=] {
    self->state.size += tree->children;
    return tree->work * (654 + self->state.random.below(693)) / 1000;
  };
  tree->root = self;
  self->state.children = grow(self, draw(), tree);
  return {
    [=](may_i_atom, const actor& node) {
      auto& state = self->state;
      ++state.asked;
      if (state.size + tree->children <= tree->nodes && state.random.coin())
        self->send(node, grant_atom::value, draw());
      if (state.asked + 1 == state.size) {
        ++tree->traversed;
        tell(self, state.children, traverse_atom::value);
        tell(self, state.children, terminate_atom::value);
        self->quit();
      }
    },
  };
}

struct fib_state {
  uint64_t sum = 0;
  int replies = 0;
};

// Ends at once if it has no behaviour, of a number that needs no children.
behavior fib_of(stateful_actor<fib_state>* self, int64_t n, const actor& parent, uint64_t* answer) {
  auto reply = [=](uint64_t value) {
    if (parent)
      self->send(parent, value);
    else
      *answer = value;
  };
  if (n <= 2) {
    reply(1);
    return {};
  }
  self->spawn(fib_of, n - 1, actor{self}, answer);
  self->spawn(fib_of, n - 2, actor{self}, answer);
  return {
    [=](uint64_t value) {
      self->state.sum += value;
      if (++self->state.replies == 2) {
        reply(self->state.sum);
        self->quit();
      }
    },
  };
}

} // namespace

// It grows at random: each node asks the root whether it may have children. Then two waves go down: work, and the end.
answer uct(actor_system& system, const parameters& given) {
  tree tree{nullptr, given["nodes"], given["children"], given["work"]};
  system.spawn(root, &tree);
  system.await_all_actors_done();
  return tree.traversed.load();
}

// Creation and end of a deep tree. The request is what an actor starts with.
answer fib(actor_system& system, const parameters& given) {
  uint64_t answer = 0;
  system.spawn(fib_of, given["n"], actor{}, &answer);
  system.await_all_actors_done();
  return answer;
}

} // namespace savina
