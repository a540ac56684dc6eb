package main

import (
	"sync"
	"sync/atomic"
)

type philosopherEvent int

const (
	eat philosopherEvent = iota
	denied
)

// Of a hungry one; without a way back, of one that has eaten.
type arbitration struct {
	philosopher int
	reply       chan<- philosopherEvent
}

// Dining Philosophers: one arbitrates; who is refused asks again at once.
func philosophers(p parameters) answer {
	count, rounds := p["philosophers"], p["rounds"]
	arbitrator := make(chan arbitration, 2*count)
	var meals atomic.Uint64
	var dining, ended sync.WaitGroup
	dining.Add(count)
	ended.Add(1)
	go func() {
		defer ended.Done()
		arbitrate(count, arbitrator)
	}()
	for id := 0; id < count; id++ {
		go func(id int) {
			defer dining.Done()
			inbox := make(chan philosopherEvent, 1)
			for eaten := 0; eaten < rounds; {
				arbitrator <- arbitration{id, inbox}
				if <-inbox == eat {
					eaten++
					arbitrator <- arbitration{philosopher: id}
				}
			}
			meals.Add(uint64(rounds))
		}(id)
	}
	dining.Wait()
	close(arbitrator)
	ended.Wait()
	return meals.Load()
}

func arbitrate(count int, requests <-chan arbitration) {
	taken := make([]bool, count)
	for request := range requests {
		left, right := request.philosopher, (request.philosopher+1)%count
		switch {
		case request.reply == nil:
			check(taken[left] && taken[right], "%d ate without forks", left)
			taken[left], taken[right] = false, false
		case taken[left] || taken[right]:
			request.reply <- denied
		default:
			taken[left], taken[right] = true, true
			request.reply <- eat
		}
	}
}
