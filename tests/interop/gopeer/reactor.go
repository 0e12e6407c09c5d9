// SPDX-License-Identifier: Apache-2.0

package gopeer

import (
	"encoding/hex"
	"fmt"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/p2p/conn"
)

const sessionKey = "troupe.session"

// reactor answers pings on all its channels and reports peers.
type reactor struct {
	p2p.BaseReactor
	out      *events
	channels []*conn.ChannelDescriptor
	timeout  time.Duration
	sequence atomic.Uint64 // of the next ping this process sends

	mu       sync.Mutex
	sessions map[p2p.ID]*session
	counts   map[byte]*counts
	held     chan struct{} // not nil: receiving waits until it is closed
}

var _ p2p.Reactor = (*reactor)(nil)

// counts are of one channel, over all peers.
type counts struct {
	Pings       int64 `json:"pings"`       // received
	Pongs       int64 `json:"pongs"`       // received
	Bytes       int64 `json:"bytes"`       // content of both
	Verified    int64 `json:"verified"`    // pings whose content is a payload
	Disordered  int64 `json:"disordered"`  // verified pings behind a later one
	Unsolicited int64 `json:"unsolicited"` // pongs no command waits for
}

func newReactor(o *options, out *events) *reactor {
	r := &reactor{
		out:      out,
		channels: o.channels,
		timeout:  o.timeout,
		sessions: make(map[p2p.ID]*session),
		counts:   make(map[byte]*counts),
	}
	r.sequence.Store(1)
	for _, channel := range o.channels {
		r.counts[channel.ID] = new(counts)
	}
	r.BaseReactor = *p2p.NewBaseReactor("echo", r)
	return r
}

// -- the switch calls these ---------------------------------------------------

func (r *reactor) GetChannels() []*conn.ChannelDescriptor { return r.channels }

func (r *reactor) InitPeer(peer p2p.Peer) p2p.Peer {
	peer.Set(sessionKey, newSession(peer))
	return peer
}

func (r *reactor) AddPeer(peer p2p.Peer) {
	s := peer.Get(sessionKey).(*session)
	// The switch may remove a peer before it has added it, and even add another
	// one with the same ID in between.
	s.mu.Lock()
	if !s.ended {
		r.mu.Lock()
		r.sessions[peer.ID()] = s
		r.mu.Unlock()
	}
	s.mu.Unlock()
	r.out.emit("peer_up", describe(peer)...)

	s.mu.Lock()
	s.up = true
	ended := s.ended
	s.mu.Unlock()
	if ended {
		r.reportDown(s)
	}
}

func (r *reactor) RemovePeer(peer p2p.Peer, reason any) {
	s, ok := peer.Get(sessionKey).(*session)
	if !ok {
		return
	}
	s.end(reasonText(reason))
	r.reportDown(s)
}

func (r *reactor) Receive(e p2p.Envelope) {
	r.waitWhileHeld()
	s := e.Src.Get(sessionKey).(*session)
	switch msg := e.Message.(type) {
	case *PingMessage:
		verified := isPayload(msg.Content)
		ordered := !verified || s.inOrder(e.ChannelID, msg.Content)
		r.count(e.ChannelID, func(c *counts) {
			c.Pings++
			c.Bytes += int64(len(msg.Content))
			if verified {
				c.Verified++
			}
			if !ordered {
				c.Disordered++
			}
		})
		s.reply(e.ChannelID, &PongMessage{Content: msg.Content})
	case *PongMessage:
		wanted := s.pong(e.ChannelID, msg.Content)
		r.count(e.ChannelID, func(c *counts) {
			c.Pongs++
			c.Bytes += int64(len(msg.Content))
			if !wanted {
				c.Unsolicited++
			}
		})
	}
}

func (r *reactor) count(channel byte, update func(*counts)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	update(r.counts[channel])
}

// reportDown reports an end once, and only if the beginning was reported.
func (r *reactor) reportDown(s *session) {
	s.mu.Lock()
	report := s.up && s.ended
	s.up = s.up && !report
	s.mu.Unlock()
	if !report {
		return
	}
	id := s.peer.ID()
	r.mu.Lock()
	if r.sessions[id] == s {
		delete(r.sessions, id)
	}
	r.mu.Unlock()
	r.out.emit("peer_down", "id", id, "reason", s.reason)
}

func describe(peer p2p.Peer) []any {
	info := peer.NodeInfo().(p2p.DefaultNodeInfo)
	return []any{
		"id", peer.ID(),
		"outbound", peer.IsOutbound(),
		"persistent", peer.IsPersistent(),
		"remote", peer.RemoteAddr().String(),
		"moniker", info.Moniker,
		"network", info.Network,
		"version", info.Version,
		"channels", hex.EncodeToString(info.Channels),
		"listen_addr", info.ListenAddr,
		"protocol", info.ProtocolVersion,
		"tx_index", info.Other.TxIndex,
		"rpc_address", info.Other.RPCAddress,
	}
}

// -- the commands call these --------------------------------------------------

func (r *reactor) session(id string) (*session, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.sessions[p2p.ID(id)]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("no peer %s", id)
}

func (r *reactor) peers() []*session {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]*session, 0, len(r.sessions))
	for _, s := range r.sessions {
		out = append(out, s)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].peer.ID() < out[j].peer.ID() })
	return out
}

func (r *reactor) stats() map[string]counts {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make(map[string]counts)
	for id, c := range r.counts {
		out[channelText(id)] = *c
	}
	return out
}

func channelText(id byte) string { return fmt.Sprintf("%02x", id) }

// ping sends pings without waiting in between and returns when all pongs came.
func (r *reactor) ping(s *session, channel byte, size, count int) (answered int, err error) {
	job := newPingJob(r.sequence.Add(uint64(count))-uint64(count), size, count)
	if err := s.begin(channel, job); err != nil {
		return 0, err
	}
	defer func() { answered = s.finish(channel) }()
	sent := make(chan error, 1)
	go func() {
		for i := 0; i < count; i++ {
			content := payload(job.base+uint64(i), size)
			if err := s.send(channel, &PingMessage{Content: content}); err != nil {
				sent <- fmt.Errorf("ping %d: %w", i, err)
				return
			}
		}
	}()
	for {
		select {
		case err := <-job.finished:
			return 0, err
		case err := <-sent:
			return 0, err
		case <-s.gone:
			return 0, fmt.Errorf("the peer went away: %s", s.reason)
		case <-job.progress:
		case <-time.After(r.timeout):
			return 0, fmt.Errorf("no pong for %v", r.timeout)
		}
	}
}

// blast sends without waiting for answers.
func (r *reactor) blast(s *session, channel byte, size, count int, pongs bool) (sent int, err error) {
	base := r.sequence.Add(uint64(count)) - uint64(count)
	for ; sent < count; sent++ {
		content := payload(base+uint64(sent), size)
		if pongs {
			err = s.send(channel, &PongMessage{Content: content})
		} else {
			err = s.send(channel, &PingMessage{Content: content})
		}
		if err != nil {
			return sent, err
		}
	}
	return sent, nil
}

// hold makes receiving wait, so that the connections stop reading.
func (r *reactor) hold(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case on && r.held == nil:
		r.held = make(chan struct{})
	case !on && r.held != nil:
		close(r.held)
		r.held = nil
	}
}

// release ends what would keep the switch from stopping cleanly.
func (r *reactor) release() {
	r.hold(false)
	for _, s := range r.peers() {
		s.end(stopped)
	}
}

func (r *reactor) waitWhileHeld() {
	r.mu.Lock()
	held := r.held
	r.mu.Unlock()
	if held != nil {
		<-held
	}
}
