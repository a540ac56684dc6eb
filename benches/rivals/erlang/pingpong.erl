%% Ping Pong: message delivery with one message in flight. Between an answer and the next ping, Ping sends itself a
%% message.
-module(pingpong).

-export([run/1]).

run(#{pings := Pings}) ->
    Ended = tally:expecting(2),
    Pong = spawn(fun() -> pong(0, Ended) end),
    Ping = spawn(fun() -> ping(Pings, Pong, Ended) end),
    Ping ! next,
    tally:wait(Ended).

ping(Left, Pong, Ended) ->
    receive
        next ->
            Pong ! {ping, self()},
            ping(Left - 1, Pong, Ended);
        pong when Left > 0 ->
            self() ! next,
            ping(Left, Pong, Ended);
        pong ->
            Pong ! stop,
            tally:arrive(Ended)
    end.

pong(Count, Ended) ->
    receive
        {ping, From} ->
            From ! pong,
            pong(Count + 1, Ended);
        stop ->
            tally:arrive(Ended, Count)
    end.
