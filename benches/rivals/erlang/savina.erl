%% Runs the Savina benchmarks in Erlang: an actor is a bare process, and a call in the middle of a message is a message
%% with a fresh reference and a receive that selects it.
%%
%% Each problem is a module of its name. Its run/1 takes the parameters, or what they give as inputs, and returns when the answer is there and every process that it spawned has nothing left to do but to end; that is what is timed.
-module(savina).

-export([main/1, check/3]).

parameters("pingpong") -> [pings];
parameters("count") -> [increments];
parameters("fjthrput") -> [actors, messages];
parameters("fjcreate") -> [actors];
parameters("threadring") -> [actors, hops];
parameters("chameneos") -> [creatures, meetings];
parameters("big") -> [actors, pings];
parameters("concdict") -> [workers, requests, writes];
parameters("bndbuffer") -> [capacity, producers, consumers, items, cost];
parameters("philosopher") -> [philosophers, rounds];
parameters("barber") -> [customers, room, arrival, haircut];
parameters("logmap") -> [terms, series];
parameters("banking") -> [accounts, transactions];
parameters("uct") -> [nodes, children, work];
parameters("astar") -> [workers, side, cutoff, work];
parameters("nqueenk") -> [size, threshold, workers];
parameters("fib") -> [n];
parameters(Problem) -> fail(3, "there is no program for ~s in Erlang", [Problem]).

%% The workers are schedulers, which were chosen when the machine was started. These two come first, for a problem may
%% have parameters of the same names.
main([Problem, Workers, Rounds | Arguments]) ->
    Names = parameters(Problem),
    Schedulers = number(Workers, workers),
    erlang:system_info(schedulers_online) =:= Schedulers
        orelse fail(2, "for ~s, start erl with +S ~b:~b", [Workers, Schedulers, Schedulers]),
    Parameters = parse(Arguments, Names),
    Module = list_to_atom(Problem),
    {_, Run} = spawn_monitor(fun() -> exit({done, rounds(Module, Parameters, number(Rounds, rounds))}) end),
    receive
        {'DOWN', Run, process, _, {done, {Nanoseconds, Answer}}} ->
            io:format("{\"seconds\":~.9f,\"answer\":~w}~n", [Nanoseconds / 1.0e9, Answer]),
            halt(0);
        {'DOWN', Run, process, _, Reason} ->
            fail(1, "the run crashed: ~p", [Reason])
    end;
main(_) ->
    fail(2, "usage: erl -noshell +S N:N -run savina main PROBLEM workers=N rounds=R KEY=VALUE...", []).

%% The last of them counts.
rounds(Module, Parameters, Left) ->
    Inputs = inputs(Module, Parameters),
    Began = erlang:monotonic_time(nanosecond),
    Answer = Module:run(Inputs),
    Elapsed = erlang:monotonic_time(nanosecond) - Began,
    if
        Left > 1 -> rounds(Module, Parameters, Left - 1);
        true -> {Elapsed, Answer}
    end.

inputs(astar, Parameters) -> astar:inputs(Parameters);
inputs(_, Parameters) -> Parameters.

%% A value for each of the names, and no other.
parse(Arguments, Names) ->
    Values = maps:from_list([pair(Argument, Names) || Argument <- Arguments]),
    [maps:is_key(Name, Values) orelse fail(2, "~s=... is missing", [Name]) || Name <- Names],
    Values.

pair(Argument, Names) ->
    case [Name || Name <- Names, lists:prefix(atom_to_list(Name) ++ "=", Argument)] of
        [Name] -> {Name, number(Argument, Name)};
        [] -> fail(2, "~s is none of the parameters ~p", [Argument, Names])
    end.

number(Argument, Name) ->
    case string:split(Argument, "=") of
        [Key, Value] ->
            case {atom_to_list(Name), string:to_integer(Value)} of
                {Key, {Number, []}} when Number >= 0 -> Number;
                _ -> fail(2, "~s=NUMBER is expected, not ~s", [Name, Argument])
            end;
        _ ->
            fail(2, "~s=NUMBER is expected, not ~s", [Name, Argument])
    end.

%% Ends the program if what must hold at this point does not.
check(true, _, _) -> ok;
check(false, Sentence, Details) -> fail(1, Sentence, Details).

-spec fail(integer(), string(), list()) -> no_return().
fail(Status, Sentence, Details) ->
    io:format(standard_error, Sentence ++ "~n", Details),
    halt(Status).
