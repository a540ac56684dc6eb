package main

import "sync"

type pingEvent int

const (
	nextPing pingEvent = iota
	pongCame
)

// A ping carries the way back; the one without it ends Pong.
type ping struct{ from chan<- pingEvent }

// Ping Pong: message delivery with one message in flight. Between an answer and the next ping, Ping sends itself a
// message.
func pingPong(p parameters) answer {
	toPing, toPong := make(chan pingEvent, 1), make(chan ping, 1)
	var counted uint64
	var ended sync.WaitGroup
	ended.Add(2)
	go func() {
		defer ended.Done()
		for left := p["pings"]; ; {
			switch <-toPing {
			case nextPing:
				left--
				toPong <- ping{toPing}
			case pongCame:
				if left == 0 {
					toPong <- ping{}
					return
				}
				toPing <- nextPing
			}
		}
	}()
	go func() {
		defer ended.Done()
		for ping := <-toPong; ping.from != nil; ping = <-toPong {
			counted++
			ping.from <- pongCame
		}
	}()
	toPing <- nextPing
	ended.Wait()
	return counted
}
