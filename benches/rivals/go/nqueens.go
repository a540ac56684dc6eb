package main

import "sync"

// A board is the columns of the queens, a row each.
type board []int8

type queensEvent int

const (
	solved queensEvent = iota
	searched
)

// What workers tell the master: more work, or an event.
type queensReport struct {
	work  board
	event queensEvent
}

// N-Queens: divide and conquer by way of a master, which is sent every solution. It hands out what workers send to
// it, in turn; they search alone what is deeper than the threshold.
func queens(p parameters) answer {
	size, threshold := p["size"], p["threshold"]
	master := newMailbox[queensReport]()
	workers := make([]*mailbox[board], p["workers"])
	var ended sync.WaitGroup
	ended.Add(len(workers) + 1)
	for i := range workers {
		inbox := newMailbox[board]()
		workers[i] = inbox
		go func() {
			defer ended.Done()
			for boards := inbox.receive(nil); ; boards = inbox.receive(boards) {
				for _, board := range boards {
					if board == nil {
						return
					}
					place(board, size, threshold, master)
				}
			}
		}()
	}
	var solutions uint64
	go func() {
		defer ended.Done()
		solutions = share(workers, master)
	}()
	ended.Wait()
	return solutions
}

// share hands out the work until none is under way.
func share(workers []*mailbox[board], master *mailbox[queensReport]) (solutions uint64) {
	sent := 1
	workers[0].send(board{})
	underWay := 1
	for reports := master.receive(nil); ; reports = master.receive(reports) {
		for _, report := range reports {
			switch {
			case report.work != nil:
				workers[sent%len(workers)].send(report.work)
				sent++
				underWay++
			case report.event == solved:
				solutions++
			default:
				underWay--
			}
		}
		if underWay == 0 {
			break
		}
	}
	for _, worker := range workers {
		worker.send(nil)
	}
	return solutions
}

func place(queens board, size, threshold int, master *mailbox[queensReport]) {
	if len(queens) >= threshold || len(queens) == size {
		search(append(make(board, 0, size), queens...), size, master)
	} else {
		for column := int8(0); int(column) < size; column++ {
			if isFree(queens, column) {
				work := append(append(make(board, 0, len(queens)+1), queens...), column)
				master.send(queensReport{work: work})
			}
		}
	}
	master.send(queensReport{event: searched})
}

func search(queens board, size int, master *mailbox[queensReport]) {
	if len(queens) == size {
		master.send(queensReport{event: solved})
		return
	}
	for column := int8(0); int(column) < size; column++ {
		if isFree(queens, column) {
			search(append(queens, column), size, master)
		}
	}
}

// isFree says whether no queen attacks that column of the next row.
func isFree(queens board, column int8) bool {
	for row, other := range queens {
		distance := int8(len(queens) - row)
		if other == column || other == column-distance || other == column+distance {
			return false
		}
	}
	return true
}
