%% The suite's own random numbers, of 16 bits, which decide its inputs and so its answers. The state is the last number.
-module(generator).

-export([default/0, whole/1, real/1]).

%% The default seed.
default() -> 74755.

%% The suite's nextInt(): 0 to 65,535.
whole(State) -> (State * 1309 + 13849) band 16#ffff.

%% The suite's nextDouble(), of a whole number: in (0, 1], far from uniform.
real(Whole) -> 1 / (Whole + 1).
