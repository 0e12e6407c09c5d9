// SPDX-License-Identifier: Apache-2.0

// Package gopeer is a CometBFT peer for the interoperability tests: a real
// p2p.Switch with an echo reactor, steered by lines on standard input, that
// reports what happens as JSON lines on standard output. ../README.md lists
// both. The same source builds against several releases of CometBFT.
package gopeer

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/p2p/pex"
	"github.com/cometbft/cometbft/version"
)

const cometbft = "github.com/cometbft/cometbft"

// Main is the program. It returns its exit status.
func Main() int {
	o, err := parseOptions(os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return fail(2, err)
	}
	key, err := loadKey(o.key)
	if err != nil {
		return fail(2, err)
	}
	out := &events{out: os.Stdout}
	alive := new(keepalive)
	transport, info, err := listen(o, key)
	if err != nil {
		return fail(1, err)
	}
	address := transport.NetAddress()
	r := newReactor(o, out)
	sw := newSwitch(o, key, info, transport)
	logger := &watchingLogger{out: out, alive: alive, verbose: o.verbose}
	sw.SetLogger(logger)
	sw.AddReactor("echo", r)
	if err := sw.AddPersistentPeers(o.persistent); err != nil {
		return fail(2, err)
	}
	var x *exchange
	if o.pex {
		if x, err = newExchange(o, out, &address); err != nil {
			return fail(1, err)
		}
		defer x.leave()
		x.reactor.SetLogger(logger)
		x.book.SetLogger(logger)
		sw.SetAddrBook(x.book)
		sw.AddReactor("PEX", x.reactor)
		if err := x.learn(o.persistent, &address); err != nil {
			return fail(2, err)
		}
	}
	if err := sw.Start(); err != nil {
		return fail(1, err)
	}
	out.emit("listening", "address", address.String(), "id", key.ID(), "release", release())
	for _, address := range o.persistent {
		go dial(out, sw, address)
	}
	serve(newConsole(out, sw, r, alive, x))
	r.release()
	stop(sw, x != nil)
	_ = transport.Close()
	out.emit("stopped")
	return 0
}

// stop waits for the switch, but not for a PEX reactor that sleeps before its
// first look at the peers: v1.0 waits for that, up to a whole period.
func stop(sw *p2p.Switch, mayHang bool) {
	done := make(chan struct{})
	go func() {
		_ = sw.Stop()
		close(done)
	}()
	if !mayHang {
		<-done
		return
	}
	select {
	case <-done:
	case <-time.After(2 * time.Second):
	}
}

func fail(status int, err error) int {
	fmt.Fprintln(os.Stderr, "peer:", err)
	return status
}

// serve returns when the input ends, or on a signal.
func serve(c *console) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	input := make(chan struct{})
	go func() {
		c.run(os.Stdin)
		close(input)
	}()
	select {
	case <-signals:
	case <-input:
	}
}

func loadKey(file string) (*p2p.NodeKey, error) {
	if file == "" {
		return &p2p.NodeKey{PrivKey: ed25519.GenPrivKey()}, nil
	}
	key, err := p2p.LoadOrGenNodeKey(file)
	if err != nil {
		return nil, fmt.Errorf("-key %s: %w", file, err)
	}
	return key, nil
}

// release is the version of CometBFT in this binary. The constants in its
// source lag behind in some releases.
func release() string {
	info, _ := debug.ReadBuildInfo()
	for _, dep := range info.Deps {
		if dep.Path == cometbft {
			return strings.TrimPrefix(dep.Version, "v")
		}
	}
	return "unknown"
}

// listen starts a transport. Its node info names the port, so that a free one
// has to be known before the transport takes it; somebody else may be faster.
func listen(o *options, key *p2p.NodeKey) (*p2p.MultiplexTransport, p2p.NodeInfo, error) {
	for attempt := 0; ; attempt++ {
		endpoint, err := pickEndpoint(o.listen)
		if err != nil {
			return nil, nil, err
		}
		info := nodeInfo(o, key.ID(), endpoint)
		transport := p2p.NewMultiplexTransport(info, *key, o.mconn)
		address, err := p2p.NewNetAddressString(p2p.IDAddressString(key.ID(), endpoint))
		if err != nil {
			return nil, nil, err
		}
		if err = transport.Listen(*address); err == nil {
			return transport, info, nil
		}
		if endpoint == o.listen || attempt == 20 {
			return nil, nil, err
		}
	}
}

func pickEndpoint(wanted string) (string, error) {
	_, port, err := net.SplitHostPort(wanted)
	if err != nil || port != "0" {
		return wanted, err
	}
	listener, err := net.Listen("tcp", wanted)
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

func nodeInfo(o *options, id p2p.ID, endpoint string) p2p.DefaultNodeInfo {
	info := p2p.DefaultNodeInfo{
		ProtocolVersion: p2p.NewProtocolVersion(version.P2PProtocol, o.blockVersion, 0),
		DefaultNodeID:   id,
		ListenAddr:      "tcp://" + endpoint,
		Network:         o.network,
		Version:         release(),
		Moniker:         o.moniker,
		Other:           p2p.DefaultNodeInfoOther{TxIndex: "off"},
	}
	for _, channel := range o.channels {
		info.Channels = append(info.Channels, channel.ID)
	}
	if o.pex {
		info.Channels = append(info.Channels, pex.PexChannel)
	}
	return info
}

func newSwitch(o *options, key *p2p.NodeKey, info p2p.NodeInfo, transport p2p.Transport) *p2p.Switch {
	cfg := config.DefaultP2PConfig()
	cfg.AllowDuplicateIP = true // All peers of a test are on one host.
	cfg.MaxNumInboundPeers = o.maxInbound
	cfg.MaxNumOutboundPeers = o.maxOutbound
	sw := p2p.NewSwitch(cfg, transport)
	sw.SetNodeInfo(info)
	sw.SetNodeKey(key)
	// The switch puts its own address there when it meets itself; peer exchange
	// brings a book of its own.
	sw.SetAddrBook(&p2p.AddrBookMock{
		Addrs:        make(map[string]struct{}),
		OurAddrs:     make(map[string]struct{}),
		PrivateAddrs: make(map[string]struct{}),
	})
	return sw
}
