// Stacks whose callers are known: each function named spin burns time below callers that the test names, in goroutines
// that hand over to each other, yield, sleep, and outgrow their stacks.
package main

import (
	"runtime"
	"time"
)

var sink uint64

//go:noinline
func burn(rounds int) {
	x := uint64(rounds)
	for range rounds * 2000 {
		x = x*6364136223846793005 + 1442695040888963407
	}
	sink += x
}

//go:noinline
func spinPing() { burn(20); sink++ }

//go:noinline
func spinPong() { burn(20); sink++ }

//go:noinline
func spinDeep() { burn(20); sink++ }

//go:noinline
func spinBack() { burn(2); sink++ }

//go:noinline
func spinYield() { burn(20); sink++ }

//go:noinline
func spinGeneric() { burn(20); sink++ }

type table struct{ ping, pong chan int }

//go:noinline
func (t *table) serve(rounds int) {
	t.serveInner(rounds)
	sink++
}

//go:noinline
func (t *table) serveInner(rounds int) {
	for i := range rounds {
		t.ping <- i
		spinPing()
		<-t.pong
		if i%64 == 0 {
			runtime.GC()
		}
	}
	close(t.ping)
}

//go:noinline
func receive(t *table) {
	receiveInner(t)
	sink++
}

//go:noinline
func receiveInner(t *table) {
	for i := range t.ping {
		spinPong()
		t.pong <- i
	}
}

// Recursion that outgrows the stack again and again; spinDeep has a hundred of these above it.
//
//go:noinline
func descend(depth int) uint64 {
	var frame [100]uint64
	frame[depth%100] = sink
	if depth == 0 {
		spinDeep()
		return frame[0]
	}
	sum := descend(depth-1) + frame[depth%100]
	if depth%10 == 0 {
		spinBack()
	}
	return sum
}

//go:noinline
func fall(rounds int, done chan bool) {
	for range rounds {
		fresh := make(chan bool)
		go func() {
			sink += descend(99)
			fresh <- true
		}()
		<-fresh
	}
	done <- true
}

//go:noinline
func yield(rounds int, done chan bool) {
	yieldInner(rounds)
	done <- true
}

//go:noinline
func yieldInner(rounds int) {
	for range rounds {
		runtime.Gosched()
		spinYield()
	}
}

//go:noinline
func each[T any](values []T, do func(T)) {
	for _, value := range values {
		runtime.Gosched()
		do(value)
	}
}

//go:noinline
func nap(rounds int) {
	napInner(rounds)
	sink++
}

//go:noinline
func napInner(rounds int) {
	for range rounds {
		time.Sleep(2 * time.Millisecond)
	}
}

func main() {
	const rounds = 1500
	t := &table{make(chan int), make(chan int)}
	done := make(chan bool)
	go receive(t)
	go fall(rounds, done)
	go yield(rounds, done)
	go yield(rounds, done)
	t.serve(rounds)
	for range 3 {
		<-done
	}
	each(make([]string, rounds), func(string) { spinGeneric() })
	nap(25)
}
