package main

import "sync"

type customerEvent int

const (
	full customerEvent = iota
	sitAndWait
	start
	done
)

// Of a customer to the factory: that there was no room for it, or that its haircut is done.
type visit struct {
	customer chan<- customerEvent
	done     bool
}

type roomEventKind int

const (
	enter roomEventKind = iota
	next
	closing
)

type roomEvent struct {
	kind     roomEventKind
	customer chan<- customerEvent
}

// Sleeping Barber: a queue with refusals, in front of one who serves. Who finds no room is sent in again.
//
// The factory may wait for room in the inbox of the room, and customers in that of the factory; the room waits for
// nobody, as there is room for all that it says to a customer and to the barber.
func sleepingBarber(p parameters) answer {
	toFactory, toRoom := make(chan visit, 1024), make(chan roomEvent, 1024)
	// A customer, or none: the barber may sleep.
	toBarber := make(chan chan<- customerEvent, 2)
	var haircuts uint64
	var ended sync.WaitGroup
	ended.Add(p["customers"] + 3)
	go func() {
		defer ended.Done()
		haircuts = makeCustomers(p, toFactory, toRoom, &ended)
	}()
	go func() {
		defer ended.Done()
		keepRoom(p["room"], toRoom, toBarber)
		close(toBarber)
	}()
	go func() {
		defer ended.Done()
		random := newGenerator(defaultSeed)
		for customer := range toBarber {
			if customer != nil {
				customer <- start
				busy(random.below(p["haircut"]) + 10)
				customer <- done
				toRoom <- roomEvent{kind: next}
			}
		}
	}()
	ended.Wait()
	return haircuts
}

func makeCustomers(p parameters, inbox chan visit, room chan<- roomEvent, ended *sync.WaitGroup) (haircuts uint64) {
	random := newGenerator(defaultSeed)
	for i := p["customers"]; i > 0; i-- {
		// Told to wait, to start and that it is done.
		customer := make(chan customerEvent, 3)
		go func() {
			defer ended.Done()
			visitBarber(customer, inbox)
		}()
		room <- roomEvent{enter, customer}
		busy(random.below(p["arrival"]) + 10)
	}
	for haircuts < uint64(p["customers"]) {
		if visit := <-inbox; visit.done {
			haircuts++
		} else {
			room <- roomEvent{enter, visit.customer}
		}
	}
	room <- roomEvent{kind: closing}
	return haircuts
}

func visitBarber(inbox chan customerEvent, factory chan<- visit) {
	inTheChair := false
	for event := range inbox {
		check(inTheChair == (event == done), "a haircut is begun once, and done after that")
		switch event {
		case full:
			factory <- visit{customer: inbox}
		case start:
			inTheChair = true
		case done:
			factory <- visit{done: true}
			return
		}
	}
}

func keepRoom(seats int, inbox <-chan roomEvent, barber chan<- chan<- customerEvent) {
	var waiting queue[chan<- customerEvent]
	isClosing, barberSleeps := false, true
	for !isClosing || !barberSleeps {
		switch event := <-inbox; {
		case event.kind == closing:
			check(waiting.len() == 0, "the room is closed while somebody waits")
			isClosing = true
		case event.kind == next && waiting.len() > 0:
			barber <- waiting.pop()
		case event.kind == next:
			barberSleeps = true
			barber <- nil
		case waiting.len() == seats:
			event.customer <- full
		case barberSleeps:
			barberSleeps = false
			barber <- event.customer
		default:
			waiting.push(event.customer)
			event.customer <- sitAndWait
		}
	}
}
