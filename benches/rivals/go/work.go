package main

import "math"

// busy is work of a known amount, the same on every system: rounds of a 32-bit xorshift. It is not inlined, so that
// the compiler cannot see that nobody uses the result.
//
//go:noinline
func busy(rounds int) uint32 {
	state := uint32(0x9e3779b9)
	for ; rounds > 0; rounds-- {
		state ^= state << 13
		state ^= state >> 17
		state ^= state << 5
	}
	return state
}

// sine is what the fork-join benchmarks compute for each message.
//
//go:noinline
func sine(angle float64) float64 {
	sine := math.Sin(angle)
	return sine * sine
}

const angle = 37.2
