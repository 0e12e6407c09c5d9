// SPDX-License-Identifier: Apache-2.0

// Says how long CometBFT takes from one address to ten peers: its switch, with
// the PEX reactor that finds them, as a node has them.
//
//	cometbft-join -seed ID@HOST:PORT [-newcomers N] [-peers N] [-timeout D]
//	cometbft-join -serve N
//
// The second runs a network to join, until it is killed: a seed, and nodes that
// know each other and that it knows. Prints a JSON object a line.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/p2p/pex"

	"troupe.test/cometbft-v0.38/measured"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "join:", err)
		os.Exit(1)
	}
}

type job struct {
	network   string
	seed      string
	newcomers int
	peers     int
	slots     int
	timeout   time.Duration
	folder    string // For address books.
}

func run() (err error) {
	j := job{}
	serve := flag.Int("serve", -1, "run a seed and so many `nodes` to join")
	flag.StringVar(&j.seed, "seed", "", "`address` that the newcomers know")
	flag.IntVar(&j.newcomers, "newcomers", 1, "how many nodes join, all at the same time")
	flag.IntVar(&j.peers, "peers", 10, "peers wanted, inbound ones included, the seed not")
	flag.IntVar(&j.slots, "slots", 10, "outbound peers that a node looks for")
	flag.StringVar(&j.network, "network", "bench", "network (chain ID)")
	flag.DurationVar(&j.timeout, "timeout", 15*time.Minute, "when to give up")
	flag.Parse()
	if (*serve >= 0) == (j.seed != "") {
		return errors.New("expected either -seed or -serve")
	}
	if j.folder, err = os.MkdirTemp("", "cometbft-join."); err != nil {
		return err
	}
	defer os.RemoveAll(j.folder)
	if *serve >= 0 {
		return j.serve(*serve)
	}
	return j.join()
}

func (j *job) book(name string) string { return filepath.Join(j.folder, name) }

// -- those who join -----------------------------------------------------------

func (j *job) join() error {
	seed, err := p2p.NewNetAddressString(j.seed)
	if err != nil {
		return err
	}
	type result struct {
		newcomer int
		seconds  float64
	}
	results := make(chan result, j.newcomers)
	starts := make([]time.Time, j.newcomers)
	var nodes []*measured.Node
	for i := 0; i < j.newcomers; i++ {
		done := false
		node, err := measured.New(measured.Options{
			Network: j.network, Moniker: "cometbft-join", Book: j.book(fmt.Sprint(i)),
			Slots: j.slots, Listen: true, Seeds: []string{j.seed}, Ignore: seed.ID,
			Changed: func(now measured.Count) {
				if now.Outbound+now.Inbound >= j.peers && !done {
					done = true
					results <- result{i, time.Since(starts[i]).Seconds()}
				}
			},
		})
		if err != nil {
			return err
		}
		nodes = append(nodes, node)
	}
	measured.Print("begins", "release", measured.Release(), "newcomers", j.newcomers)
	for i, node := range nodes {
		starts[i] = time.Now()
		if err := node.Switch.Start(); err != nil {
			return err
		}
	}
	late := time.After(j.timeout)
	for range nodes {
		select {
		case r := <-results:
			measured.Print("joined", "newcomer", r.newcomer, "seconds", r.seconds)
		case <-late:
			return fmt.Errorf("there are newcomers without %d peers after %v", j.peers, j.timeout)
		}
	}
	measured.Print("ended")
	for _, node := range nodes {
		node.Close()
	}
	return nil
}

// -- what they join -----------------------------------------------------------

func (j *job) serve(count int) error {
	var nodes []*measured.Node
	var books []string
	add := func(o measured.Options) error {
		o.Network, o.Slots, o.Listen = j.network, j.slots, true
		o.Book = j.book(fmt.Sprint(len(nodes)))
		node, err := measured.New(o)
		if err != nil {
			return err
		}
		nodes, books = append(nodes, node), append(books, o.Book)
		return nil
	}
	if err := add(measured.Options{Moniker: "seed", SeedMode: true}); err != nil {
		return err
	}
	for i := 0; i < count; i++ {
		if err := add(measured.Options{Moniker: "node"}); err != nil {
			return err
		}
	}
	for i, file := range books {
		if err := acquaint(file, nodes[1:], nodes[i]); err != nil {
			return err
		}
	}
	for _, node := range nodes {
		if err := node.Switch.Start(); err != nil {
			return err
		}
	}
	addresses := []string{}
	for _, node := range nodes[1:] {
		addresses = append(addresses, node.Address.String())
	}
	measured.Print("serving", "release", measured.Release(),
		"seed", nodes[0].Address.String(), "nodes", addresses)
	// They have read their books, and what they write to them nobody reads.
	_ = os.RemoveAll(j.folder)
	select {}
}

// acquaint writes an address book that holds all of them but its owner.
func acquaint(file string, nodes []*measured.Node, owner *measured.Node) error {
	book := pex.NewAddrBook(file, false)
	for _, node := range nodes {
		if node == owner {
			continue
		}
		if err := book.AddAddress(node.Address, node.Address); err != nil {
			return err
		}
	}
	book.Save()
	return nil
}
