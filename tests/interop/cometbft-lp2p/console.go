// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cometbft/cometbft/lp2p"
	"github.com/cometbft/cometbft/p2p"
	"troupe.test/gopeer"
)

const patience = 30 * time.Second

// console executes the commands that arrive on standard input.
type console struct {
	out     *events
	host    *lp2p.Host
	sw      *lp2p.Switch
	reactor *reactor
}

// run returns at the end of the input or after "quit". What waits for the network
// runs beside what comes after it.
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
		waits := map[string]func([]string) error{"dial": c.dial, "ping": c.ping, "blast": c.blast, "cut": c.cut}
		if command := waits[words[0]]; command != nil {
			go c.try(lines.Text(), func() error { return command(words[1:]) })
			continue
		}
		c.try(lines.Text(), func() error { return c.now(words[0], words[1:]) })
	}
}

func (c *console) try(line string, command func() error) {
	if err := command(); err != nil {
		c.out.emit("error", "command", line, "reason", err.Error())
	}
}

func (c *console) now(name string, args []string) error {
	switch name {
	case "hold", "release":
		c.reactor.hold(name == "hold")
	case "stats":
		c.out.emit("stats", "channels", c.reactor.stats())
	case "connections":
		c.out.emit("connections", "count", len(c.host.Network().Conns()))
	case "known", "close":
		if len(args) != 1 {
			return fmt.Errorf("usage: %s PEER", name)
		}
		id, err := peer.Decode(args[0])
		if err != nil {
			return err
		}
		if name == "close" {
			return c.host.Network().ClosePeer(id)
		}
		protocols, err := c.host.Peerstore().GetProtocols(id)
		if err != nil {
			return err
		}
		agent, _ := c.host.Peerstore().Get(id, "AgentVersion")
		c.out.emit("known", "peer", args[0], "protocols", protocols, "addresses", c.host.Peerstore().Addrs(id), "agent", agent)
	default:
		return fmt.Errorf("there is no such command")
	}
	return nil
}

// dial connects without making the remote a peer: that takes a message.
func (c *console) dial(args []string) error {
	if len(args) != 1 || strings.Count(args[0], "@") != 1 {
		return fmt.Errorf("usage: dial PEER@HOST:PORT")
	}
	id, host, _ := strings.Cut(args[0], "@")
	info, err := lp2p.AddrInfoFromHostAndID(host, id)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.host.Connect(ctx, info); err != nil {
		c.out.emit("dial_error", "address", args[0], "reason", err.Error())
		return nil
	}
	c.out.emit("dialed", "address", args[0])
	return nil
}

// numbers parses SIZE COUNT CHANNEL [PARALLEL].
func numbers(args []string) (size, count int, channel byte, parallel int, err error) {
	if len(args) == 3 {
		args = append(args, "1")
	}
	if len(args) != 4 {
		return 0, 0, 0, 0, fmt.Errorf("expected PEER SIZE COUNT CHANNEL [PARALLEL]")
	}
	if size, err = strconv.Atoi(args[0]); err != nil {
		return
	}
	if count, err = strconv.Atoi(args[1]); err != nil {
		return
	}
	id, err := strconv.ParseUint(args[2], 16, 8)
	if err != nil {
		return
	}
	parallel, err = strconv.Atoi(args[3])
	return size, count, byte(id), parallel, err
}

// sendAll sends pings from several goroutines. It returns how many were taken.
func sendAll(to p2p.Peer, first uint64, size, count int, channel byte, parallel int) int64 {
	var next, sent atomic.Int64
	var all sync.WaitGroup
	for range parallel {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := next.Add(1) - 1; i < int64(count); i = next.Add(1) - 1 {
				ping := &gopeer.PingMessage{Content: gopeer.Payload(first+uint64(i), size)}
				if to.Send(p2p.Envelope{ChannelID: channel, Message: ping}) {
					sent.Add(1)
				}
			}
		}()
	}
	all.Wait()
	return sent.Load()
}

// ping sends pings and waits until each has its pong, which come in any order.
func (c *console) ping(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("usage: ping PEER SIZE COUNT CHANNEL [PARALLEL]")
	}
	to, err := c.reactor.peer(args[0])
	if err != nil {
		return err
	}
	size, count, channel, parallel, err := numbers(args[1:])
	if err != nil {
		return err
	}
	if size < 8 {
		return fmt.Errorf("a ping has at least 8 bytes, or its pong could be any other's")
	}
	start := time.Now()
	first, job := c.reactor.begin(size, count)
	defer c.reactor.end(first, count)
	sent := make(chan int64, 1)
	go func() { sent <- sendAll(to, first, size, count, channel, parallel) }()
	answered := 0
	report := func(event, reason string) {
		c.out.emit(event, "peer", args[0], "channel", args[3], "size", size, "count", count, "answered", answered,
			"reason", reason, "seconds", time.Since(start).Seconds())
	}
	for answered < count {
		select {
		case <-job.answered:
			answered++
		case taken := <-sent:
			if taken < int64(count) {
				report("pings_failed", fmt.Sprintf("%d were sent", taken))
				return nil
			}
			sent = nil
		case <-time.After(patience):
			report("pings_failed", "no pong came")
			return nil
		}
	}
	report("pings_done", "")
	return nil
}

// blast sends pings and does not wait for pongs.
func (c *console) blast(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("usage: blast PEER SIZE COUNT CHANNEL [PARALLEL]")
	}
	to, err := c.reactor.peer(args[0])
	if err != nil {
		return err
	}
	size, count, channel, parallel, err := numbers(args[1:])
	if err != nil {
		return err
	}
	start := time.Now()
	sent := sendAll(to, 0, size, count, channel, parallel)
	c.out.emit("blast_done", "peer", args[0], "channel", args[3], "size", size, "count", count, "sent", sent,
		"seconds", time.Since(start).Seconds())
	return nil
}

// cut opens streams, sends half of what it announces on each, and resets them.
func (c *console) cut(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("usage: cut PEER SIZE COUNT CHANNEL")
	}
	id, err := peer.Decode(args[0])
	if err != nil {
		return err
	}
	size, count, channel, _, err := numbers(args[1:])
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for range count {
		stream, err := c.host.NewStream(ctx, id, lp2p.ProtocolID(channel))
		if err != nil {
			return err
		}
		length := []byte{byte(size&0x7f | 0x80), byte(size>>7&0x7f | 0x80), byte(size >> 14 & 0x7f)}
		if _, err := stream.Write(append(length, make([]byte, size/2)...)); err != nil {
			return err
		}
		if err := stream.Reset(); err != nil {
			return err
		}
	}
	c.out.emit("cut_done", "peer", args[0], "count", count)
	return nil
}
