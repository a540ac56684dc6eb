package main

import (
	"sync"
	"sync/atomic"
)

// A token that goes around, with the hops that are left; or the news of the end, with the actors to tell.
type token struct {
	end  bool
	left int
}

// Thread Ring: delivery and scheduling of a long chain without parallelism.
func threadRing(p parameters) answer {
	actors, hops := p["actors"], p["hops"]
	var handled atomic.Uint64
	var ended sync.WaitGroup
	ended.Add(actors)
	first := make(chan token, 1)
	inbox := first
	for i := 0; i < actors; i++ {
		next := first
		if i+1 < actors {
			next = make(chan token, 1)
		}
		go func(number int, inbox <-chan token, next chan<- token) {
			defer ended.Done()
			mine, last := passOn(actors, inbox, next)
			check(!last || number == hops%actors, "the token ended at %d, not at %d", number, hops%actors)
			handled.Add(mine)
		}(i, inbox, next)
		inbox = next
	}
	first <- token{left: hops}
	ended.Wait()
	return handled.Load()
}

// passOn says how often the token came by, and whether it made its last hop to here.
func passOn(actors int, inbox <-chan token, next chan<- token) (handled uint64, last bool) {
	for token := range inbox {
		if token.end {
			if token.left--; token.left > 0 {
				next <- token
			}
			break
		}
		handled++
		if token.left > 0 {
			token.left--
		} else {
			last = true
			token.end, token.left = true, actors
		}
		next <- token
	}
	return handled, last
}
