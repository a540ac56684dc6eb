package main

import "sync/atomic"

// A grid of three dimensions as a graph, and who came to each of its nodes from where. Edges go from a node to some of
// those that are one further in one or two dimensions.
type grid struct {
	side int
	// Of each node, where its neighbours begin in edges; and where the last one's end.
	starts  []int32
	edges   []int32
	parents []int32
}

const nobody = -1

func newGrid(side int) *grid {
	g := &grid{side: side, starts: []int32{0}, parents: make([]int32, side*side*side)}
	random := newJavaRandom(123456)
	for node := range g.parents {
		g.parents[node] = nobody
		g.connect(node, random)
		g.starts = append(g.starts, int32(len(g.edges)))
	}
	return g
}

// connect draws the neighbours of a node. One that has none so far gets the last of those that may be, unless that is
// the node itself.
func (g *grid) connect(node int, random *javaRandom) {
	own := len(g.edges)
	x, y, z := node/(g.side*g.side), node/g.side%g.side, node%g.side
	along := func(at, step int) int {
		if at+step == g.side {
			return at
		}
		return at + step
	}
	// Bits 2, 1 and 0 say in which dimensions it is further. Not in none, and not in all.
	for step := 1; step < 7; step++ {
		wanted := step == 6 && len(g.edges) == own || random.coin()
		to := (along(x, step>>2&1)*g.side+along(y, step>>1&1))*g.side + along(z, step&1)
		if wanted && to != node && !contains(g.edges[own:], int32(to)) {
			g.edges = append(g.edges, int32(to))
		}
	}
}

func (g *grid) neighbours(node int32) []int32 { return g.edges[g.starts[node]:g.starts[node+1]] }

// target is where the search leads: in each dimension, after four fifths of the way.
func (g *grid) target() int32 {
	along := g.side * 4 / 5
	return int32((along*g.side+along)*g.side + along)
}

// claim says whether the caller is the first who comes to this node.
func (g *grid) claim(node, parent int32) bool {
	return atomic.CompareAndSwapInt32(&g.parents[node], nobody, parent)
}

// startOfPath follows the parents from the target on.
func (g *grid) startOfPath() int32 {
	node := g.target()
	for g.parents[node] != nobody {
		parent := g.parents[node]
		check(contains(g.neighbours(parent), node), "%d is reached from %d, without an edge", node, parent)
		node = parent
	}
	return node
}

func contains(nodes []int32, wanted int32) bool {
	for _, node := range nodes {
		if node == wanted {
			return true
		}
	}
	return false
}
