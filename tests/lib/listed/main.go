// A program with methods, inlined calls, recursion and calls into the library, that profiles itself for a while:
// listed OUT [MILLISECONDS].
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"os"
	"runtime/pprof"
	"sort"
	"strconv"
	"time"
)

type shape interface{ area(n int) float64 }

type square struct{ side float64 }
type circle struct{ radius float64 }

func (s square) area(n int) float64 {
	sum := 0.0
	for i := 0; i < n; i++ {
		sum += s.side * s.side / float64(i+1)
	}
	return sum
}

func (c *circle) area(n int) float64 {
	sum := 0.0
	for i := 0; i < n; i++ {
		sum += c.radius * c.radius * 3.14 / float64(i+1)
	}
	return sum
}

func twice(x int) int { return x*2 + 1 }

func mix(n int) int {
	x := 1
	for i := 0; i < n; i++ {
		x = twice(x) ^ i
		x += func(y int) int { return y % 7 }(x)
	}
	return x
}

func pack(data []byte) int {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Len()
}

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func main() {
	f, _ := os.Create(os.Args[1])
	pprof.StartCPUProfile(f)
	ms := 1500
	if len(os.Args) > 2 {
		ms, _ = strconv.Atoi(os.Args[2])
	}
	end := time.Now().Add(time.Duration(ms) * time.Millisecond)
	shapes := []shape{square{2}, &circle{3}}
	data := make([]byte, 1<<16)
	total := 0
	for time.Now().Before(end) {
		for _, s := range shapes {
			total += int(s.area(200000))
		}
		total += mix(300000) + fib(24)
		h := sha256.Sum256(data)
		copy(data, h[:])
		total += pack(data)
		words := make([]string, 2000)
		for i := range words {
			words[i] = fmt.Sprint(i * 7919 % 2003)
		}
		sort.Strings(words)
	}
	pprof.StopCPUProfile()
	f.Close()
	fmt.Println(total)
}
