// SPDX-License-Identifier: Apache-2.0

// A CometBFT v0.40 peer that speaks lp2p, its experimental protocol over QUIC: a
// real lp2p.Switch with an echo reactor, steered by lines on standard input; see
// ../README.md.
package main

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"
	pb "github.com/libp2p/go-libp2p/p2p/protocol/identify/pb"
	"google.golang.org/protobuf/encoding/protodelim"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/lp2p"
	"github.com/cometbft/cometbft/p2p"
)

const identifyID = protocol.ID("/ipfs/id/1.0.0")

type options struct {
	listen, key, bootstrap, identify string
	channels                         []channel
	capacity, maxPeerStreams         int
	maxPeers                         int
	verbose                          bool
}

// channel is one that the reactor opens.
type channel struct {
	id       byte
	priority int
}

func parseOptions(args []string) (*options, error) {
	o := &options{}
	flags := flag.NewFlagSet("cometbft-lp2p", flag.ContinueOnError)
	flags.StringVar(&o.listen, "listen", "127.0.0.1:0", "where to listen, HOST:PORT")
	flags.StringVar(&o.key, "key", "", "node_key.json; created if absent")
	flags.StringVar(&o.bootstrap, "bootstrap", "", "persistent peers, PEER@HOST:PORT,...")
	flags.StringVar(&o.identify, "identify", "normal", "normal, bare (no protocols), refuse or silent")
	channels := flags.String("channels", "70:5,71:1,72:10", "hexadecimal, each with a priority")
	flags.IntVar(&o.capacity, "recv-capacity", 22020096, "largest message on the first channel in bytes")
	flags.IntVar(&o.maxPeerStreams, "max-peer-streams", 0, "streams of a peer, 0: as many as libp2p allows")
	flags.IntVar(&o.maxPeers, "max-peers", 100, "with -max-peer-streams")
	flags.BoolVar(&o.verbose, "verbose", false, "the switch's log on standard error")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	for _, text := range strings.Split(*channels, ",") {
		id, priority, found := strings.Cut(text, ":")
		number, err := strconv.ParseUint(id, 16, 8)
		if err != nil {
			return nil, fmt.Errorf("-channels: %q is no channel", text)
		}
		c := channel{byte(number), 1}
		if found {
			if c.priority, err = strconv.Atoi(priority); err != nil {
				return nil, fmt.Errorf("-channels: %q has no priority", text)
			}
		}
		o.channels = append(o.channels, c)
	}
	return o, nil
}

func (o *options) config() (*config.P2PConfig, error) {
	cfg := config.DefaultP2PConfig()
	cfg.ListenAddress = "tcp://" + o.listen
	cfg.LibP2PConfig.Enabled = true
	if o.maxPeerStreams > 0 {
		cfg.LibP2PConfig.Limits.Mode = config.LibP2PLimitsModeCustom
		cfg.LibP2PConfig.Limits.MaxPeerStreams = o.maxPeerStreams
		cfg.LibP2PConfig.Limits.MaxPeers = o.maxPeers
	}
	if o.bootstrap == "" {
		return cfg, nil
	}
	for _, text := range strings.Split(o.bootstrap, ",") {
		id, host, found := strings.Cut(text, "@")
		if !found {
			return nil, fmt.Errorf("-bootstrap: %q is not PEER@HOST:PORT", text)
		}
		cfg.LibP2PConfig.BootstrapPeers = append(cfg.LibP2PConfig.BootstrapPeers,
			config.LibP2PBootstrapPeer{Host: host, ID: id, Persistent: true})
	}
	return cfg, nil
}

// freeEndpoint takes the place of port 0, which CometBFT does not report. Somebody
// else may be faster.
func freeEndpoint(wanted string) (string, error) {
	if !strings.HasSuffix(wanted, ":0") {
		return wanted, nil
	}
	socket, err := net.ListenPacket("udp", wanted)
	if err != nil {
		return "", err
	}
	defer socket.Close()
	return socket.LocalAddr().String(), nil
}

// answerIdentify changes what the host says about itself.
func answerIdentify(host *lp2p.Host, how string) error {
	switch how {
	case "normal":
	case "refuse":
		host.RemoveStreamHandler(identifyID)
	case "silent":
		host.SetStreamHandler(identifyID, func(network.Stream) {})
	case "bare":
		host.SetStreamHandler(identifyID, func(s network.Stream) {
			agent := "bare"
			if _, err := protodelim.MarshalTo(s, &pb.Identify{AgentVersion: &agent}); err != nil {
				s.Reset()
				return
			}
			s.Close()
		})
	default:
		return fmt.Errorf("-identify is %q", how)
	}
	return nil
}

func run() int {
	fail := func(status int, err error) int {
		fmt.Fprintln(os.Stderr, "cometbft-lp2p:", err)
		return status
	}
	o, err := parseOptions(os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return fail(2, err)
	}
	if o.listen, err = freeEndpoint(o.listen); err != nil {
		return fail(1, err)
	}
	cfg, err := o.config()
	if err != nil {
		return fail(2, err)
	}
	key := &p2p.NodeKey{PrivKey: ed25519.GenPrivKey()}
	if o.key != "" {
		if key, err = p2p.LoadOrGenNodeKey(o.key); err != nil {
			return fail(2, err)
		}
	}
	logger := log.NewNopLogger()
	if o.verbose {
		logger = log.NewTMLogger(log.NewSyncWriter(os.Stderr))
	}
	host, err := lp2p.NewHost(cfg, key.PrivKey, logger)
	if err != nil {
		return fail(1, err)
	}
	if err := answerIdentify(host, o.identify); err != nil {
		return fail(2, err)
	}
	out := &events{out: os.Stdout}
	r := newReactor(o, out)
	sw, err := lp2p.NewSwitch(p2p.DefaultNodeInfo{}, host,
		[]lp2p.SwitchReactor{{Name: "ECHO", Reactor: r}}, p2p.NopMetrics(), logger)
	if err != nil {
		return fail(1, err)
	}
	out.emit("listening", "endpoint", o.listen, "peer", host.ID().String(), "id", string(key.ID()))
	if err := sw.Start(); err != nil {
		return fail(1, err)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	done := make(chan struct{})
	go func() {
		(&console{out: out, host: host, sw: sw, reactor: r}).run(os.Stdin)
		close(done)
	}()
	select {
	case <-signals:
	case <-done:
	}
	r.hold(false)
	if err := sw.Stop(); err != nil {
		return fail(1, err)
	}
	out.emit("stopped")
	return 0
}

func main() { os.Exit(run()) }
