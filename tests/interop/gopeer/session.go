// SPDX-License-Identifier: Apache-2.0

package gopeer

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cosmos/gogoproto/proto"

	"github.com/cometbft/cometbft/p2p"
)

// session is one connection to a peer, as the reactor sees it.
type session struct {
	peer p2p.Peer
	gone chan struct{} // closed when the connection ended

	mu       sync.Mutex
	up       bool   // reported as up
	ended    bool   // gone is closed
	reason   string // why it ended
	replies  map[byte]*replies
	pings    map[byte]*pingJob
	lastSeen map[byte]uint64 // sequence number of the last ping, by channel
}

func newSession(peer p2p.Peer) *session {
	return &session{
		peer:     peer,
		gone:     make(chan struct{}),
		replies:  make(map[byte]*replies),
		pings:    make(map[byte]*pingJob),
		lastSeen: make(map[byte]uint64),
	}
}

func (s *session) end(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.ended, s.reason = true, reason
	close(s.gone)
}

// CometBFT's Send gives up when it has waited this long.
const sendPatience = 10 * time.Second

var (
	errQueueFull = errors.New("the send queue stayed full")
	errGone      = errors.New("the peer went away")
)

// send waits for room in the channel's queue. Send tells only that it failed;
// the rest is told by the channels of the peer and by the time.
func (s *session) send(channel byte, msg proto.Message) error {
	start := time.Now()
	if s.peer.Send(p2p.Envelope{ChannelID: channel, Message: msg}) {
		return nil
	}
	info := s.peer.NodeInfo().(p2p.DefaultNodeInfo)
	switch {
	case !info.HasChannel(channel):
		return fmt.Errorf("the peer does not have channel %02x", channel)
	case time.Since(start) >= sendPatience:
		return errQueueFull
	}
	return errGone
}

// replies are pongs that wait for room in a channel's send queue. Receiving
// must not wait for that room: two peers that ping each other would each stop
// reading until the other reads.
type replies struct {
	mu      sync.Mutex
	waiting []*PongMessage
	wake    chan struct{}
}

func (s *session) reply(channel byte, pong *PongMessage) {
	s.mu.Lock()
	queue := s.replies[channel]
	if queue == nil {
		queue = &replies{wake: make(chan struct{}, 1)}
		s.replies[channel] = queue
		go s.sendReplies(channel, queue)
	}
	s.mu.Unlock()

	queue.mu.Lock()
	queue.waiting = append(queue.waiting, pong)
	queue.mu.Unlock()
	select {
	case queue.wake <- struct{}{}:
	default:
	}
}

func (s *session) sendReplies(channel byte, queue *replies) {
	for {
		select {
		case <-queue.wake:
		case <-s.gone:
			return
		}
		queue.mu.Lock()
		batch := queue.waiting
		queue.waiting = nil
		queue.mu.Unlock()
		for _, pong := range batch {
			err := s.send(channel, pong)
			for errors.Is(err, errQueueFull) {
				err = s.send(channel, pong)
			}
			if err != nil {
				return
			}
		}
	}
}

// inOrder tells whether the ping comes later than the one before it.
func (s *session) inOrder(channel byte, content []byte) bool {
	sequence, whole := sequenceOf(content)
	if !whole {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	last, any := s.lastSeen[channel]
	s.lastSeen[channel] = sequence
	return !any || sequence > last
}

// pingJob checks the pongs of one 'ping' command.
type pingJob struct {
	base     uint64 // sequence number of the first ping
	size     int
	count    int
	answered int
	progress chan struct{}
	finished chan error
}

func newPingJob(base uint64, size, count int) *pingJob {
	return &pingJob{
		base: base, size: size, count: count,
		progress: make(chan struct{}, 1), finished: make(chan error, 1),
	}
}

// begin makes the job the one that pongs on this channel belong to.
func (s *session) begin(channel byte, job *pingJob) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pings[channel] != nil {
		return fmt.Errorf("channel %02x has a ping command running", channel)
	}
	s.pings[channel] = job
	return nil
}

func (s *session) finish(channel byte) (answered int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answered = s.pings[channel].answered
	delete(s.pings, channel)
	return answered
}

// pong hands a pong to the running job; false if no job asked for it.
func (s *session) pong(channel byte, content []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	job := s.pings[channel]
	if job == nil {
		return false
	}
	if sequence, whole := sequenceOf(content); whole && sequence < job.base {
		return false // An answer to an earlier command.
	}
	want := payload(job.base+uint64(job.answered), job.size)
	if !bytes.Equal(content, want) {
		job.end(mismatch(job.answered, content, want))
		return true
	}
	job.answered++
	if job.answered == job.count {
		job.end(nil)
	}
	select {
	case job.progress <- struct{}{}:
	default:
	}
	return true
}

func (j *pingJob) end(err error) {
	select {
	case j.finished <- err:
	default:
	}
}

func mismatch(index int, got, want []byte) error {
	if len(got) != len(want) {
		return fmt.Errorf("pong %d has %d bytes instead of %d", index, len(got), len(want))
	}
	i := 0
	for got[i] == want[i] {
		i++
	}
	if i < sequenceSize {
		return fmt.Errorf("pong %d is out of order or another's answer", index)
	}
	return fmt.Errorf("pong %d differs from byte %d on", index, i)
}
