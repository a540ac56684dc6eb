%% Fork-Join (actor creation): actors that handle one message and end.
-module(fjcreate).

-export([run/1]).

run(#{actors := Actors}) ->
    Ended = tally:expecting(Actors),
    create(Actors, fun() -> work(Ended) end),
    tally:wait(Ended).

create(0, _) ->
    ok;
create(Left, Actor) ->
    spawn(Actor) ! work,
    create(Left - 1, Actor).

work(Ended) ->
    receive
        work ->
            work:sine(37.2),
            tally:arrive(Ended, 1)
    end.
