// SPDX-License-Identifier: Apache-2.0

// Package measured makes nodes of CometBFT whose peers somebody counts: its
// switch and its PEX reactor, with the settings that a node has by default.
package measured

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/p2p/conn"
	"github.com/cometbft/cometbft/p2p/pex"
	tmp2p "github.com/cometbft/cometbft/proto/tendermint/p2p"
	"github.com/cometbft/cometbft/version"
)

// echoChannel is what the nodes of Troupe's benchmarks have, too.
const echoChannel = byte(0x70)

// seedPatience is how long a seed keeps those it dialed, at least.
const seedPatience = 28 * time.Hour

// Options say what a node does.
type Options struct {
	Network  string
	Moniker  string
	Book     string // File of the address book, which may be filled already.
	Slots    int    // Outbound peers to look for.
	Listen   bool   // On loopback.
	Seeds    []string
	SeedMode bool
	Changed  func(Count) // Called when peers come and go, one call at a time.
	Ignore   p2p.ID      // Never counts.
}

// Count is of peers.
type Count struct{ Outbound, Inbound int }

// Node is a switch, and a reactor that counts its peers.
type Node struct {
	p2p.BaseReactor
	Switch  *p2p.Switch
	Address *p2p.NetAddress // Where it listens, if it does.

	options   Options
	transport *p2p.MultiplexTransport
	mu        sync.Mutex
	count     Count
}

// New makes a node that listens, if it shall, and starts with its switch.
func New(o Options) (*Node, error) {
	cfg := config.DefaultP2PConfig()
	cfg.AllowDuplicateIP = true // All of them are on one host.
	cfg.AddrBookStrict = false  // Loopback is not routable.
	cfg.MaxNumOutboundPeers = o.Slots
	key := p2p.NodeKey{PrivKey: ed25519.GenPrivKey()}
	endpoint := "0.0.0.0:0" // Whoever only dials must have one all the same.
	if o.Listen {
		var err error
		if endpoint, err = freeEndpoint(); err != nil {
			return nil, err
		}
	}
	info := p2p.DefaultNodeInfo{
		ProtocolVersion: p2p.NewProtocolVersion(version.P2PProtocol, version.BlockProtocol, 0),
		DefaultNodeID:   key.ID(),
		ListenAddr:      "tcp://" + endpoint,
		Network:         o.Network,
		Version:         Release(),
		Channels:        []byte{pex.PexChannel, echoChannel},
		Moniker:         o.Moniker,
		Other:           p2p.DefaultNodeInfoOther{TxIndex: "off"},
	}
	n := &Node{options: o, transport: p2p.NewMultiplexTransport(info, key, p2p.MConnConfig(cfg))}
	n.BaseReactor = *p2p.NewBaseReactor("measured", n)
	book := pex.NewAddrBook(o.Book, cfg.AddrBookStrict)
	n.Switch = p2p.NewSwitch(cfg, n.transport)
	n.Switch.SetNodeInfo(info)
	n.Switch.SetNodeKey(&key)
	n.Switch.SetAddrBook(book)
	n.Switch.AddReactor("measured", n)
	n.Switch.AddReactor("PEX", pex.NewReactor(book, &pex.ReactorConfig{
		Seeds: o.Seeds, SeedMode: o.SeedMode, SeedDisconnectWaitPeriod: seedPatience,
	}))
	if !o.Listen {
		return n, nil
	}
	own, err := p2p.NewNetAddressString(p2p.IDAddressString(key.ID(), endpoint))
	if err != nil {
		return nil, err
	}
	n.Address = own
	book.AddOurAddress(own)
	return n, n.transport.Listen(*own)
}

// freeEndpoint returns a port that was free a moment ago.
func freeEndpoint() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// Close ends the node and its connections.
func (n *Node) Close() {
	_ = n.Switch.Stop()
	_ = n.transport.Close()
}

// GetChannels implements p2p.Reactor.
func (*Node) GetChannels() []*conn.ChannelDescriptor {
	return []*conn.ChannelDescriptor{{
		ID: echoChannel, Priority: 1, MessageType: &tmp2p.Message{},
	}}
}

// AddPeer implements p2p.Reactor.
func (n *Node) AddPeer(peer p2p.Peer) { n.update(peer, 1) }

// RemovePeer implements p2p.Reactor.
func (n *Node) RemovePeer(peer p2p.Peer, _ any) { n.update(peer, -1) }

func (n *Node) update(peer p2p.Peer, by int) {
	if n.options.Changed == nil || peer.ID() == n.options.Ignore {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if peer.IsOutbound() {
		n.count.Outbound += by
	} else {
		n.count.Inbound += by
	}
	n.options.Changed(n.count)
}

// -- events -------------------------------------------------------------------

// Release is the version of CometBFT in this program.
func Release() string {
	info, _ := debug.ReadBuildInfo()
	for _, dep := range info.Deps {
		if dep.Path == "github.com/cometbft/cometbft" {
			return strings.TrimPrefix(dep.Version, "v")
		}
	}
	return "unknown"
}

// Print writes an event; pairs are names and values.
func Print(kind string, pairs ...any) {
	event := map[string]any{"event": kind}
	for i := 0; i+1 < len(pairs); i += 2 {
		event[pairs[i].(string)] = pairs[i+1]
	}
	line, err := json.Marshal(event)
	if err != nil {
		panic(errors.Join(errors.New("unprintable event"), err))
	}
	fmt.Println(string(line))
}
