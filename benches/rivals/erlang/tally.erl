%% How the process that waits learns that all others are at their end, and what they saw in total: as on the other
%% systems, by an atomic addition for each of them.
-module(tally).

-export([expecting/1, arrive/1, arrive/2, wait/1]).

-define(ARRIVALS, 1).
-define(SUM, 2).

expecting(Arrivals) -> {atomics:new(2, []), Arrivals, self()}.

%% The last thing that a process does.
arrive({Counters, Expected, Waiting}) ->
    case atomics:add_get(Counters, ?ARRIVALS, 1) of
        Expected -> Waiting ! {complete, Counters};
        _ -> ok
    end.

arrive({Counters, _, _} = Tally, Amount) ->
    atomics:add(Counters, ?SUM, Amount),
    arrive(Tally).

%% The sum of the amounts.
wait({Counters, _, _}) ->
    receive
        {complete, Counters} -> atomics:get(Counters, ?SUM)
    end.
