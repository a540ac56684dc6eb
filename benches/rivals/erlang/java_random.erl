%% java.util.Random, as its documentation defines it: the state is a number of 48 bits.
-module(java_random).

-export([new/1, int/1, below/2, coin/1]).

-define(MULTIPLIER, 16#5DEECE66D).
-define(MASK, 16#FFFFFFFFFFFF).

new(Seed) -> (Seed bxor ?MULTIPLIER) band ?MASK.

%% nextInt(): any 32 bits.
int(State) ->
    Next = next(State),
    <<Signed:32/signed>> = <<(Next bsr 16):32>>,
    {Signed, Next}.

%% nextInt(Bound), of a bound that is no power of two.
below(Bound, State) ->
    Next = next(State),
    Bits = Next bsr 17,
    Value = Bits rem Bound,
    %% Drops what would favour the small ones; in the original, by an overflow of 32 bits.
    case Bits - Value + (Bound - 1) < 16#80000000 of
        true -> {Value, Next};
        false -> below(Bound, Next)
    end.

%% nextBoolean().
coin(State) ->
    Next = next(State),
    {Next bsr 47 =:= 1, Next}.

%% In two halves, for the whole product would be no small integer.
next(State) ->
    High = ((State bsr 24) * ?MULTIPLIER) band 16#FFFFFF,
    Low = (State band 16#FFFFFF) * ?MULTIPLIER,
    ((High bsl 24) + Low + 16#b) band ?MASK.
