// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"sync"

	"github.com/cometbft/cometbft/p2p"
	"troupe.test/gopeer"
)

// reactor answers pings on all its channels and reports peers. Messages have no
// order here, so that it counts, but never compares with the one before.
type reactor struct {
	p2p.BaseReactor
	out      *events
	channels []*p2p.ChannelDescriptor

	mu     sync.Mutex
	peers  map[p2p.ID]p2p.Peer
	counts map[byte]*counts
	jobs   map[uint64]*job // By the sequence number of a ping.
	next   uint64          // Sequence number of the next ping.
	held   chan struct{}   // Not nil: receiving waits until it is closed.
}

// counts are of one channel, over all peers.
type counts struct {
	Pings    int64 `json:"pings"`    // received
	Pongs    int64 `json:"pongs"`    // received
	Bytes    int64 `json:"bytes"`    // content of both
	Verified int64 `json:"verified"` // pings whose content is a payload
}

// job waits for the pongs of a ping command.
type job struct {
	size     int
	answered chan uint64
}

func newReactor(o *options, out *events) *reactor {
	r := &reactor{out: out, peers: map[p2p.ID]p2p.Peer{}, counts: map[byte]*counts{}, jobs: map[uint64]*job{}, next: 1}
	for i, c := range o.channels {
		capacity := 22020096
		if i == 0 {
			capacity = o.capacity
		}
		r.channels = append(r.channels, &p2p.ChannelDescriptor{ID: c.id, Priority: c.priority,
			RecvMessageCapacity: capacity, MessageType: &gopeer.EchoMessage{}})
		r.counts[c.id] = &counts{}
	}
	r.BaseReactor = *p2p.NewBaseReactor("echo", r)
	return r
}

func (r *reactor) GetChannels() []*p2p.ChannelDescriptor { return r.channels }

func (r *reactor) AddPeer(peer p2p.Peer) {
	r.mu.Lock()
	r.peers[peer.ID()] = peer
	r.mu.Unlock()
	r.out.emit("peer_up", "peer", string(peer.ID()), "address", peer.SocketAddr().String(), "persistent", peer.IsPersistent())
}

func (r *reactor) RemovePeer(peer p2p.Peer, reason any) {
	r.mu.Lock()
	delete(r.peers, peer.ID())
	r.mu.Unlock()
	r.out.emit("peer_down", "peer", string(peer.ID()), "reason", fmt.Sprint(reason))
}

func (r *reactor) Receive(e p2p.Envelope) {
	r.mu.Lock()
	held := r.held
	r.mu.Unlock()
	if held != nil {
		<-held
	}
	switch message := e.Message.(type) {
	case *gopeer.PingMessage:
		r.count(e.ChannelID, message.Content, func(c *counts) {
			c.Pings++
			if gopeer.IsPayload(message.Content) {
				c.Verified++
			}
		})
		e.Src.Send(p2p.Envelope{ChannelID: e.ChannelID, Message: &gopeer.PongMessage{Content: message.Content}})
	case *gopeer.PongMessage:
		r.count(e.ChannelID, message.Content, func(c *counts) { c.Pongs++ })
		r.pong(message.Content)
	}
}

func (r *reactor) count(channel byte, content []byte, change func(*counts)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.counts[channel]
	c.Bytes += int64(len(content))
	change(c)
}

// pong hands an answer to whoever waits for it. Whatever is none is only counted.
func (r *reactor) pong(content []byte) {
	sequence, whole := gopeer.SequenceOf(content)
	r.mu.Lock()
	j := r.jobs[sequence]
	if whole && j != nil && len(content) == j.size && gopeer.IsPayload(content) {
		delete(r.jobs, sequence)
		r.mu.Unlock()
		j.answered <- sequence
		return
	}
	r.mu.Unlock()
}

// begin takes sequence numbers for that many pings.
func (r *reactor) begin(size, count int) (first uint64, j *job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	first = r.next
	r.next += uint64(count)
	j = &job{size, make(chan uint64, count)}
	for i := range count {
		r.jobs[first+uint64(i)] = j
	}
	return first, j
}

func (r *reactor) end(first uint64, count int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range count {
		delete(r.jobs, first+uint64(i))
	}
}

func (r *reactor) peer(id string) (p2p.Peer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if peer := r.peers[p2p.ID(id)]; peer != nil {
		return peer, nil
	}
	return nil, fmt.Errorf("no peer %s", id)
}

func (r *reactor) hold(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if on && r.held == nil {
		r.held = make(chan struct{})
	} else if !on && r.held != nil {
		close(r.held)
		r.held = nil
	}
}

func (r *reactor) stats() map[string]counts {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]counts{}
	for id, c := range r.counts {
		out[fmt.Sprintf("%02x", id)] = *c
	}
	return out
}
