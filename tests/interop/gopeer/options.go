// SPDX-License-Identifier: Apache-2.0

package gopeer

import (
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cometbft/cometbft/p2p/conn"
	"github.com/cometbft/cometbft/version"
)

// What a node's configuration says by default; the library alone says a tenth.
const nodeRate = 5_120_000

type options struct {
	listen       string
	key          string
	network      string
	moniker      string
	channels     []*conn.ChannelDescriptor
	persistent   []string
	blockVersion uint64
	maxInbound   int
	timeout      time.Duration
	verbose      bool
	mconn        conn.MConnConfig

	// Peer exchange, if any.
	pex         bool
	seedMode    bool
	seeds       []string
	seedWait    time.Duration
	bookFile    string
	bookStrict  bool
	ensurePeers time.Duration
	maxOutbound int
}

func parseOptions(args []string) (*options, error) {
	o := &options{mconn: conn.DefaultMConnConfig()}
	set := flag.NewFlagSet("peer", flag.ContinueOnError)
	set.StringVar(&o.listen, "listen", "127.0.0.1:0", "`host:port` to listen on; port 0 takes a free one")
	set.StringVar(&o.key, "key", "", "node key `file`, created if absent; default: a random key")
	set.StringVar(&o.network, "network", "troupe-interop", "network (chain ID)")
	set.StringVar(&o.moniker, "moniker", "gopeer", "moniker")
	set.Uint64Var(&o.blockVersion, "block-version", version.BlockProtocol, "block protocol version to claim")
	set.IntVar(&o.maxInbound, "max-inbound", 40, "inbound peers to accept")
	set.DurationVar(&o.timeout, "timeout", 30*time.Second, "how long 'ping' waits for a next pong")
	set.BoolVar(&o.verbose, "verbose", false, "print the switch's log to standard error")
	channels := set.String("channels", "70:5,71:1,72:10", "channels in hexadecimal, each with an optional `:priority`")
	capacity := set.Int("recv-capacity", 0, "largest message in `bytes` on the first channel; 0 is CometBFT's default")
	persistent := set.String("persistent", "", "comma-separated `ID@host:port` to dial and to redial")

	set.BoolVar(&o.pex, "pex", false, "run the release's own PEX reactor and address book")
	set.BoolVar(&o.seedMode, "seed-mode", false, "be a seed: crawl, serve inbound peers once, and close; implies -pex")
	seeds := set.String("seeds", "", "comma-separated `ID@host:port` of seeds; implies -pex")
	set.DurationVar(&o.seedWait, "seed-wait", 28*time.Hour, "how long a seed keeps those it dialed, at least")
	set.StringVar(&o.bookFile, "addr-book", "", "address book `file`; default: a temporary one")
	set.BoolVar(&o.bookStrict, "addr-book-strict", false, "keep no address that is not routable, such as loopback")
	set.DurationVar(&o.ensurePeers, "ensure-peers", 30*time.Second, "time between looks whether there are enough peers; a third of it must lie between requests of a peer")
	set.IntVar(&o.maxOutbound, "max-outbound", 10, "outbound peers to look for")

	m := &o.mconn
	set.DurationVar(&m.PingInterval, "ping-interval", m.PingInterval, "time between pings")
	set.DurationVar(&m.PongTimeout, "pong-timeout", m.PongTimeout, "how long to wait for a pong; less than -ping-interval")
	set.DurationVar(&m.FlushThrottle, "flush-throttle", m.FlushThrottle, "time between flushes")
	set.IntVar(&m.MaxPacketMsgPayloadSize, "max-packet-payload", m.MaxPacketMsgPayloadSize, "data `bytes` a packet, at most")
	set.Int64Var(&m.SendRate, "send-rate", nodeRate, "`bytes` a second; 0 is unlimited")
	set.Int64Var(&m.RecvRate, "recv-rate", nodeRate, "`bytes` a second; 0 is unlimited")

	if err := set.Parse(args); err != nil {
		return nil, err
	}
	if set.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", set.Arg(0))
	}
	if m.PongTimeout >= m.PingInterval {
		return nil, errors.New("-pong-timeout must be less than -ping-interval")
	}
	if o.ensurePeers <= 0 {
		return nil, errors.New("-ensure-peers must be positive")
	}
	if *persistent != "" {
		o.persistent = strings.Split(*persistent, ",")
	}
	if *seeds != "" {
		o.seeds = strings.Split(*seeds, ",")
	}
	o.pex = o.pex || o.seedMode || len(o.seeds) > 0
	var err error
	o.channels, err = parseChannels(*channels, *capacity)
	return o, err
}

// parseChannels reads "70:5,71": hexadecimal numbers with a priority, 1 if
// absent. The capacity belongs to the first.
func parseChannels(text string, capacity int) ([]*conn.ChannelDescriptor, error) {
	var out []*conn.ChannelDescriptor
	for _, part := range strings.Split(text, ",") {
		number, priority, found := strings.Cut(part, ":")
		if !found {
			priority = "1"
		}
		id, err := parseChannel(number)
		if err != nil {
			return nil, err
		}
		weight, err := strconv.ParseUint(priority, 10, 31)
		if err != nil || weight == 0 {
			return nil, fmt.Errorf("-channels: %q is no priority", priority)
		}
		out = append(out, &conn.ChannelDescriptor{
			ID: id, Priority: int(weight), SendQueueCapacity: 100,
			MessageType: &EchoMessage{},
		})
	}
	out[0].RecvMessageCapacity = capacity
	return out, nil
}

func parseChannel(text string) (byte, error) {
	id, err := strconv.ParseUint(strings.TrimPrefix(text, "0x"), 16, 8)
	if err != nil {
		return 0, fmt.Errorf("%q is no channel, expected two hexadecimal digits", text)
	}
	return byte(id), nil
}
