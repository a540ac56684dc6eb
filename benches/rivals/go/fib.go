package main

import "sync"

// Recursive Fibonacci Tree: creation and end of a deep tree. The request is what an actor starts with.
func fibonacci(p parameters) answer {
	result := make(chan uint64, 1)
	var ended sync.WaitGroup
	ended.Add(1)
	go fib(p["n"], result, &ended)
	ended.Wait()
	return <-result
}

func fib(n int, parent chan<- uint64, ended *sync.WaitGroup) {
	defer ended.Done()
	if n <= 2 {
		parent <- 1
		return
	}
	replies := make(chan uint64, 2)
	ended.Add(2)
	go fib(n-1, replies, ended)
	go fib(n-2, replies, ended)
	parent <- <-replies + <-replies
}
