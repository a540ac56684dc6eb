%% Recursive Fibonacci Tree: creation and end of a deep tree. The request is what an actor starts with, and its reply is
%% the last that it does, so when the root has replied all are at their end.
-module(fib).

-export([run/1]).

run(#{n := N}) ->
    Self = self(),
    spawn(fun() -> fib(N, Self) end),
    receive
        {reply, Value} -> Value
    end.

fib(N, Parent) when N =< 2 ->
    Parent ! {reply, 1};
fib(N, Parent) ->
    Self = self(),
    spawn(fun() -> fib(N - 1, Self) end),
    spawn(fun() -> fib(N - 2, Self) end),
    receive
        {reply, One} ->
            receive
                {reply, Other} -> Parent ! {reply, One + Other}
            end
    end.
