// SPDX-License-Identifier: Apache-2.0

package versus

import (
	"encoding/binary"
	"fmt"
	"sort"
	"time"

	"golang.org/x/sys/unix"
)

var started = time.Now()

// now returns seconds of a clock that never goes back.
func now() float64 { return time.Since(started).Seconds() }

// cpu is the processor time, in seconds, that both ends have taken.
type cpu struct{ mine, theirs float64 }

// cpuWith reads the clocks of this process and of another one, if there is one.
func cpuWith(other int) cpu {
	result := cpu{mine: clockOf(unix.CLOCK_PROCESS_CPUTIME_ID)}
	if other > 0 {
		// What clock_getcpuclockid(3) makes of a process.
		result.theirs = clockOf(int32(^other<<3 | 2))
	}
	return result
}

func clockOf(clock int32) float64 {
	var t unix.Timespec
	if unix.ClockGettime(clock, &t) != nil {
		return 0
	}
	return float64(t.Nano()) * 1e-9
}

// roundLine is what the loading end answers: SECONDS CPU CPU-OF-PID BYTES.
func roundLine(before, after cpu, seconds float64, bytes uint64) string {
	return fmt.Sprintf("%.6f %.6f %.6f %d", seconds,
		after.mine-before.mine, after.theirs-before.theirs, bytes)
}

// summary is "COUNT P50 P99 MAX" of seconds, in microseconds.
func summary(times []float64) string {
	if len(times) == 0 {
		return "0 0 0 0"
	}
	sort.Float64s(times)
	at := func(part float64) float64 {
		return times[min(len(times)-1, int(float64(len(times))*part))] * 1e6
	}
	return fmt.Sprintf("%d %.1f %.1f %.1f", len(times), at(0.5), at(0.99), at(1))
}

// roundClock is the receiver's: it counts the bytes of a round and how long
// they took.
type roundClock struct {
	bytes       uint64
	first, last float64
}

func (r *roundClock) arrived(size int) {
	r.last = now()
	if r.bytes == 0 {
		r.first = r.last
	}
	r.bytes += uint64(size)
}

// finish ends the round. It returns its bytes and nanoseconds as a message.
func (r *roundClock) finish() []byte {
	out := binary.LittleEndian.AppendUint64(nil, r.bytes)
	out = binary.LittleEndian.AppendUint64(out, uint64((r.last-r.first)*1e9))
	*r = roundClock{}
	return out
}

// roundEnd reads what finish made.
func roundEnd(content []byte) (bytes uint64, seconds float64) {
	return binary.LittleEndian.Uint64(content),
		float64(binary.LittleEndian.Uint64(content[8:])) * 1e-9
}
