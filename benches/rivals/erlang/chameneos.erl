%% Chameneos: contention on one mailbox. The mall brings together two that wait; they change their colours, and come
%% again.
-module(chameneos).

-export([run/1]).

run(#{creatures := Creatures, meetings := Meetings}) ->
    Ended = tally:expecting(Creatures + 1),
    Mall = spawn(fun() -> keep(nobody, Meetings, Creatures, 0, Ended) end),
    [spawn(fun() -> visit(Number rem 3, 0, Mall, Ended) end) || Number <- lists:seq(0, Creatures - 1)],
    tally:wait(Ended).

visit(Colour, Count, Mall, Ended) ->
    Mall ! {meet, Colour, self()},
    receive
        {meet, Other, Creature} ->
            Both = complement(Colour, Other),
            Creature ! {change, Both},
            visit(Both, Count + 1, Mall, Ended);
        {change, Both} ->
            visit(Both, Count + 1, Mall, Ended);
        exit ->
            Mall ! {count, Count},
            tally:arrive(Ended)
    end.

%% What both become: the same if they are the same, else the third.
complement(Colour, Colour) -> Colour;
complement(Colour, Other) -> 3 - Colour - Other.

keep(_, _, 0, Sum, Ended) ->
    tally:arrive(Ended, Sum);
keep(Waiting, Meetings, Creatures, Sum, Ended) ->
    receive
        {meet, _, Creature} when Meetings =:= 0 ->
            Creature ! exit,
            keep(nobody, 0, Creatures, Sum, Ended);
        {meet, _, Creature} when Waiting =:= nobody ->
            keep(Creature, Meetings, Creatures, Sum, Ended);
        {meet, _, _} = Meet ->
            Waiting ! Meet,
            keep(nobody, Meetings - 1, Creatures, Sum, Ended);
        {count, Count} ->
            keep(Waiting, Meetings, Creatures - 1, Sum + Count, Ended)
    end.
