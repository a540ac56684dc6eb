%% Concurrent Dictionary: readers and writers served by one actor. Each waits for its answer before it asks again.
-module(concdict).

-export([run/1]).

run(#{workers := Workers, requests := Requests, writes := Writes}) ->
    Working = tally:expecting(Workers),
    Ended = tally:expecting(1),
    Dictionary = spawn(fun() -> serve(#{}, Ended) end),
    Work = fun(Number) ->
        Random = java_random:new(Number + Requests + Writes),
        spawn(fun() -> work(Requests, 0, Writes, Random, Dictionary, Working) end)
    end,
    lists:foreach(Work, lists:seq(0, Workers - 1)),
    Results = tally:wait(Working),
    Dictionary ! exit,
    tally:wait(Ended),
    Results.

work(0, Results, _, _, _, Working) ->
    tally:arrive(Working, Results);
work(Left, Results, Writes, Random, Dictionary, Working) ->
    {Percent, Random1} = java_random:below(100, Random),
    {Key, Random2} = java_random:int(Random1),
    Random3 =
        case Percent < Writes of
            true ->
                {Value, Random4} = java_random:int(Random2),
                Dictionary ! {write, self(), Key, Value},
                Random4;
            false ->
                Dictionary ! {read, self(), Key},
                Random2
        end,
    receive
        {result, _} -> work(Left - 1, Results + 1, Writes, Random3, Dictionary, Working)
    end.

serve(Entries, Ended) ->
    receive
        {read, From, Key} ->
            From ! {result, maps:get(Key, Entries, none)},
            serve(Entries, Ended);
        {write, From, Key, Value} ->
            From ! {result, Value},
            serve(Entries#{Key => Value}, Ended);
        exit ->
            tally:arrive(Ended)
    end.
