package main

import (
	"sync"
	"sync/atomic"
)

type nodeEventKind int

const (
	// The node may have children, with this work.
	haveChildren nodeEventKind = iota
	traverse
	terminate
)

type nodeEvent struct {
	kind nodeEventKind
	work int
}

type node chan nodeEvent

// What every node knows of the tree.
type tree struct {
	root     chan<- node
	children int
	// Of a node before it asks.
	work      int
	traversed atomic.Uint64
	ended     sync.WaitGroup
}

// Unbalanced Cobwebbed Tree: it grows at random, and every node is an actor. Each asks the root whether it may have
// children. When all have asked, two waves go down the tree: work, and the end.
func cobwebbedTree(p parameters) answer {
	toRoot := make(chan node, 1024)
	tree := &tree{root: toRoot, children: p["children"], work: p["work"] / 5}
	tree.ended.Add(1)
	go func() {
		defer tree.ended.Done()
		growTree(p, tree, toRoot)
		tree.traversed.Add(1)
	}()
	tree.ended.Wait()
	return tree.traversed.Load()
}

func growTree(p parameters, tree *tree, inbox <-chan node) {
	random := newJavaRandom(2)
	size := 1
	// The work of new nodes: even, with the deviation of the suite's normal distribution, a fifth of the mean.
	grow := func() int {
		size += p["children"]
		return p["work"] * (654 + int(random.below(693))) / 1000
	}
	children := tree.grow(grow())
	for asked := 0; asked+1 < size; asked++ {
		node := <-inbox
		if size+p["children"] <= p["nodes"] && random.coin() {
			node <- nodeEvent{haveChildren, grow()}
		}
	}
	tell(children, nodeEvent{kind: traverse})
	tell(children, nodeEvent{kind: terminate})
}

func tell(nodes []node, event nodeEvent) {
	for _, node := range nodes {
		node <- event
	}
}

// grow makes the children of a node.
func (t *tree) grow(work int) []node {
	children := make([]node, t.children)
	t.ended.Add(len(children))
	for i := range children {
		// There is room for all that a node is ever sent.
		inbox := make(node, 3)
		children[i] = inbox
		go func() {
			defer t.ended.Done()
			t.live(inbox, work)
		}()
	}
	return children
}

func (t *tree) live(inbox node, work int) {
	busy(t.work)
	t.root <- inbox
	var children []node
	for event := range inbox {
		switch event.kind {
		case haveChildren:
			check(children == nil, "a node is granted children once")
			children = t.grow(event.work)
		case traverse:
			t.traversed.Add(1)
			busy(work)
			tell(children, event)
		case terminate:
			tell(children, event)
			return
		}
	}
}
