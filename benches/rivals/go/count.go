package main

import "sync"

// An increment has no reply; a request for the count says where to.
type counting struct{ retrieve chan<- uint64 }

// Counting Actor: one sender floods one inbox, which makes it wait when it is too far ahead.
func count(p parameters) answer {
	counter, result := make(chan counting, 1024), make(chan uint64, 1)
	var retrieved uint64
	var ended sync.WaitGroup
	ended.Add(2)
	go func() {
		defer ended.Done()
		for increments := p["increments"]; increments > 0; increments-- {
			counter <- counting{}
		}
		counter <- counting{result}
		retrieved = <-result
	}()
	go func() {
		defer ended.Done()
		count := uint64(0)
		message := <-counter
		for ; message.retrieve == nil; message = <-counter {
			count++
		}
		message.retrieve <- count
	}()
	ended.Wait()
	return retrieved
}
