package main

import "sync"

const (
	startRate = 3.46
	increment = 0.0025
)

type computation struct {
	term  float64
	reply chan<- float64
}

// Next has no reply; get says where to.
type seriesMessage struct{ get chan<- float64 }

// Logistic Map Series: requests in the middle of handling a message. Each series asks its computer for its next term,
// and takes no other message until it has it.
func logisticMap(p parameters) answer {
	var ended sync.WaitGroup
	ended.Add(2 * p["series"])
	workers := make([]chan seriesMessage, p["series"])
	for i := range workers {
		computer, inbox := make(chan computation, 1), make(chan seriesMessage, 128)
		workers[i] = inbox
		// The conversion keeps the compiler from rounding once instead of twice.
		step := float64(float64(i) * increment)
		go func() {
			defer ended.Done()
			for request := range computer {
				term := request.term
				request.reply <- (startRate + step) * term * (1 - term)
			}
		}()
		go func() {
			defer ended.Done()
			defer close(computer)
			follow(step, inbox, computer)
		}()
	}
	for i := 0; i < p["terms"]; i++ {
		for _, worker := range workers {
			worker <- seriesMessage{}
		}
	}
	sum := 0.0
	result := make(chan float64, 1)
	for _, worker := range workers {
		worker <- seriesMessage{result}
		sum += <-result
	}
	ended.Wait()
	return sum
}

func follow(term float64, inbox <-chan seriesMessage, computer chan<- computation) {
	reply := make(chan float64, 1)
	for message := range inbox {
		if message.get != nil {
			message.get <- term
			return
		}
		computer <- computation{term, reply}
		term = <-reply
	}
}
