%% N-Queens: divide and conquer by way of a master, who is sent every solution. It hands out the boards that workers send
%% to it, in turn; they search alone what is deeper than the threshold.
-module(nqueenk).

-export([run/1]).

run(#{size := Size, threshold := Threshold, workers := Workers}) ->
    Ended = tally:expecting(Workers + 1),
    spawn(fun() ->
        Master = self(),
        Worker = fun() -> work(Size, min(Threshold, Size), Master, Ended) end,
        Table = list_to_tuple([spawn(Worker) || _ <- lists:seq(1, Workers)]),
        element(1, Table) ! {search, 0, []},
        Solutions = hand_out(1, 0, 0, Table),
        [Pid ! exit || Pid <- tuple_to_list(Table)],
        tally:arrive(Ended, Solutions)
    end),
    tally:wait(Ended).

%% Until no search is under way.
hand_out(Given, Given, Solutions, _) ->
    Solutions;
hand_out(Given, Done, Solutions, Table) ->
    receive
        solution ->
            hand_out(Given, Done, Solutions + 1, Table);
        done ->
            hand_out(Given, Done + 1, Solutions, Table);
        {search, _, _} = Search ->
            element(Given rem tuple_size(Table) + 1, Table) ! Search,
            hand_out(Given + 1, Done, Solutions, Table)
    end.

%% A board is the number of its queens, and their columns, that of the last row first.
work(Size, Threshold, Master, Ended) ->
    receive
        {search, Queens, Board} when Queens < Threshold ->
            [Master ! {search, Queens + 1, [Column | Board]} || Column <- lists:seq(0, Size - 1), is_safe(Column, Board)],
            Master ! done,
            work(Size, Threshold, Master, Ended);
        {search, Queens, Board} ->
            search(Size - Queens, Board, Size, Master),
            Master ! done,
            work(Size, Threshold, Master, Ended);
        exit ->
            tally:arrive(Ended)
    end.

%% All that follows from this board, with so many rows to go.
search(0, _, _, Master) -> Master ! solution;
search(Left, Board, Size, Master) -> place(Size - 1, Left, Board, Size, Master).

place(-1, _, _, _, _) ->
    ok;
place(Column, Left, Board, Size, Master) ->
    case is_safe(Column, Board) of
        true -> search(Left - 1, [Column | Board], Size, Master);
        false -> ok
    end,
    place(Column - 1, Left, Board, Size, Master).

%% Whether no queen attacks that column of the next row.
is_safe(Column, Board) -> is_safe(Column, Column - 1, Column + 1, Board).

is_safe(_, _, _, []) ->
    true;
is_safe(Column, Left, Right, [Queen | Board]) ->
    Queen =/= Column andalso Queen =/= Left andalso Queen =/= Right andalso
        is_safe(Column, Left - 1, Right + 1, Board).
