package main

import (
	"sync"
	"sync/atomic"
)

type lookup struct {
	reply      chan<- int32
	write      bool
	key, value int32
}

// The suite's room for entries, made at the start.
const dictionaryRoom = (1 << 31) / 4096

// Concurrent Dictionary: readers and writers served by one actor. Each waits for its answer before it asks again.
func concurrentDictionary(p parameters) answer {
	workers, requests, writes := p["workers"], p["requests"], int32(p["writes"])
	dictionary := make(chan lookup, workers)
	var results atomic.Uint64
	var working, ended sync.WaitGroup
	working.Add(workers)
	ended.Add(1)
	go func() {
		defer ended.Done()
		serveDictionary(dictionary)
	}()
	for id := 0; id < workers; id++ {
		go func(random *javaRandom) {
			defer working.Done()
			result := make(chan int32, 1)
			for i := 0; i < requests; i++ {
				request := lookup{reply: result, write: random.below(100) < writes, key: random.int()}
				if request.write {
					request.value = random.int()
				}
				dictionary <- request
				<-result
				results.Add(1)
			}
		}(newJavaRandom(id + requests + p["writes"]))
	}
	working.Wait()
	close(dictionary)
	ended.Wait()
	return results.Load()
}

func serveDictionary(requests <-chan lookup) {
	values := make(map[int32]int32, dictionaryRoom)
	for request := range requests {
		if request.write {
			values[request.key] = request.value
			request.reply <- request.value
		} else {
			request.reply <- values[request.key]
		}
	}
}
