%% Bank Transaction: as Logistic Map Series, with chains of waiting actors. Who receives has a higher number than who
%% pays, so nobody waits in a circle.
-module(banking).

-export([run/1]).

-define(SEED, 123456).

run(#{accounts := Accounts, transactions := Transactions}) ->
    Ended = tally:expecting(Accounts),
    Account = fun() -> account(0, Ended) end,
    Pids = [spawn_opt(Account, [{message_queue_data, off_heap}]) || _ <- lists:seq(1, Accounts)],
    send(Transactions, max(Accounts div 10 * 8, 1), list_to_tuple(Pids), ?SEED),
    [receive done -> ok end || _ <- lists:seq(1, Transactions)],
    [Pid ! {balance, self()} || Pid <- Pids],
    Balances = [receive {balance, Pid, Balance} -> Balance end || Pid <- Pids],
    tally:wait(Ended),
    fingerprint(Balances).

%% The teller sends all transactions at once.
send(0, _, _, _) ->
    ok;
send(Left, Payers, Table, Random) ->
    First = generator:whole(Random),
    From = First rem Payers,
    Second = generator:whole(First),
    Distance = max(Second rem (tuple_size(Table) - From), 1),
    Third = generator:whole(Second),
    Amount = trunc(generator:real(Third) * 1.0e6),
    element(From + 1, Table) ! {credit, Amount, element(From + Distance + 1, Table), self()},
    send(Left - 1, Payers, Table, Third).

account(Balance, Ended) ->
    receive
        {credit, Amount, Recipient, Teller} ->
            Request = make_ref(),
            Recipient ! {debit, Amount, self(), Request},
            receive
                Request -> Teller ! done
            end,
            account(Balance - Amount, Ended);
        {debit, Amount, From, Request} ->
            From ! Request,
            account(Balance + Amount, Ended);
        {balance, From} ->
            From ! {balance, self(), Balance},
            tally:arrive(Ended)
    end.

%% One number that tells balances apart.
fingerprint(Balances) ->
    Sum = lists:sum(Balances),
    savina:check(Sum =:= 0, "money was made or lost: ~b", [Sum]),
    lists:sum(lists:zipwith(fun(Number, Balance) -> Number * Balance end, lists:seq(1, length(Balances)), Balances)).
