// A grid of three dimensions as a graph, and who came to each of its nodes from where. Edges go from a node to some of
// those that are one further in one or two dimensions.
#pragma once

#include <algorithm>
#include <atomic>
#include <vector>

#include "savina.hpp"

namespace savina {

class grid {
public:
  static constexpr int32_t origin = 0;

  explicit grid(int32_t side) : side_(side), starts_{0}, parents_(side * side * side) {
    java_random random{123456};
    for (int32_t node = 0; node < side * side * side; ++node) {
      parents_[node] = nobody;
      connect(node, random);
      starts_.push_back(static_cast<int32_t>(edges_.size()));
    }
  }

  // Where the search leads: in each dimension, after four fifths of the way.
  int32_t target() const {
    auto along = side_ * 4 / 5;
    return (along * side_ + along) * side_ + along;
  }

  // Calls f for every neighbour until it returns false.
  template <class F>
  bool all_neighbours(int32_t node, F f) const {
    return std::all_of(edges_.begin() + starts_[node], edges_.begin() + starts_[node + 1], f);
  }

  // Whether the caller is the first who comes to this node. Relaxed: a claim says nothing of other memory.
  bool claim(int32_t node, int32_t parent) {
    auto expected = nobody;
    return parents_[node].compare_exchange_strong(expected, parent, std::memory_order_relaxed);
  }

  // Follows the parents from the target on.
  int32_t start_of_path() const {
    auto node = target();
    while (parents_[node] != nobody) {
      int32_t parent = parents_[node];
      auto is_other = [=](int32_t neighbour) { return neighbour != node; };
      check(!all_neighbours(parent, is_other), "a step of the path is no edge");
      node = parent;
    }
    return node;
  }

private:
  static constexpr int32_t nobody = -1;

  // Draws the neighbours of a node. One that has none so far gets the last of those that may be, unless that is the
  // node itself.
  void connect(int32_t node, java_random& random) {
    auto own = edges_.size();
    auto x = node / (side_ * side_), y = node / side_ % side_, z = node % side_;
    auto along = [=](int32_t at, int32_t step) { return std::min(at + (step & 1), side_ - 1); };
    // Bits 2, 1 and 0 say in which dimensions it is further. Not in none, and not in all.
    for (int32_t step = 1; step < 7; ++step) {
      auto is_wanted = (step == 6 && edges_.size() == own) || random.coin();
      auto to = (along(x, step >> 2) * side_ + along(y, step >> 1)) * side_ + along(z, step);
      if (is_wanted && to != node && std::find(edges_.begin() + own, edges_.end(), to) == edges_.end())
        edges_.push_back(to);
    }
  }

  int32_t side_;
  // Of each node, where its neighbours begin in edges_; and where the last one's end.
  std::vector<int32_t> starts_, edges_;
  std::vector<std::atomic<int32_t>> parents_;
};

} // namespace savina
