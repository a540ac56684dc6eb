%% Dining Philosophers: one arbitrates; who is refused asks again at once.
-module(philosopher).

-export([run/1]).

run(#{philosophers := Philosophers, rounds := Rounds}) ->
    Dining = tally:expecting(Philosophers),
    Ended = tally:expecting(1),
    Arbitrator = spawn(fun() -> arbitrate(#{}, Philosophers, Ended) end),
    [spawn(fun() -> dine(Rounds, Rounds, Id, Arbitrator, Dining) end) || Id <- lists:seq(0, Philosophers - 1)],
    Meals = tally:wait(Dining),
    Arbitrator ! exit,
    tally:wait(Ended),
    Meals.

dine(0, Rounds, _, _, Dining) ->
    tally:arrive(Dining, Rounds);
dine(Left, Rounds, Id, Arbitrator, Dining) ->
    Arbitrator ! {hungry, Id, self()},
    receive
        eat ->
            Arbitrator ! {done, Id},
            dine(Left - 1, Rounds, Id, Arbitrator, Dining);
        denied ->
            dine(Left, Rounds, Id, Arbitrator, Dining)
    end.

%% Forks in use are keys of a map.
arbitrate(InUse, Philosophers, Ended) ->
    receive
        {hungry, Left, From} ->
            Right = (Left + 1) rem Philosophers,
            case is_map_key(Left, InUse) orelse is_map_key(Right, InUse) of
                true ->
                    From ! denied,
                    arbitrate(InUse, Philosophers, Ended);
                false ->
                    From ! eat,
                    arbitrate(InUse#{Left => true, Right => true}, Philosophers, Ended)
            end;
        {done, Left} ->
            {true, Others} = maps:take(Left, InUse),
            {true, Free} = maps:take((Left + 1) rem Philosophers, Others),
            arbitrate(Free, Philosophers, Ended);
        exit ->
            tally:arrive(Ended)
    end.
