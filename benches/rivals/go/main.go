// Command savina runs the Savina benchmarks in Go: an actor is a goroutine that owns its state and reads a channel.
//
// Every program is one function of its parameters. It returns when the answer is there and every goroutine that it
// started has ended, and that is what is timed.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// An answer is a uint64 or a float64.
type answer any

// What a benchmark asks, by name.
type parameters map[string]int

type problem struct {
	parameters string
	run        func(parameters) answer
}

var problems = map[string]problem{
	"pingpong":    {"pings", pingPong},
	"count":       {"increments", count},
	"fjthrput":    {"actors messages", forkJoinThroughput},
	"fjcreate":    {"actors", forkJoinCreate},
	"threadring":  {"actors hops", threadRing},
	"chameneos":   {"creatures meetings", chameneos},
	"big":         {"actors pings", big},
	"concdict":    {"workers requests writes", concurrentDictionary},
	"bndbuffer":   {"capacity producers consumers items cost", boundedBuffer},
	"philosopher": {"philosophers rounds", philosophers},
	"barber":      {"customers room arrival haircut", sleepingBarber},
	"logmap":      {"terms series", logisticMap},
	"banking":     {"accounts transactions", banking},
	"uct":         {"nodes children work", cobwebbedTree},
	"astar":       {"workers side cutoff work", aStar},
	"nqueenk":     {"size threshold workers", queens},
	"fib":         {"n", fibonacci},
}

func main() {
	if len(os.Args) < 4 {
		fail(2, "usage: savina PROBLEM workers=N rounds=R KEY=VALUE...")
	}
	problem, known := problems[os.Args[1]]
	if !known {
		fail(3, "there is no program for %s in Go", os.Args[1])
	}
	// These two come first, for a problem may have parameters of the same names.
	workers, rounds := number(os.Args[2], "workers"), number(os.Args[3], "rounds")
	parameters := parse(os.Args[4:], strings.Fields(problem.parameters))

	runtime.GOMAXPROCS(workers)
	var result answer
	var elapsed time.Duration
	for round := 0; round < rounds; round++ {
		began = time.Now()
		result = problem.run(parameters)
		elapsed = time.Since(began)
	}
	fmt.Printf("{\"seconds\":%.9f,\"answer\":%v}\n", elapsed.Seconds(), result)
}

// When this round's work began.
var began time.Time

// inputsAreThere begins to count the time again, before the first actor starts: what they search was there before.
func inputsAreThere() { began = time.Now() }

// parse reads a value for each of the names, and no other.
func parse(arguments, names []string) parameters {
	values := parameters{}
	for _, argument := range arguments {
		name, _, _ := strings.Cut(argument, "=")
		values[name] = number(argument, name)
	}
	for _, name := range names {
		if _, given := values[name]; !given {
			fail(2, "%s=... is missing", name)
		}
	}
	if len(values) > len(names) {
		fail(2, "the parameters are %s", strings.Join(names, ", "))
	}
	return values
}

func number(argument, name string) int {
	value, err := strconv.Atoi(strings.TrimPrefix(argument, name+"="))
	if err != nil || value < 0 {
		fail(2, "%s=NUMBER is expected, not '%s'", name, argument)
	}
	return value
}

// check ends the program if what must hold at this point does not.
func check(holds bool, sentence string, details ...any) {
	if !holds {
		fail(1, sentence, details...)
	}
}

func fail(status int, sentence string, details ...any) {
	fmt.Fprintf(os.Stderr, sentence+"\n", details...)
	os.Exit(status)
}
