// SPDX-License-Identifier: Apache-2.0

// Says how long CometBFT takes to fill its outgoing slots from an address book:
// its switch, with the PEX reactor that looks after that, as a node has them.
//
//	cometbft-fill -addresses FILE [-slots N] [-switches N] [-timeout D]
//
// FILE holds an address a line, ID@HOST:PORT. Each switch has a book of its own
// with all of them; they run at the same time, for most of it they wait. Prints
// a JSON object a line.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
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

// echoChannel is what the nodes at the addresses have, too.
const echoChannel = byte(0x70)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "fill:", err)
		os.Exit(1)
	}
}

func run() error {
	file := flag.String("addresses", "", "`file` with an address a line")
	slots := flag.Int("slots", 10, "outgoing peers wanted")
	switches := flag.Int("switches", 1, "how many switches do it, at the same time")
	network := flag.String("network", "bench", "network (chain ID)")
	timeout := flag.Duration("timeout", 15*time.Minute, "when to give up")
	flag.Parse()

	addresses, err := readAddresses(*file)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "cometbft-fill.")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)

	var fillers []*filler
	for i := 0; i < *switches; i++ {
		book := filepath.Join(folder, fmt.Sprintf("addrbook-%d.json", i))
		if err := writeBook(book, addresses); err != nil {
			return err
		}
		fillers = append(fillers, newFiller(book, *network, *slots))
	}
	print("begins", "release", release(), "addresses", len(addresses), "switches", *switches)
	late := time.After(*timeout)
	for _, f := range fillers {
		f.start = time.Now()
		if err := f.sw.Start(); err != nil {
			return err
		}
	}
	for i, f := range fillers {
		select {
		case seconds := <-f.filled:
			print("filled", "switch", i, "seconds", seconds)
		case <-late:
			return fmt.Errorf("switch %d has not filled its slots after %v", i, *timeout)
		}
	}
	print("ended")
	for _, f := range fillers {
		_ = f.sw.Stop()
	}
	return nil
}

func readAddresses(file string) ([]*p2p.NetAddress, error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var out []*p2p.NetAddress
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		address, err := p2p.NewNetAddressString(strings.TrimSpace(lines.Text()))
		if err != nil {
			return nil, err
		}
		out = append(out, address)
	}
	return out, lines.Err()
}

// writeBook makes an address book as a node has it on its disk. Every address
// has a source in a network of its own: of what one network tells about another
// one, here loopback, the book holds only a bucketful.
func writeBook(file string, addresses []*p2p.NetAddress) error {
	book := pex.NewAddrBook(file, false)
	for i, address := range addresses {
		source := p2p.NewNetAddressIPPort(net.IPv4(byte(11+i/256), byte(i), 0, 1), 26656)
		source.ID = p2p.PubKeyToID(ed25519.GenPrivKey().PubKey())
		if err := book.AddAddress(address, source); err != nil {
			return err
		}
	}
	if book.Size() != len(addresses) {
		return fmt.Errorf("the book holds %d of %d addresses", book.Size(), len(addresses))
	}
	book.Save()
	return nil
}

// filler is a switch, and the reactor that looks whether its slots are full.
type filler struct {
	p2p.BaseReactor
	sw     *p2p.Switch
	slots  int
	start  time.Time
	filled chan float64

	mu       sync.Mutex
	outbound int
	done     bool
}

func newFiller(book, network string, slots int) *filler {
	cfg := config.DefaultP2PConfig()
	cfg.AllowDuplicateIP = true // All of them are on one host.
	cfg.AddrBookStrict = false  // Loopback is not routable.
	cfg.MaxNumOutboundPeers = slots
	key := p2p.NodeKey{PrivKey: ed25519.GenPrivKey()}
	info := p2p.DefaultNodeInfo{
		ProtocolVersion: p2p.NewProtocolVersion(version.P2PProtocol, version.BlockProtocol, 0),
		DefaultNodeID:   key.ID(),
		ListenAddr:      "tcp://0.0.0.0:0", // It only dials, and must have one.
		Network:         network,
		Version:         release(),
		Channels:        []byte{pex.PexChannel, echoChannel},
		Moniker:         "cometbft-fill",
		Other:           p2p.DefaultNodeInfoOther{TxIndex: "off"},
	}
	transport := p2p.NewMultiplexTransport(info, key, p2p.MConnConfig(cfg))
	f := &filler{slots: slots, filled: make(chan float64, 1)}
	f.BaseReactor = *p2p.NewBaseReactor("fill", f)
	f.sw = p2p.NewSwitch(cfg, transport)
	f.sw.SetNodeInfo(info)
	f.sw.SetNodeKey(&key)
	addresses := pex.NewAddrBook(book, cfg.AddrBookStrict)
	f.sw.SetAddrBook(addresses)
	f.sw.AddReactor("fill", f)
	f.sw.AddReactor("PEX", pex.NewReactor(addresses, &pex.ReactorConfig{}))
	return f
}

func (*filler) GetChannels() []*conn.ChannelDescriptor {
	return []*conn.ChannelDescriptor{{
		ID: echoChannel, Priority: 1, MessageType: &tmp2p.Message{},
	}}
}

func (f *filler) AddPeer(peer p2p.Peer) {
	if !peer.IsOutbound() {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.outbound++
	if f.outbound == f.slots && !f.done {
		f.done = true
		f.filled <- time.Since(f.start).Seconds()
	}
}

func (f *filler) RemovePeer(peer p2p.Peer, _ any) {
	if !peer.IsOutbound() {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.outbound--
}

func release() string {
	info, _ := debug.ReadBuildInfo()
	for _, dep := range info.Deps {
		if dep.Path == "github.com/cometbft/cometbft" {
			return strings.TrimPrefix(dep.Version, "v")
		}
	}
	return "unknown"
}

// print writes an event; pairs are names and values.
func print(kind string, pairs ...any) {
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
