// SPDX-License-Identifier: Apache-2.0

package versus

import (
	"encoding/binary"
	"sync"
	"time"
)

// link is one connection at either level. Its send blocks while the queue of the
// channel is full.
type link interface {
	send(channel byte, content []byte) bool
}

// counter is the serving application: it counts what is bulk, answers the end of
// a round, and echoes.
type counter struct{ rounds [2]roundClock }

func (c *counter) got(from link, channel byte, content []byte) {
	if channel == echoChannel {
		// A connection uses its buffer again.
		from.send(channel, append([]byte(nil), content...))
		return
	}
	round := &c.rounds[0]
	if channel == floodChannel {
		round = &c.rounds[1]
	}
	if len(content) > 1 {
		round.arrived(len(content))
		return
	}
	from.send(channel, round.finish())
}

// loader is the loading application: it sends what commands ask for.
type loader struct {
	to    link
	other int // The process that serves.
	done  chan string

	mu       sync.Mutex // Guards what both the reader and commands see:
	times    []float64
	until    float64
	oneByOne bool
	before   cpu
}

func newLoader(other int) *loader {
	return &loader{other: other, done: make(chan string, 1)}
}

func (l *loader) command(words []string) string {
	switch {
	case words[0] == "tput" && len(words) > 2:
		l.begin(false, 0)
		return l.bulk(number(words[1]), number(words[2]))
	case words[0] == "echo" && len(words) > 1:
		l.begin(true, number(words[1]))
		l.ping(64)
		return <-l.done
	case words[0] == "prio" && len(words) > 1:
		until := l.begin(false, number(words[1]))
		result := l.pingsBesideFlood(until)
		l.mu.Lock()
		defer l.mu.Unlock()
		return summary(l.times) + " " + result
	}
	return unknown(words)
}

// begin returns when pings end.
func (l *loader) begin(oneByOne bool, milliseconds int) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.times = nil
	l.oneByOne = oneByOne
	l.until = now() + float64(milliseconds)/1000
	l.before = cpuWith(l.other)
	return l.until
}

func (l *loader) bulk(size, bytes int) string {
	body := make([]byte, size)
	for left := bytes / size; left > 0; left-- {
		l.to.send(dataChannel, body)
	}
	l.to.send(dataChannel, []byte{0})
	return <-l.done
}

// pingsBesideFlood pings each 5 ms until then, and answers for the flood.
func (l *loader) pingsBesideFlood(until float64) string {
	ended := make(chan bool)
	go func() {
		body := make([]byte, floodSize)
		for now() < until {
			l.to.send(floodChannel, body)
		}
		close(ended)
	}()
	ticks := time.NewTicker(5 * time.Millisecond)
	for now() < until {
		<-ticks.C
		l.ping(100)
	}
	ticks.Stop()
	<-ended
	l.to.send(floodChannel, []byte{0})
	return <-l.done
}

func (l *loader) ping(size int) {
	content := make([]byte, size)
	binary.LittleEndian.PutUint64(content, uint64(now()*1e9))
	l.to.send(echoChannel, content)
}

func (l *loader) got(channel byte, content []byte) {
	if channel == echoChannel {
		l.pong(float64(binary.LittleEndian.Uint64(content)) * 1e-9)
		return
	}
	after := cpuWith(l.other)
	bytes, seconds := roundEnd(content)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done <- roundLine(l.before, after, seconds, bytes)
}

func (l *loader) pong(sent float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.times = append(l.times, now()-sent)
	if !l.oneByOne {
		return
	}
	if now() < l.until {
		l.ping(64)
	} else {
		l.done <- summary(l.times)
	}
}
