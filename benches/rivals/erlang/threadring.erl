%% Thread Ring: delivery and scheduling of a long chain without parallelism.
-module(threadring).

-export([run/1]).

run(#{actors := Actors, hops := Hops}) ->
    Ended = tally:expecting(Actors),
    %% From the last to the first, which then closes the ring.
    Last = spawn(fun() ->
        receive
            {next, Next} -> node(Next, Hops rem Actors =:= Actors - 1, Actors, 0, Ended)
        end
    end),
    Node = fun(Number, Next) ->
        spawn(fun() -> node(Next, Hops rem Actors =:= Number, Actors, 0, Ended) end)
    end,
    First = lists:foldl(Node, Last, lists:seq(Actors - 2, 0, -1)),
    Last ! {next, First},
    First ! {ping, Hops},
    tally:wait(Ended).

node(Next, IsLast, Actors, Handled, Ended) ->
    receive
        {ping, 0} ->
            savina:check(IsLast, "the ping ends elsewhere than the number of hops says", []),
            Next ! {exit, Actors},
            node(Next, IsLast, Actors, Handled + 1, Ended);
        {ping, Left} ->
            Next ! {ping, Left - 1},
            node(Next, IsLast, Actors, Handled + 1, Ended);
        {exit, Left} ->
            Left > 1 andalso (Next ! {exit, Left - 1}),
            tally:arrive(Ended, Handled)
    end.
