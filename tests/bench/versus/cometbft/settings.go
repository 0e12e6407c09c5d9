// SPDX-License-Identifier: Apache-2.0

package versus

import (
	"time"

	"github.com/cosmos/gogoproto/proto"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/p2p/conn"
	"github.com/cometbft/cometbft/proto/tendermint/mempool"
)

// The channels of a measurement: what is counted, what is echoed, and what only
// floods.
const (
	dataChannel  = byte(0x70)
	echoChannel  = byte(0x71)
	floodChannel = byte(0x72)
)

const (
	floodSize = 64 * 1024
	maxPeers  = 15000
)

// measured are the IDs of these channels.
var measured = []byte{dataChannel, echoChannel, floodChannel}

// level says what is measured.
type level struct {
	defaults bool // With the rates and the flush throttle of the release.
	many     bool // With the ten channels of a CometBFT node instead.
	wide     bool // With thirteen channels more.
}

func p2pConfig(l level) *config.P2PConfig {
	cfg := config.DefaultP2PConfig()
	cfg.AllowDuplicateIP = true // All of them are on one host.
	cfg.MaxNumInboundPeers = maxPeers
	cfg.MaxNumOutboundPeers = maxPeers
	if !l.defaults {
		cfg.SendRate, cfg.RecvRate = 0, 0
		cfg.FlushThrottleTimeout = 10 * time.Millisecond // v0.40's default.
	}
	return cfg
}

// On the wire, mempool.Message{Txs{[content]}} is what Troupe's EchoMessage is
// with a ping: a wrapper around a message with one field of bytes.
func prototype() proto.Message { return &mempool.Message{} }

func wrap(content []byte) *mempool.Txs { return &mempool.Txs{Txs: [][]byte{content}} }

func channels(l level) []*conn.ChannelDescriptor {
	if l.many {
		return nodeChannels()
	}
	one := func(id byte, priority int) *conn.ChannelDescriptor {
		return &conn.ChannelDescriptor{ID: id, Priority: priority, SendQueueCapacity: 100,
			RecvMessageCapacity: 22020096, MessageType: prototype()}
	}
	result := []*conn.ChannelDescriptor{
		one(dataChannel, 1), one(echoChannel, 10), one(floodChannel, 1)}
	for id := floodChannel + 1; l.wide && len(result) < 16; id++ {
		result = append(result, one(id, 1))
	}
	return result
}

// nodeChannels are those of a CometBFT node, with their capacities.
func nodeChannels() []*conn.ChannelDescriptor {
	one := func(id byte, priority, send, buffer, message int) *conn.ChannelDescriptor {
		return &conn.ChannelDescriptor{ID: id, Priority: priority, SendQueueCapacity: send,
			RecvBufferCapacity: buffer, RecvMessageCapacity: message, MessageType: prototype()}
	}
	const mib = 1 << 20
	return []*conn.ChannelDescriptor{
		one(0x00, 1, 10, 0, 64000),       // PEX
		one(0x20, 6, 100, 0, mib),        // consensus state
		one(0x21, 10, 100, 50*4096, mib), // consensus data
		one(0x22, 7, 100, 100*100, mib),  // votes
		one(0x23, 1, 2, 1024, mib),       // vote set bits
		one(0x30, 5, 0, 0, mib),          // mempool
		one(0x38, 6, 0, 0, mib),          // evidence
		one(0x40, 5, 1000, 50*4096, 1e8), // block sync
		one(0x60, 5, 10, 0, 4000000),     // snapshots
		one(0x61, 3, 10, 0, 16000000),    // chunks
	}
}

func newKey() *p2p.NodeKey { return &p2p.NodeKey{PrivKey: ed25519.GenPrivKey()} }

func nodeInfo(key *p2p.NodeKey, address string, ids []byte) p2p.DefaultNodeInfo {
	return p2p.DefaultNodeInfo{
		ProtocolVersion: p2p.NewProtocolVersion(8, 11, 0),
		DefaultNodeID:   key.ID(),
		ListenAddr:      "tcp://" + address,
		Network:         "bench",
		Version:         "0.38.0",
		Channels:        ids,
		Moniker:         "bench",
		Other:           p2p.DefaultNodeInfoOther{TxIndex: "off"},
	}
}
