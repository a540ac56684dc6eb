%% A-Star Search: a graph in shared memory, explored by workers who claim its nodes. A worker expands some nodes, breadth
%% first, and gives the master what is left, who hands it out in turn.
-module(astar).

-export([inputs/1, run/1]).

inputs(#{side := Side} = Parameters) -> Parameters#{grid => grid:new(Side)}.

run(#{workers := Workers, cutoff := Cutoff, work := Work, grid := Grid}) ->
    Ended = tally:expecting(Workers + 1),
    spawn(fun() ->
        Master = self(),
        Worker = fun() -> work(Cutoff, Work, Grid, Master, Ended) end,
        Table = list_to_tuple([spawn(Worker) || _ <- lists:seq(1, Workers)]),
        element(1, Table) ! {search, grid:origin()},
        hand_out(1, 0, Table),
        [Pid ! exit || Pid <- tuple_to_list(Table)],
        tally:arrive(Ended)
    end),
    tally:wait(Ended),
    grid:start_of_path(Grid).

%% Until the target is found, or no search is under way.
hand_out(Given, Given, _) ->
    ok;
hand_out(Given, Done, Table) ->
    receive
        {search, _} = Search ->
            element(Given rem tuple_size(Table) + 1, Table) ! Search,
            hand_out(Given + 1, Done, Table);
        done ->
            hand_out(Given, Done + 1, Table);
        found ->
            ok
    end.

work(Cutoff, Work, Grid, Master, Ended) ->
    receive
        {search, Origin} ->
            case search(Cutoff, queue:from_list([Origin]), Work, Grid) of
                found ->
                    Master ! found;
                Frontier ->
                    [Master ! {search, Node} || Node <- queue:to_list(Frontier)],
                    Master ! done
            end,
            work(Cutoff, Work, Grid, Master, Ended);
        exit ->
            tally:arrive(Ended)
    end.

search(0, Frontier, _, _) ->
    Frontier;
search(Left, Frontier, Work, Grid) ->
    case queue:out(Frontier) of
        {empty, Empty} ->
            Empty;
        {{value, Node}, Others} ->
            work:busy(Work),
            case claim(grid:neighbours(Node, Grid), Node, Others, Grid) of
                found -> found;
                Next -> search(Left - 1, Next, Work, Grid)
            end
    end.

%% Those of the neighbours that nobody came to before.
claim([], _, Frontier, _) ->
    Frontier;
claim([Neighbour | Others], Node, Frontier, Grid) ->
    case grid:claim(Neighbour, Node, Grid) of
        lost -> claim(Others, Node, Frontier, Grid);
        won -> claim(Others, Node, queue:in(Neighbour, Frontier), Grid);
        target -> found
    end.
