%% Work of a known amount, the same on every system. That the calls go to another module keeps the compiler from leaving
%% out what has no use.
-module(work).

-export([busy/1, sine/1]).

%% Rounds of a 32-bit xorshift.
busy(Rounds) -> busy(Rounds, 16#9e3779b9).

busy(0, State) ->
    State;
busy(Rounds, State) ->
    A = State bxor ((State bsl 13) band 16#FFFFFFFF),
    B = A bxor (A bsr 17),
    busy(Rounds - 1, B bxor ((B bsl 5) band 16#FFFFFFFF)).

%% What the fork-join benchmarks compute for each message.
sine(Angle) ->
    Sine = math:sin(Angle),
    Sine * Sine.
