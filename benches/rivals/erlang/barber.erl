%% Sleeping Barber: a queue with refusals, in front of one who serves. Who finds no room is sent in again.
-module(barber).

-export([run/1]).

run(#{customers := Customers, room := Seats, arrival := Arrival, haircut := Haircut}) ->
    Ended = tally:expecting(Customers + 3),
    Barber = spawn(fun() -> cut(Haircut, generator:default(), Ended) end),
    Room = spawn(fun() -> keep(queue:new(), 0, Seats, asleep, Barber, Ended) end),
    spawn(fun() -> make(Customers, Customers, Arrival, generator:default(), Room, Ended) end),
    tally:wait(Ended).

%% The factory, which has no time for anything else until all customers are made.
make(0, Customers, _, _, Room, Ended) ->
    send_in(0, Customers, Room, Ended);
make(Left, Customers, Arrival, Random, Room, Ended) ->
    Factory = self(),
    Room ! {enter, spawn(fun() -> wait(Factory, Ended) end)},
    Next = generator:whole(Random),
    work:busy(Next rem Arrival + 10),
    make(Left - 1, Customers, Arrival, Next, Room, Ended).

send_in(Customers, Customers, Room, Ended) ->
    Room ! close,
    tally:arrive(Ended, Customers);
send_in(Done, Customers, Room, Ended) ->
    receive
        {returned, Customer} ->
            Room ! {enter, Customer},
            send_in(Done, Customers, Room, Ended);
        done ->
            send_in(Done + 1, Customers, Room, Ended)
    end.

%% A customer.
wait(Factory, Ended) ->
    receive
        full ->
            Factory ! {returned, self()},
            wait(Factory, Ended);
        sit_and_wait ->
            wait(Factory, Ended);
        start ->
            receive
                done ->
                    Factory ! done,
                    tally:arrive(Ended)
            end
    end.

%% The room. When it is closing and the barber sleeps, it is over.
keep(Waiting, Length, Seats, State, Barber, Ended) ->
    receive
        {enter, Customer} when Length =:= Seats ->
            Customer ! full,
            keep(Waiting, Length, Seats, State, Barber, Ended);
        {enter, Customer} when State =:= asleep ->
            self() ! next,
            keep(queue:in(Customer, Waiting), Length + 1, Seats, awake, Barber, Ended);
        {enter, Customer} ->
            Customer ! sit_and_wait,
            keep(queue:in(Customer, Waiting), Length + 1, Seats, State, Barber, Ended);
        next when Length > 0 ->
            {{value, Customer}, Others} = queue:out(Waiting),
            Barber ! {enter, Customer, self()},
            keep(Others, Length - 1, Seats, State, Barber, Ended);
        next when State =:= closing ->
            close(Barber, Ended);
        next ->
            Barber ! sleep_and_wait,
            keep(Waiting, 0, Seats, asleep, Barber, Ended);
        close ->
            savina:check(Length =:= 0, "the room is closed while ~b wait", [Length]),
            case State of
                asleep -> close(Barber, Ended);
                awake -> keep(Waiting, 0, Seats, closing, Barber, Ended)
            end
    end.

close(Barber, Ended) ->
    Barber ! exit,
    tally:arrive(Ended).

cut(Haircut, Random, Ended) ->
    receive
        {enter, Customer, Room} ->
            Customer ! start,
            Next = generator:whole(Random),
            work:busy(Next rem Haircut + 10),
            Customer ! done,
            Room ! next,
            cut(Haircut, Next, Ended);
        sleep_and_wait ->
            cut(Haircut, Random, Ended);
        exit ->
            tally:arrive(Ended)
    end.
