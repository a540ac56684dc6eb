package main

import "sync"

type colour int

// complement is the colour that both take who meet: theirs if they are alike, else the third.
func complement(one, other colour) colour {
	if one == other {
		return one
	}
	return 3 - one - other
}

type creatureEvent struct {
	kind   creatureEventKind
	colour colour
	// Of meet only.
	other chan<- creatureEvent
}

type creatureEventKind int

const (
	meet creatureEventKind = iota
	change
	exit
)

// What creatures tell the mall: that they wait for another, or, at the end, how many they met.
type mallEvent struct {
	creature chan<- creatureEvent
	colour   colour
	count    uint64
}

// Chameneos: contention on one inbox. The mall brings together two that wait; they change their colours, and wait again.
func chameneos(p parameters) answer {
	// A creature says nothing more until it is answered.
	mall := make(chan mallEvent, p["creatures"])
	var sum uint64
	var ended sync.WaitGroup
	ended.Add(p["creatures"] + 1)
	for i := 0; i < p["creatures"]; i++ {
		go func(colour colour) {
			defer ended.Done()
			creature(colour, mall)
		}(colour(i % 3))
	}
	go func() {
		defer ended.Done()
		sum = keepMall(mall, p["creatures"], p["meetings"])
	}()
	ended.Wait()
	return sum
}

func creature(mine colour, mall chan<- mallEvent) {
	inbox := make(chan creatureEvent, 1)
	count := uint64(0)
	for {
		mall <- mallEvent{creature: inbox, colour: mine}
		event := <-inbox
		switch event.kind {
		case meet:
			mine = complement(mine, event.colour)
			event.other <- creatureEvent{kind: change, colour: mine}
		case change:
			mine = event.colour
		case exit:
			mall <- mallEvent{count: count}
			return
		}
		count++
	}
}

func keepMall(mall <-chan mallEvent, creatures, meetings int) (sum uint64) {
	var waiting chan<- creatureEvent
	for counts := 0; counts < creatures; {
		event := <-mall
		switch {
		case event.creature == nil:
			sum += event.count
			counts++
		case meetings == 0:
			event.creature <- creatureEvent{kind: exit}
		case waiting == nil:
			waiting = event.creature
		default:
			waiting <- creatureEvent{meet, event.colour, event.creature}
			waiting = nil
			meetings--
		}
	}
	return sum
}
