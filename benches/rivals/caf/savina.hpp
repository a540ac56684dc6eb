// What all programs share: parameters and answers, the suite's random numbers, work of a known amount.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <variant>

#include "caf/all.hpp"

namespace savina {

using answer = std::variant<uint64_t, double>;

// What a benchmark asks, by name.
class parameters {
public:
  int64_t operator[](const char* name) const { return values_.at(name); }
  void set(const std::string& name, int64_t value) { values_[name] = value; }
  bool has(const std::string& name) const { return values_.count(name) != 0; }
  size_t size() const { return values_.size(); }

private:
  std::map<std::string, int64_t> values_;
};

// A program returns when the answer is there and every actor that it spawned has ended.
using program = answer(caf::actor_system&, const parameters&);

program pingpong, count, fjthrput, fjcreate, threadring;    // micro.cpp
program chameneos, big;                                     // crowds.cpp
program concdict, philosopher;                              // servers.cpp
program bndbuffer, barber;                                  // queues.cpp
program logmap, banking;                                    // requests.cpp
program uct, fib;                                           // trees.cpp
program astar, nqueenk;                                     // searches.cpp

// Begins to count the time again, before the first actor starts: what a program searches was there before.
void inputs_are_there();

// Ends the process if what must hold at this point does not.
inline void check(bool holds, const char* sentence) {
  if (!holds) {
    std::fprintf(stderr, "%s\n", sentence);
    std::_Exit(1);
  }
}

// The suite's own random numbers, of 16 bits, which decide its inputs and so its answers.
class generator {
public:
  explicit generator(uint64_t seed = 74755) : value_(seed) {}

  // The suite's nextInt(): 0 to 65,535.
  int64_t whole() {
    value_ = (value_ * 1309 + 13849) & 0xffff;
    return static_cast<int64_t>(value_);
  }

  // The suite's nextInt(bound).
  int64_t below(int64_t bound) { return whole() % bound; }

  // The suite's nextDouble(): in (0, 1], far from uniform.
  double real() { return 1.0 / static_cast<double>(whole() + 1); }

private:
  uint64_t value_;
};

// java.util.Random, as its documentation defines it.
class java_random {
public:
  explicit java_random(uint64_t seed) : state_((seed ^ multiplier) & mask) {}

  // nextInt(): any 32 bits.
  int32_t any() { return next(32); }

  // nextInt(bound), of a bound that is no power of two.
  int32_t below(int32_t bound) {
    for (;;) {
      int64_t bits = next(31);
      int64_t value = bits % bound;
      // Drops what would favour the small ones; in the original, by an overflow of 32 bits.
      if (bits - value + (bound - 1) <= INT32_MAX)
        return static_cast<int32_t>(value);
    }
  }

  // nextBoolean().
  bool coin() { return next(1) != 0; }

private:
  static constexpr uint64_t multiplier = 0x5DEECE66D;
  static constexpr uint64_t mask = (1ull << 48) - 1;

  int32_t next(int bits) {
    state_ = (state_ * multiplier + 0xb) & mask;
    return static_cast<int32_t>(state_ >> (48 - bits));
  }

  uint64_t state_;
};

// What the optimiser must take for read and changed.
template <class T>
void conceal(T& value) {
  asm volatile("" : "+m"(value));
}

// Rounds of a 32-bit xorshift, the same on every system.
inline void busy(int64_t rounds) {
  uint32_t state = 0x9e3779b9;
  conceal(state);
  for (; rounds > 0; --rounds) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
  }
  conceal(state);
}

// What the fork-join benchmarks compute for each message.
inline void sine() {
  double angle = 37.2;
  conceal(angle);
  double sine = std::sin(angle);
  sine *= sine;
  conceal(sine);
}

} // namespace savina
