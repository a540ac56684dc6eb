%% Unbalanced Cobwebbed Tree: it grows at random, and every node is an actor. Each asks the root whether it may have
%% children. When all have asked, two waves go down the tree: work, and the end.
-module(uct).

-export([run/1]).

%% What every node knows. The work is that of a node before it asks.
-record(tree, {root, children, work}).

%% What the root knows. The work is the mean of that of the nodes.
-record(growth, {random, size = 1, nodes, children, work}).

run(#{nodes := Nodes, children := Children, work := Work}) ->
    Waiting = self(),
    Growth = #growth{random = java_random:new(2), nodes = Nodes, children = Children, work = Work},
    Root = spawn(fun() -> Waiting ! {tree, self(), root(Growth)} end),
    receive
        {tree, Root, Traversed} -> Traversed
    end.

root(#growth{children = Children, work = Mean} = Growth) ->
    {Work, Grown} = grow(Growth),
    Pids = spawn_children(Work, #tree{root = self(), children = Children, work = Mean div 5}),
    #growth{size = Size} = answer(0, Grown),
    %% All nodes but the root.
    Ended = tally:expecting(Size - 1),
    tell(Pids, traverse),
    tell(Pids, {terminate, Ended}),
    tally:wait(Ended) + 1.

answer(Asked, #growth{size = Size} = Growth) when Asked + 1 =:= Size ->
    Growth;
answer(Asked, #growth{size = Size, nodes = Nodes, children = Children, random = Random} = Growth) ->
    receive
        {may_i, Node} when Size + Children =< Nodes ->
            case java_random:coin(Random) of
                {true, Tossed} ->
                    {Work, Grown} = grow(Growth#growth{random = Tossed}),
                    Node ! {have_children, Work},
                    answer(Asked + 1, Grown);
                {false, Tossed} ->
                    answer(Asked + 1, Growth#growth{random = Tossed})
            end;
        {may_i, _} ->
            answer(Asked + 1, Growth)
    end.

%% The work of new nodes: even, with the deviation of the suite's normal distribution, a fifth of the mean.
grow(#growth{random = Random, size = Size, children = Children, work = Mean} = Growth) ->
    {Thousandths, Drawn} = java_random:below(693, Random),
    {Mean * (654 + Thousandths) div 1000, Growth#growth{random = Drawn, size = Size + Children}}.

spawn_children(Work, #tree{children = Children} = Tree) ->
    Node = fun() -> node(Work, Tree) end,
    [spawn(Node) || _ <- lists:seq(1, Children)].

node(Work, #tree{root = Root, work = Before} = Tree) ->
    work:busy(Before),
    Root ! {may_i, self()},
    live(Work, Tree, [], 0).

live(Work, Tree, Children, Traversed) ->
    receive
        {have_children, Theirs} ->
            savina:check(Children =:= [], "a node is granted children once", []),
            live(Work, Tree, spawn_children(Theirs, Tree), Traversed);
        traverse ->
            work:busy(Work),
            tell(Children, traverse),
            live(Work, Tree, Children, Traversed + 1);
        {terminate, Ended} = Terminate ->
            tell(Children, Terminate),
            tally:arrive(Ended, Traversed)
    end.

tell(Pids, Message) ->
    [Pid ! Message || Pid <- Pids],
    ok.
