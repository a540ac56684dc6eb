%% A grid of three dimensions as a graph, and who came to each of its nodes from where. Edges go from a node to some of
%% those that are one further in one or two dimensions.
%%
%% The graph is a persistent term, which no process copies. The parents are atomics, which count from 1.
-module(grid).

-export([new/1, origin/0, neighbours/2, claim/3, start_of_path/1]).

-record(grid, {target, parents}).

-define(NOBODY, 0).
-define(SEED, 123456).

new(Side) ->
    Nodes = Side * Side * Side,
    persistent_term:put(?MODULE, list_to_tuple(connect_all(0, Nodes, Side, java_random:new(?SEED)))),
    %% Where the search leads: in each dimension, after four fifths of the way.
    Along = Side * 4 div 5,
    #grid{target = (Along * Side + Along) * Side + Along, parents = atomics:new(Nodes, [])}.

origin() -> 0.

neighbours(Node, #grid{}) -> element(Node + 1, persistent_term:get(?MODULE)).

%% Whether the caller is the first who comes to this node, and whether it is the target.
claim(Node, Parent, #grid{target = Target, parents = Parents}) ->
    case atomics:compare_exchange(Parents, Node + 1, ?NOBODY, Parent + 1) of
        ok when Node =:= Target -> target;
        ok -> won;
        _ -> lost
    end.

%% Follows the parents from the target on.
start_of_path(#grid{target = Target} = Grid) -> start_of_path(Target, Grid).

start_of_path(Node, #grid{parents = Parents} = Grid) ->
    case atomics:get(Parents, Node + 1) of
        ?NOBODY ->
            Node;
        Next ->
            Parent = Next - 1,
            IsEdge = lists:member(Node, neighbours(Parent, Grid)),
            savina:check(IsEdge, "~b is reached from ~b, without an edge", [Node, Parent]),
            start_of_path(Parent, Grid)
    end.

connect_all(Nodes, Nodes, _, _) ->
    [];
connect_all(Node, Nodes, Side, Random) ->
    {Neighbours, Next} = connect(1, Node, Side, [], Random),
    [Neighbours | connect_all(Node + 1, Nodes, Side, Next)].

%% Draws the neighbours of a node. One that has none so far gets the last of those that may be, unless that is the node
%% itself. The bits of a step say in which dimensions a neighbour is further: not in none, and not in all.
connect(7, _, _, Neighbours, Random) ->
    {lists:reverse(Neighbours), Random};
connect(Step, Node, Side, Neighbours, Random) ->
    {IsWanted, Next} =
        case Step =:= 6 andalso Neighbours =:= [] of
            true -> {true, Random};
            false -> java_random:coin(Random)
        end,
    To = neighbour(Step, Node, Side),
    case IsWanted andalso To =/= Node andalso not lists:member(To, Neighbours) of
        true -> connect(Step + 1, Node, Side, [To | Neighbours], Next);
        false -> connect(Step + 1, Node, Side, Neighbours, Next)
    end.

neighbour(Step, Node, Side) ->
    X = min(Node div (Side * Side) + (Step bsr 2), Side - 1),
    Y = min(Node div Side rem Side + ((Step bsr 1) band 1), Side - 1),
    Z = min(Node rem Side + (Step band 1), Side - 1),
    (X * Side + Y) * Side + Z.
