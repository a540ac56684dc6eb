%% Logistic Map Series: requests in the middle of handling a message. Each series asks its computer for its next term,
%% and takes no other message until it has it.
-module(logmap).

-export([run/1]).

-define(FIRST_RATE, 3.46).
-define(STEP, 0.0025).

run(#{terms := Terms, series := Series}) ->
    Ended = tally:expecting(2 * Series),
    Workers = [series(Number * ?STEP, Ended) || Number <- lists:seq(0, Series - 1)],
    send(Terms, Workers),
    [Worker ! {get, self()} || Worker <- Workers],
    %% In this order, for another gives another sum.
    Sum = lists:foldl(fun(Worker, Sum) -> receive {result, Worker, Term} -> Sum + Term end end, 0.0, Workers),
    tally:wait(Ended),
    Sum.

send(0, _) ->
    ok;
send(Left, Workers) ->
    [Worker ! next || Worker <- Workers],
    send(Left - 1, Workers).

series(Offset, Ended) ->
    Computer = spawn(fun() -> compute(?FIRST_RATE + Offset, Ended) end),
    spawn_opt(fun() -> follow(Offset, Computer, Ended) end, [{message_queue_data, off_heap}]).

follow(Term, Computer, Ended) ->
    receive
        next ->
            Request = make_ref(),
            Computer ! {compute, self(), Request, Term},
            receive
                {Request, Next} -> follow(Next, Computer, Ended)
            end;
        {get, From} ->
            From ! {result, self(), Term},
            Computer ! exit,
            tally:arrive(Ended)
    end.

compute(Rate, Ended) ->
    receive
        {compute, From, Request, Term} ->
            From ! {Request, Rate * Term * (1.0 - Term)},
            compute(Rate, Ended);
        exit ->
            tally:arrive(Ended)
    end.
