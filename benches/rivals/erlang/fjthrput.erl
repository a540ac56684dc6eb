%% Fork-Join (throughput): messages to many actors, in turn; each has a short computation for each of them.
-module(fjthrput).

-export([run/1]).

run(#{actors := Actors, messages := Messages}) ->
    Ended = tally:expecting(Actors),
    %% Off heap, for else each collection of garbage copies all that is in the mailbox: 20 times as slow.
    Worker = fun() -> work(Messages, 0, Ended) end,
    Pids = [spawn_opt(Worker, [{message_queue_data, off_heap}]) || _ <- lists:seq(1, Actors)],
    send(Messages, Pids),
    tally:wait(Ended).

send(0, _) ->
    ok;
send(Left, Pids) ->
    [Pid ! work || Pid <- Pids],
    send(Left - 1, Pids).

work(Messages, Messages, Ended) ->
    tally:arrive(Ended, Messages);
work(Messages, Handled, Ended) ->
    receive
        work ->
            work:sine(37.2),
            work(Messages, Handled + 1, Ended)
    end.
