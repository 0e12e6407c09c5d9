// SPDX-License-Identifier: Apache-2.0

package versus

import (
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cometbft/cometbft/p2p"
)

// broadcast sends to all peers, and keeps what the slowest of them has not
// acknowledged below a limit.
type broadcast struct {
	mu    sync.Mutex
	wake  *sync.Cond
	begun atomic.Bool
	peers map[p2p.ID]uint64 // How many messages each has acknowledged.
	sent  uint64
	sw    *p2p.Switch
}

func newBroadcast() *broadcast {
	b := &broadcast{peers: map[p2p.ID]uint64{}}
	b.wake = sync.NewCond(&b.mu)
	return b
}

func (b *broadcast) added(id p2p.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.peers[id] = 0
}

func (b *broadcast) removed(id p2p.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.peers, id)
}

func (b *broadcast) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.peers)
}

// acknowledged takes a message that is an acknowledgement, as all are after the
// first broadcast, and tells whether it was one.
func (b *broadcast) acknowledged(id p2p.ID, content []byte) bool {
	// A measurement without broadcasts is not to pay for the lock.
	if !b.begun.Load() || len(content) < 8 {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.peers[id] = binary.LittleEndian.Uint64(content)
	b.wake.Signal()
	return true
}

// run answers SECONDS CPU once all peers have all messages.
func (b *broadcast) run(size int, count uint64) string {
	body := make([]byte, size)
	ahead := uint64(max(16, min(256, 1024*1024/max(1, size))))
	before, begin := cpuWith(0), time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.begun.Store(true)
	end := b.sent + count
	for b.sent < end {
		if b.sent >= b.least()+ahead {
			b.wake.Wait()
			continue
		}
		b.sent++
		b.mu.Unlock()
		b.toAll(body)
		b.mu.Lock()
	}
	for b.least() < end {
		b.wake.Wait()
	}
	return fmt.Sprintf("%.6f %.6f", time.Since(begin).Seconds(), cpuWith(0).mine-before.mine)
}

// toAll does what the reactors of a release do; v0.40 has a function for it
// that v0.38 lacks.
func (b *broadcast) toAll(body []byte) {
	e := p2p.Envelope{ChannelID: dataChannel, Message: wrap(body)}
	if async, has := any(b.sw).(interface{ BroadcastAsync(p2p.Envelope) }); has {
		async.BroadcastAsync(e)
	} else {
		b.sw.Broadcast(e)
	}
}

func (b *broadcast) least() uint64 {
	least := ^uint64(0)
	for _, n := range b.peers {
		least = min(least, n)
	}
	return least
}
