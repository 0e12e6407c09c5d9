// SPDX-License-Identifier: Apache-2.0

package versus

import (
	"fmt"
	"net"

	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/p2p/conn"
	"github.com/cometbft/cometbft/proto/tendermint/mempool"
)

// plink is a peer of a switch.
type plink struct{ p2p.Peer }

func (l plink) send(channel byte, content []byte) bool {
	return l.Send(p2p.Envelope{ChannelID: channel, Message: wrap(content)})
}

// reactor is the application's side of a switch, at both ends.
type reactor struct {
	p2p.BaseReactor
	level   level
	got     func(from plink, channel byte, content []byte)
	added   func(plink)
	removed func(plink)
}

// GetChannels is called when the reactor is added.
func (r *reactor) GetChannels() []*conn.ChannelDescriptor { return channels(r.level) }

// AddPeer is called when a peer has connected.
func (r *reactor) AddPeer(p p2p.Peer) { r.added(plink{p}) }

// RemovePeer is called when a peer is gone.
func (r *reactor) RemovePeer(p p2p.Peer, _ any) { r.removed(plink{p}) }

// Receive is called by the thread that reads from that peer.
func (r *reactor) Receive(e p2p.Envelope) {
	r.got(plink{e.Src}, e.ChannelID, e.Message.(*mempool.Txs).Txs[0])
}

// startSwitch returns the port at which it listens.
func startSwitch(r *reactor) (sw *p2p.Switch, key *p2p.NodeKey, port int) {
	key = newKey()
	address := freeEndpoint()
	var ids []byte
	for _, c := range r.GetChannels() {
		ids = append(ids, c.ID)
	}
	info := nodeInfo(key, address, ids)
	cfg := p2pConfig(r.level)
	transport := p2p.NewMultiplexTransport(info, *key, p2p.MConnConfig(cfg))
	p2p.MultiplexTransportMaxIncomingConnections(maxPeers)(transport)
	where, err := p2p.NewNetAddressString(p2p.IDAddressString(key.ID(), address))
	check(err)
	check(transport.Listen(*where))
	sw = p2p.NewSwitch(cfg, transport)
	sw.SetNodeInfo(info)
	sw.SetNodeKey(key)
	sw.SetAddrBook(&p2p.AddrBookMock{Addrs: map[string]struct{}{},
		OurAddrs: map[string]struct{}{}, PrivateAddrs: map[string]struct{}{}})
	r.BaseReactor = *p2p.NewBaseReactor("bench", r)
	sw.AddReactor("bench", r)
	check(sw.Start())
	return sw, key, int(where.Port)
}

// freeEndpoint is needed because a switch is to know its port before it listens.
func freeEndpoint() string {
	probe, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	defer probe.Close()
	return probe.Addr().String()
}

func serveNode(l level) {
	app := new(counter)
	all := newBroadcast()
	r := &reactor{
		level:   l,
		added:   func(p plink) { all.added(p.ID()) },
		removed: func(p plink) { all.removed(p.ID()) },
		got: func(from plink, channel byte, content []byte) {
			if channel != dataChannel || !all.acknowledged(from.ID(), content) {
				app.got(from, channel, content)
			}
		},
	}
	sw, key, port := startSwitch(r)
	all.sw = sw
	fmt.Println(port, key.ID())
	converse(func(words []string) string {
		switch {
		case words[0] == "peers":
			return fmt.Sprint(all.count())
		case words[0] == "bcast" && len(words) > 2:
			return all.run(number(words[1]), uint64(number(words[2])))
		}
		return unknown(words)
	})
}

func loadNode(port, id string, other int, l level) {
	app := newLoader(other)
	up := make(chan bool, 1)
	r := &reactor{
		level: l,
		added: func(p plink) {
			if app.to == nil {
				app.to = p
				up <- true
			}
		},
		removed: func(plink) {},
		got:     func(_ plink, channel byte, content []byte) { app.got(channel, content) },
	}
	sw, key, mine := startSwitch(r)
	where, err := p2p.NewNetAddressString(id + "@127.0.0.1:" + port)
	check(err)
	check(sw.DialPeerWithAddress(where))
	<-up
	fmt.Println("ready", mine, key.ID())
	converse(app.command)
}
