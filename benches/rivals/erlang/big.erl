%% Big: many to many. Each actor pings one at random, waits for its pong, and answers who pings it meanwhile.
-module(big).

-export([run/1]).

run(#{actors := Actors, pings := Pings}) ->
    Ended = tally:expecting(Actors + 1),
    Sink = spawn(fun() -> sink(Actors, Ended) end),
    Numbers = lists:seq(0, Actors - 1),
    Pids = [spawn(fun() -> begin_with_table(Number, Pings, Sink, Ended) end) || Number <- Numbers],
    Table = list_to_tuple(Pids),
    [Pid ! {table, Table} || Pid <- [Sink | Pids]],
    [Pid ! {pong, -1} || Pid <- Pids],
    tally:wait(Ended).

begin_with_table(Id, Pings, Sink, Ended) ->
    receive
        {table, Table} -> play(Table, Id, Pings, -1, Id, 0, Sink, Ended)
    end.

play(Table, Id, Left, Pinged, Random, Received, Sink, Ended) ->
    receive
        {ping, From} ->
            element(From + 1, Table) ! {pong, Id},
            play(Table, Id, Left, Pinged, Random, Received + 1, Sink, Ended);
        {pong, From} ->
            savina:check(From =:= Pinged, "a pong came from ~b, and ~b was pinged", [From, Pinged]),
            case Left of
                0 ->
                    Sink ! exit,
                    play(Table, Id, 0, Pinged, Random, Received, Sink, Ended);
                _ ->
                    Next = generator:whole(Random),
                    Other = Next rem tuple_size(Table),
                    element(Other + 1, Table) ! {ping, Id},
                    play(Table, Id, Left - 1, Other, Next, Received, Sink, Ended)
            end;
        exit ->
            tally:arrive(Ended, Received)
    end.

sink(Actors, Ended) ->
    [receive exit -> ok end || _ <- lists:seq(1, Actors)],
    receive
        {table, Table} -> [Pid ! exit || Pid <- tuple_to_list(Table)]
    end,
    tally:arrive(Ended).
