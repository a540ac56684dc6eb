// Runs the Savina benchmarks on CAF: event-based actors, which are spawned from functions and keep their state in a
// stateful_actor or in their handlers. A reply is what a handler returns, where the protocol has one.

#include <chrono>
#include <iostream>
#include <limits>
#include <vector>

#include "savina.hpp"

namespace savina {
namespace {

using clock = std::chrono::steady_clock;

clock::time_point began;

struct problem {
  program* run;
  std::vector<std::string> names;
};

const std::map<std::string, problem> problems{
  {"pingpong", {pingpong, {"pings"}}},
  {"count", {count, {"increments"}}},
  {"fjthrput", {fjthrput, {"actors", "messages"}}},
  {"fjcreate", {fjcreate, {"actors"}}},
  {"threadring", {threadring, {"actors", "hops"}}},
  {"chameneos", {chameneos, {"creatures", "meetings"}}},
  {"big", {big, {"actors", "pings"}}},
  {"concdict", {concdict, {"workers", "requests", "writes"}}},
  {"bndbuffer", {bndbuffer, {"capacity", "producers", "consumers", "items", "cost"}}},
  {"philosopher", {philosopher, {"philosophers", "rounds"}}},
  {"barber", {barber, {"customers", "room", "arrival", "haircut"}}},
  {"logmap", {logmap, {"terms", "series"}}},
  {"banking", {banking, {"accounts", "transactions"}}},
  {"uct", {uct, {"nodes", "children", "work"}}},
  {"astar", {astar, {"workers", "side", "cutoff", "work"}}},
  {"nqueenk", {nqueenk, {"size", "threshold", "workers"}}},
  {"fib", {fib, {"n"}}},
};

[[noreturn]] void fail(int status, const std::string& sentence) {
  std::cerr << sentence << std::endl;
  std::exit(status);
}

int64_t number(const std::string& argument, const std::string& name) {
  auto text = argument.substr(0, name.size() + 1) == name + "=" ? argument.substr(name.size() + 1) : "";
  char* end = nullptr;
  auto value = std::strtoll(text.c_str(), &end, 10);
  if (text.empty() || *end != 0 || value < 0)
    fail(2, name + "=NUMBER is expected, not '" + argument + "'");
  return value;
}

// A value for each of the names, and no other.
parameters parse(char** arguments, const std::vector<std::string>& names) {
  parameters values;
  for (; *arguments != nullptr; ++arguments) {
    std::string argument = *arguments;
    auto name = argument.substr(0, argument.find('='));
    values.set(name, number(argument, name));
  }
  for (auto& name : names)
    if (!values.has(name))
      fail(2, name + "=... is missing");
  if (values.size() > names.size())
    fail(2, "there are parameters that this problem does not have");
  return values;
}

void run(int count, char** arguments) {
  if (count < 4)
    fail(2, "usage: savina PROBLEM workers=N rounds=R KEY=VALUE...");
  auto found = problems.find(arguments[1]);
  if (found == problems.end())
    fail(3, std::string("there is no program for ") + arguments[1] + " on CAF");
  auto& [program, names] = found->second;
  // These two come first, for a problem may have parameters of the same names.
  auto workers = number(arguments[2], "workers"), rounds = number(arguments[3], "rounds");
  auto values = parse(arguments + 4, names);

  caf::actor_system_config config;
  config.set("scheduler.max-threads", static_cast<size_t>(workers));
  caf::actor_system system{config};
  answer result;
  std::chrono::duration<double> elapsed{};
  for (; rounds > 0; --rounds) {
    began = clock::now();
    result = program(system, values);
    elapsed = clock::now() - began;
  }
  std::cout.precision(std::numeric_limits<double>::max_digits10);
  std::cout << "{\"seconds\":" << std::fixed << elapsed.count() << std::defaultfloat << ",\"answer\":";
  std::visit([](auto value) { std::cout << value; }, result);
  std::cout << "}" << std::endl;
}

} // namespace

void inputs_are_there() { began = clock::now(); }

} // namespace savina

int main(int count, char** arguments) { savina::run(count, arguments); }
