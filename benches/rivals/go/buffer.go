package main

import (
	"math"
	"sync"
)

type produce struct{}

type bufferKind int

const (
	// A producer has made an item.
	made bufferKind = iota
	// A producer has made its last, and ended.
	finished
	// A consumer has used its item up.
	available
)

type bufferEvent struct {
	kind     bufferKind
	item     float64
	producer chan<- produce
	consumer chan<- float64
}

// Producer-Consumer with a Bounded Buffer: flow control by a manager, who says when a producer may make the next item.
func boundedBuffer(p parameters) answer {
	producers, consumers := p["producers"], p["consumers"]
	// Nobody tells the manager two things before it has answered one, but for a producer that ends.
	manager := make(chan bufferEvent, producers+consumers)
	buffer := buffer{limit: p["capacity"] - producers}
	var ended sync.WaitGroup
	ended.Add(producers + consumers + 1)
	for i := 0; i < consumers; i++ {
		inbox := make(chan float64, 1)
		buffer.consumers.push(inbox)
		go func() {
			defer ended.Done()
			item := 0.0
			for made := range inbox {
				item = process(item+made, p["cost"])
				manager <- bufferEvent{kind: available, consumer: inbox}
			}
		}()
	}
	for i := 0; i < producers; i++ {
		inbox := make(chan produce, 1)
		go func() {
			defer ended.Done()
			item := 0.0
			for left := p["items"]; left > 0; left-- {
				<-inbox
				item = process(item, p["cost"])
				manager <- bufferEvent{kind: made, item: item, producer: inbox}
			}
			<-inbox
			manager <- bufferEvent{kind: finished}
		}()
		inbox <- produce{}
	}
	var consumed uint64
	go func() {
		defer ended.Done()
		consumed = buffer.manage(manager, producers, consumers, p["capacity"])
	}()
	ended.Wait()
	return consumed
}

// A buffer holds items that wait, or else consumers that wait for one; and producers that wait for room.
type buffer struct {
	limit     int
	items     queue[float64]
	producers queue[chan<- produce]
	consumers queue[chan<- float64]
}

func (b *buffer) manage(inbox <-chan bufferEvent, producing, consumers, capacity int) (consumed uint64) {
	for producing > 0 || b.consumers.len() < consumers {
		switch event := <-inbox; event.kind {
		case made:
			if b.consumers.len() > 0 {
				b.consumers.pop() <- event.item
			} else {
				b.items.push(event.item)
				check(b.items.len() <= capacity, "the buffer overflows")
			}
			if b.items.len() < b.limit {
				event.producer <- produce{}
			} else {
				b.producers.push(event.producer)
			}
		case available:
			consumed++
			if b.items.len() == 0 {
				b.consumers.push(event.consumer)
				continue
			}
			event.consumer <- b.items.pop()
			if b.producers.len() > 0 {
				b.producers.pop() <- produce{}
			}
		case finished:
			producing--
		}
	}
	for b.consumers.len() > 0 {
		close(b.consumers.pop())
	}
	return consumed
}

// process is the work on an item, to make one from the last as well as to use one up.
func process(item float64, cost int) float64 {
	random := newGenerator(cost)
	for i := 100 * cost; i > 0; i-- {
		item += math.Log(random.real() + 0.01)
	}
	return item
}
