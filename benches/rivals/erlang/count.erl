%% Counting Actor: one sender floods one mailbox.
-module(count).

-export([run/1]).

run(#{increments := Increments}) ->
    Ended = tally:expecting(2),
    Counter = spawn_opt(fun() -> count(0, Ended) end, [{message_queue_data, off_heap}]),
    spawn(fun() -> produce(Increments, Counter, Ended) end),
    tally:wait(Ended).

produce(0, Counter, Ended) ->
    Counter ! {retrieve, self()},
    receive
        {result, Count} -> tally:arrive(Ended, Count)
    end;
produce(Left, Counter, Ended) ->
    Counter ! increment,
    produce(Left - 1, Counter, Ended).

count(Count, Ended) ->
    receive
        increment ->
            count(Count + 1, Ended);
        {retrieve, From} ->
            From ! {result, Count},
            tally:arrive(Ended)
    end.
