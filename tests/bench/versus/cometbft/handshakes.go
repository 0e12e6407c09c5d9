// SPDX-License-Identifier: Apache-2.0

package versus

import (
	"net"
	"sync"
	"time"
)

// handshakesAtOnce is how many are under way.
const handshakesAtOnce = 8

// handshakes makes connections to the process that serves, and ends them.
func handshakes(port string, count, other int) string {
	before, begin := cpuWith(other), time.Now()
	work := make(chan bool, count)
	for i := 0; i < count; i++ {
		work <- true
	}
	close(work)
	key := newKey()
	var all sync.WaitGroup
	for i := 0; i < handshakesAtOnce; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for range work {
				c, err := net.Dial("tcp", "127.0.0.1:"+port)
				check(err)
				secret, err := upgrade(c, key)
				check(err)
				secret.Close()
			}
		}()
	}
	all.Wait()
	return roundLine(before, cpuWith(other), time.Since(begin).Seconds(), uint64(count))
}
