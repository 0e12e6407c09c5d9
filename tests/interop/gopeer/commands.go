// SPDX-License-Identifier: Apache-2.0

package gopeer

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/cometbft/cometbft/p2p"
)

// Reasons of our own for peer_down. They have to be set before the switch acts:
// it closes the socket first, and the connection then reports that as its error.
const (
	stopped = "stopped"
	failed  = "asked to fail"
)

// console executes the commands that arrive on standard input.
type console struct {
	out      *events
	sw       *p2p.Switch
	reactor  *reactor
	alive    *keepalive
	exchange *exchange // nil without -pex
	commands map[string]command
}

type command struct {
	usage string
	// Commands that wait for the network run beside the ones after them.
	waits bool
	run   func(args []string) error
}

func newConsole(out *events, sw *p2p.Switch, r *reactor, alive *keepalive, x *exchange) *console {
	c := &console{out: out, sw: sw, reactor: r, alive: alive, exchange: x}
	c.commands = map[string]command{
		"dial":      {"dial ID@HOST:PORT", true, c.dial},
		"ping":      {"ping PEER SIZE COUNT CHANNEL", true, c.ping},
		"blast":     {"blast PEER SIZE COUNT CHANNEL ping|pong", true, c.blast},
		"stop_peer": {"stop_peer PEER", false, c.stopPeer},
		"fail_peer": {"fail_peer PEER", false, c.failPeer},
		"peers":     {"peers", false, c.peers},
		"stats":     {"stats", false, c.stats},
		"book":      {"book", false, c.book},
		"pex":       {"pex", false, c.pex},
		"learn":     {"learn ID@HOST:PORT", false, c.learn},
		"hold":      {"hold", false, func([]string) error { r.hold(true); return nil }},
		"release":   {"release", false, func([]string) error { r.hold(false); return nil }},
	}
	return c
}

// run returns at the end of the input or after "quit".
func (c *console) run(in io.Reader) {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) == 0 {
			continue
		}
		if words[0] == "quit" {
			return
		}
		c.execute(words)
	}
}

func (c *console) execute(words []string) {
	cmd, known := c.commands[words[0]]
	switch {
	case !known:
		c.fail(words, fmt.Errorf("unknown command"))
	case len(words) != len(strings.Fields(cmd.usage)):
		c.fail(words, fmt.Errorf("usage: %s", cmd.usage))
	case cmd.waits:
		go c.call(cmd, words)
	default:
		c.call(cmd, words)
	}
}

func (c *console) call(cmd command, words []string) {
	if err := cmd.run(words[1:]); err != nil {
		c.fail(words, err)
	}
}

func (c *console) fail(words []string, err error) {
	c.out.emit("error", "command", strings.Join(words, " "), "reason", reasonText(err))
}

func (c *console) dial(args []string) error {
	dial(c.out, c.sw, args[0])
	return nil
}

// dial reports a failure; success shows as peer_up.
func dial(out *events, sw *p2p.Switch, address string) {
	parsed, err := p2p.NewNetAddressString(address)
	if err == nil {
		err = sw.DialPeerWithAddress(parsed)
	}
	if err != nil {
		out.emit("dial_error", "address", address, "reason", reasonText(err))
	}
}

// transfer is what ping and blast have in common.
type transfer struct {
	session *session
	size    int
	count   int
	channel byte
}

func (c *console) transfer(args []string) (t transfer, err error) {
	if t.session, err = c.reactor.session(args[0]); err != nil {
		return t, err
	}
	if t.size, err = strconv.Atoi(args[1]); err != nil || t.size < 0 {
		return t, fmt.Errorf("%q is no size", args[1])
	}
	if t.count, err = strconv.Atoi(args[2]); err != nil || t.count < 1 {
		return t, fmt.Errorf("%q is no count", args[2])
	}
	t.channel, err = parseChannel(args[3])
	return t, err
}

func (t transfer) fields(more ...any) []any {
	return append([]any{
		"peer", t.session.peer.ID(), "channel", channelText(t.channel),
		"size", t.size, "count", t.count,
	}, more...)
}

func (c *console) ping(args []string) error {
	t, err := c.transfer(args)
	if err != nil {
		return err
	}
	start := time.Now()
	answered, err := c.reactor.ping(t.session, t.channel, t.size, t.count)
	if err != nil {
		c.out.emit("pings_failed", t.fields("answered", answered, "reason", reasonText(err))...)
		return nil
	}
	c.out.emit("pings_done", t.fields("in_order", true, "seconds", time.Since(start).Seconds())...)
	return nil
}

func (c *console) blast(args []string) error {
	t, err := c.transfer(args)
	if err != nil {
		return err
	}
	if args[4] != "ping" && args[4] != "pong" {
		return fmt.Errorf("%q is neither ping nor pong", args[4])
	}
	start := time.Now()
	sent, err := c.reactor.blast(t.session, t.channel, t.size, t.count, args[4] == "pong")
	if err != nil {
		c.out.emit("blast_failed", t.fields("sent", sent, "reason", reasonText(err))...)
		return nil
	}
	c.out.emit("blast_done", t.fields("sent", sent, "seconds", time.Since(start).Seconds())...)
	return nil
}

func (c *console) stopPeer(args []string) error {
	s, err := c.reactor.session(args[0])
	if err == nil {
		s.end(stopped)
		c.sw.StopPeerGracefully(s.peer)
	}
	return err
}

// failPeer ends a connection as an error would: a persistent peer is redialed.
func (c *console) failPeer(args []string) error {
	s, err := c.reactor.session(args[0])
	if err == nil {
		s.end(failed)
		c.sw.StopPeerForError(s.peer, failed)
	}
	return err
}

func (c *console) peers([]string) error {
	ids := []p2p.ID{}
	for _, s := range c.reactor.peers() {
		ids = append(ids, s.peer.ID())
	}
	c.out.emit("peers", "ids", ids)
	return nil
}

func (c *console) stats([]string) error {
	c.out.emit("stats", "keepalive", c.alive, "channels", c.reactor.stats())
	return nil
}
