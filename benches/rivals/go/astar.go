package main

import "sync"

// What a worker is sent: a node to go on from, or the end.
type exploration int32

const noMoreExplorations exploration = -1

// What the master is sent: a node that is left to go on from, or how a search ended.
type explorationReport int32

const (
	explored explorationReport = -1
	found    explorationReport = -2
)

// A-Star Search: a graph in shared memory, explored by workers who claim its nodes. A worker expands some nodes, breadth
// first, and gives the master what is left, who hands it out in turn.
func aStar(p parameters) answer {
	grid := newGrid(p["side"])
	inputsAreThere()
	master := newMailbox[explorationReport]()
	workers := make([]*mailbox[exploration], p["workers"])
	var ended sync.WaitGroup
	ended.Add(len(workers) + 1)
	for i := range workers {
		inbox := newMailbox[exploration]()
		workers[i] = inbox
		go func() {
			defer ended.Done()
			for origins := inbox.receive(nil); ; origins = inbox.receive(origins) {
				for _, origin := range origins {
					if origin == noMoreExplorations {
						return
					}
					explore(grid, int32(origin), p["cutoff"], p["work"], master)
				}
			}
		}()
	}
	go func() {
		defer ended.Done()
		handOut(workers, master)
		for _, worker := range workers {
			worker.send(noMoreExplorations)
		}
	}()
	ended.Wait()
	return uint64(grid.startOfPath())
}

// handOut returns when the target is found, or no search is under way.
func handOut(workers []*mailbox[exploration], master *mailbox[explorationReport]) {
	workers[0].send(0)
	given, underWay := 1, 1
	for underWay > 0 {
		for _, report := range master.receive(nil) {
			switch report {
			case found:
				return
			case explored:
				underWay--
			default:
				workers[given%len(workers)].send(exploration(report))
				given++
				underWay++
			}
		}
	}
}

func explore(grid *grid, origin int32, cutoff, work int, master *mailbox[explorationReport]) {
	target := grid.target()
	var frontier queue[int32]
	frontier.push(origin)
	for ; cutoff > 0 && frontier.len() > 0; cutoff-- {
		node := frontier.pop()
		busy(work)
		for _, neighbour := range grid.neighbours(node) {
			if grid.claim(neighbour, node) {
				if neighbour == target {
					master.send(found)
					return
				}
				frontier.push(neighbour)
			}
		}
	}
	for frontier.len() > 0 {
		master.send(explorationReport(frontier.pop()))
	}
	master.send(explored)
}
