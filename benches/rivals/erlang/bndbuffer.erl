%% Producer-Consumer with a Bounded Buffer: flow control by a manager, who says when a producer may make the next item.
-module(bndbuffer).

-export([run/1]).

-record(buffer, {
    capacity,
    %% With so many items, producers wait: each may have another on its way.
    limit,
    items = queue:new(),
    length = 0,
    producers = queue:new(),
    %% Those that wait for an item, and all of them.
    free,
    consumers,
    producing,
    consumed = 0
}).

run(#{capacity := Capacity, producers := Producers, consumers := Consumers, items := Items, cost := Cost}) ->
    Ended = tally:expecting(Producers + Consumers + 1),
    spawn(fun() ->
        Self = self(),
        Free = [spawn(fun() -> consume(0.0, Cost, Self, Ended) end) || _ <- lists:seq(1, Consumers)],
        Made = [spawn(fun() -> produce(Items, 0.0, Cost, Self, Ended) end) || _ <- lists:seq(1, Producers)],
        [Producer ! produce || Producer <- Made],
        Limit = Capacity - Producers,
        Buffer = #buffer{capacity = Capacity, limit = Limit, free = Free, consumers = Consumers, producing = Producers},
        tally:arrive(Ended, manage(Buffer))
    end),
    tally:wait(Ended).

produce(Left, Item, Cost, Manager, Ended) ->
    receive
        produce when Left > 0 ->
            Next = process(Item, Cost),
            Manager ! {made, Next, self()},
            produce(Left - 1, Next, Cost, Manager, Ended);
        produce ->
            Manager ! finished,
            tally:arrive(Ended)
    end.

consume(Item, Cost, Manager, Ended) ->
    receive
        {item, Made} ->
            Next = process(Item + Made, Cost),
            Manager ! {available, self()},
            consume(Next, Cost, Manager, Ended);
        exit ->
            tally:arrive(Ended)
    end.

manage(#buffer{producing = 0, free = Free, consumers = Consumers, consumed = Consumed}) when
    length(Free) =:= Consumers
->
    [Consumer ! exit || Consumer <- Free],
    Consumed;
manage(#buffer{items = Items, length = Length, producers = Producers, free = Free} = Buffer) ->
    receive
        {made, Item, Producer} ->
            manage(go_on(Producer, put_item(Item, Buffer)));
        {available, Consumer} when Length =:= 0 ->
            manage(Buffer#buffer{free = [Consumer | Free], consumed = Buffer#buffer.consumed + 1});
        {available, Consumer} ->
            {{value, Item}, Left} = queue:out(Items),
            Consumer ! {item, Item},
            Waiting =
                case queue:out(Producers) of
                    {{value, Producer}, Others} ->
                        Producer ! produce,
                        Others;
                    {empty, None} ->
                        None
                end,
            manage(Buffer#buffer{
                items = Left, length = Length - 1, producers = Waiting, consumed = Buffer#buffer.consumed + 1
            });
        finished ->
            manage(Buffer#buffer{producing = Buffer#buffer.producing - 1})
    end.

%% To a consumer, or to the end of the queue.
put_item(Item, #buffer{free = [Consumer | Free]} = Buffer) ->
    Consumer ! {item, Item},
    Buffer#buffer{free = Free};
put_item(Item, #buffer{items = Items, length = Length, capacity = Capacity} = Buffer) ->
    savina:check(Length < Capacity, "the buffer overflows", []),
    Buffer#buffer{items = queue:in(Item, Items), length = Length + 1}.

go_on(Producer, #buffer{length = Length, limit = Limit} = Buffer) when Length < Limit ->
    Producer ! produce,
    Buffer;
go_on(Producer, #buffer{producers = Producers} = Buffer) ->
    Buffer#buffer{producers = queue:in(Producer, Producers)}.

%% The work on an item, to make one from the last as well as to use one up.
process(Item, Cost) -> process(Item, 100 * Cost, Cost).

process(Item, 0, _) ->
    Item;
process(Item, Left, Random) ->
    Next = generator:whole(Random),
    process(Item + math:log(generator:real(Next) + 0.01), Left - 1, Next).
