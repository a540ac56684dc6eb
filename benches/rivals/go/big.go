package main

import (
	"sync"
	"sync/atomic"
)

type bigKind int32

const (
	bigPing bigKind = iota
	bigPong
	bigExit
)

type bigMessage struct {
	kind bigKind
	from int32
}

// Big: many to many. Each actor pings one at random, waits for its pong, and answers who pings it meanwhile.
func big(p parameters) answer {
	// From each actor at most one ping or pong is under way, then the exit.
	actors := make([]chan bigMessage, p["actors"])
	for i := range actors {
		actors[i] = make(chan bigMessage, len(actors)+2)
	}
	sink := make(chan struct{}, len(actors))
	var received atomic.Uint64
	var ended sync.WaitGroup
	ended.Add(len(actors) + 1)
	for i := range actors {
		go func(id int) {
			defer ended.Done()
			received.Add(playBig(id, actors, p["pings"], sink))
		}(i)
	}
	go func() {
		defer ended.Done()
		for range actors {
			<-sink
		}
		for _, actor := range actors {
			actor <- bigMessage{kind: bigExit}
		}
	}()
	for _, actor := range actors {
		actor <- bigMessage{bigPong, -1}
	}
	ended.Wait()
	return received.Load()
}

// playBig counts the pings that it is sent.
func playBig(id int, actors []chan bigMessage, pings int, sink chan<- struct{}) (received uint64) {
	random := newGenerator(id)
	pinged := int32(-1)
	for message := range actors[id] {
		switch message.kind {
		case bigPing:
			received++
			actors[message.from] <- bigMessage{bigPong, int32(id)}
		case bigPong:
			check(message.from == pinged, "a pong came from %d, and %d was pinged", message.from, pinged)
			if pings == 0 {
				sink <- struct{}{}
				continue
			}
			pings--
			pinged = int32(random.below(len(actors)))
			actors[pinged] <- bigMessage{bigPing, int32(id)}
		case bigExit:
			return received
		}
	}
	return received
}
