package main

// The suite's own generator, of 16 bits, which decides its inputs and so its answers.
type generator struct{ value uint64 }

const defaultSeed = 74755

func newGenerator(seed int) *generator { return &generator{uint64(seed)} }

// whole gives the suite's nextInt(): 0 to 65,535.
func (g *generator) whole() int {
	g.value = (g.value*1309 + 13849) & 0xffff
	return int(g.value)
}

// below gives the suite's nextInt(bound).
func (g *generator) below(bound int) int { return g.whole() % bound }

// real gives the suite's nextDouble(): in (0, 1], far from uniform.
func (g *generator) real() float64 { return 1 / float64(g.whole()+1) }

// javaRandom is java.util.Random as its documentation defines it.
type javaRandom struct{ state uint64 }

const (
	javaMultiplier = 0x5_DEEC_E66D
	javaMask       = 1<<48 - 1
)

func newJavaRandom(seed int) *javaRandom {
	return &javaRandom{(uint64(seed) ^ javaMultiplier) & javaMask}
}

// int gives nextInt(): any 32 bits.
func (r *javaRandom) int() int32 { return r.next(32) }

// below gives nextInt(bound).
func (r *javaRandom) below(bound int32) int32 {
	if bound&(bound-1) == 0 {
		return int32((int64(bound) * int64(r.next(31))) >> 31)
	}
	for {
		bits := r.next(31)
		value := bits % bound
		// Drops what would favour the small ones, by an overflow as in the original.
		if bits-value+(bound-1) >= 0 {
			return value
		}
	}
}

// coin gives nextBoolean().
func (r *javaRandom) coin() bool { return r.next(1) != 0 }

func (r *javaRandom) next(bits uint) int32 {
	r.state = (r.state*javaMultiplier + 0xb) & javaMask
	return int32(r.state >> (48 - bits))
}
