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
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/p2p/pex"

	"troupe.test/cometbft-v0.38/measured"
)

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
		f, err := newFiller(book, *network, *slots)
		if err != nil {
			return err
		}
		fillers = append(fillers, f)
	}
	measured.Print("begins", "release", measured.Release(), "addresses", len(addresses), "switches", *switches)
	late := time.After(*timeout)
	for _, f := range fillers {
		f.start = time.Now()
		if err := f.node.Switch.Start(); err != nil {
			return err
		}
	}
	for i, f := range fillers {
		select {
		case seconds := <-f.filled:
			measured.Print("filled", "switch", i, "seconds", seconds)
		case <-late:
			return fmt.Errorf("switch %d has not filled its slots after %v", i, *timeout)
		}
	}
	measured.Print("ended")
	for _, f := range fillers {
		f.node.Close()
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

// filler is a node that waits for its last slot to be filled.
type filler struct {
	node   *measured.Node
	start  time.Time
	filled chan float64
}

func newFiller(book, network string, slots int) (*filler, error) {
	f := &filler{filled: make(chan float64, 1)}
	done := false
	node, err := measured.New(measured.Options{
		Network: network, Moniker: "cometbft-fill", Book: book, Slots: slots,
		Changed: func(now measured.Count) {
			if now.Outbound == slots && !done {
				done = true
				f.filled <- time.Since(f.start).Seconds()
			}
		},
	})
	f.node = node
	return f, err
}
