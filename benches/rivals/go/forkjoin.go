package main

import (
	"sync"
	"sync/atomic"
)

type work struct{}

// Fork-Join (throughput): messages to many actors, in turn; each has a short computation for each of them.
func forkJoinThroughput(p parameters) answer {
	messages := p["messages"]
	var handled atomic.Uint64
	var ended sync.WaitGroup
	ended.Add(p["actors"])
	actors := make([]chan work, p["actors"])
	for i := range actors {
		inbox := make(chan work, 128)
		actors[i] = inbox
		go func() {
			defer ended.Done()
			mine := 0
			for ; mine < messages; mine++ {
				<-inbox
				sine(angle)
			}
			handled.Add(uint64(mine))
		}()
	}
	for i := 0; i < messages; i++ {
		for _, actor := range actors {
			actor <- work{}
		}
	}
	ended.Wait()
	return handled.Load()
}

// Fork-Join (actor creation): actors that handle one message and end.
func forkJoinCreate(p parameters) answer {
	var ran atomic.Uint64
	var ended sync.WaitGroup
	ended.Add(p["actors"])
	for i := p["actors"]; i > 0; i-- {
		inbox := make(chan work, 1)
		go func() {
			defer ended.Done()
			<-inbox
			sine(angle)
			ran.Add(1)
		}()
		inbox <- work{}
	}
	ended.Wait()
	return ran.Load()
}
