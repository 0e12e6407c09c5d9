// SPDX-License-Identifier: Apache-2.0

// Puts addresses into CometBFT's own address book and says what becomes of them,
// so that a model of that book can be held against it.
//
//	cometbft-addrbook [-strict=false] [-load FILE] [-books N] [-selections N] [-picks N] [-bias B]
//
// Reads lines from standard input, and when they end prints a JSON object for
// each book; see ../../README.md. With -load, each book begins as the copy of an
// addrbook.json. Where an address goes depends on secrets that
// each book draws for itself, so that only many books tell something.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/p2p/pex"
)

func main() {
	if err := run(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "addrbook:", err)
		os.Exit(1)
	}
}

func run(in io.Reader) error {
	strict := flag.Bool("strict", true, "refuse addresses that are not routable")
	load := flag.String("load", "", "an addrbook.json that each book begins with")
	books := flag.Int("books", 1, "how many books get the same lines")
	selections := flag.Int("selections", 100, "how many selections to ask each book for")
	picks := flag.Int("picks", 1000, "how many times to ask each book whom to dial")
	bias := flag.Int("bias", 10, "how much picks prefer new addresses, 0 to 100")
	flag.Parse()

	steps, err := readSteps(in)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "cometbft-addrbook.")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	out := json.NewEncoder(os.Stdout)
	for i := 0; i < *books; i++ {
		file := filepath.Join(folder, strconv.Itoa(i))
		book, err := newBook(file, *load, *strict)
		if err != nil {
			return err
		}
		report := newReport(i)
		for _, s := range steps {
			s.apply(book, &report)
		}
		if err := report.describe(book, file); err != nil {
			return err
		}
		report.choose(book, *selections, *picks, *bias)
		if err := out.Encode(report); err != nil {
			return err
		}
	}
	return nil
}

// newBook makes a book that saves to file. It panics if it cannot read what to
// begin with, as a node does.
func newBook(file, load string, strict bool) (pex.AddrBook, error) {
	book := pex.NewAddrBook(file, strict)
	if load == "" {
		return book, nil
	}
	text, err := os.ReadFile(load)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	return book, book.Start() // That is when it reads.
}

// -- what happens to a book ---------------------------------------------------

type step struct {
	verb    string
	address *p2p.NetAddress // Of the others only the ID counts.
	source  *p2p.NetAddress
	span    time.Duration
}

const usage = "expected 'add ID@IP:PORT from ID@IP:PORT', 'good ID', 'attempt ID', 'bad ID SECONDS' or 'remove ID'"

func readSteps(in io.Reader) (steps []step, err error) {
	lines := bufio.NewScanner(in)
	for number := 1; lines.Scan(); number++ {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		s, err := parseStep(words)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		steps = append(steps, s)
	}
	return steps, lines.Err()
}

func parseStep(words []string) (s step, err error) {
	s.verb = words[0]
	switch {
	case s.verb == "add" && len(words) == 4 && words[2] == "from":
		if s.address, err = p2p.NewNetAddressString(words[1]); err == nil {
			s.source, err = p2p.NewNetAddressString(words[3])
		}
		return s, err
	case s.verb == "bad" && len(words) == 3:
		seconds, err := strconv.Atoi(words[2])
		s.span = time.Duration(seconds) * time.Second
		s.address = &p2p.NetAddress{ID: p2p.ID(words[1])}
		return s, err
	case (s.verb == "good" || s.verb == "attempt" || s.verb == "remove") && len(words) == 2:
		s.address = &p2p.NetAddress{ID: p2p.ID(words[1])}
		return s, nil
	}
	return s, fmt.Errorf("%q: %s", strings.Join(words, " "), usage)
}

func (s step) apply(book pex.AddrBook, r *report) {
	switch s.verb {
	case "add":
		if err := book.AddAddress(s.address, s.source); err != nil {
			kind := strings.TrimPrefix(fmt.Sprintf("%T", err), "pex.")
			r.Refused[kind]++
		}
	case "good":
		book.MarkGood(s.address.ID)
	case "attempt":
		book.MarkAttempt(s.address)
	case "bad":
		book.MarkBad(s.address, s.span)
	case "remove":
		book.RemoveAddress(s.address)
	}
}

// -- what it then looks like --------------------------------------------------

// groups count addresses by their network group: /16, or /32 of IPv6.
type groups map[string]int

func (g groups) add(ip net.IP) {
	bits, size := 16, 32
	if ip.To4() == nil {
		bits, size = 32, 128
	} else {
		ip = ip.To4()
	}
	g[fmt.Sprintf("%s/%d", ip.Mask(net.CIDRMask(bits, size)), bits)]++
}

type choice struct {
	Asked  int    `json:"asked"`
	Count  int    `json:"count"` // Addresses, of all answers together.
	Groups groups `json:"groups"`
}

type report struct {
	Event      string         `json:"event"`
	Book       int            `json:"book"`
	Size       int            `json:"size"` // What the book says; the rest is counted.
	New        int            `json:"new"`
	Old        int            `json:"old"`
	NewPlaces  int            `json:"new_places"` // A new address may have up to four.
	NewBuckets int            `json:"new_buckets"`
	OldBuckets int            `json:"old_buckets"`
	Refused    map[string]int `json:"refused"`
	Groups     groups         `json:"groups"`
	OldGroups  groups         `json:"old_groups"`
	Selection  choice         `json:"selection"`
	Picks      choice         `json:"picks"`
}

func newReport(book int) report {
	return report{
		Event: "book", Book: book,
		Refused: map[string]int{}, Groups: groups{}, OldGroups: groups{},
		Selection: choice{Groups: groups{}}, Picks: choice{Groups: groups{}},
	}
}

// describe reads the file that the book writes: it has no other way to tell.
func (r *report) describe(book pex.AddrBook, file string) error {
	const old = 2
	book.Save()
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var saved struct {
		Addrs []struct {
			Addr       *p2p.NetAddress `json:"addr"`
			Buckets    []int           `json:"buckets"`
			BucketType int             `json:"bucket_type"`
		} `json:"addrs"`
	}
	if err := json.Unmarshal(text, &saved); err != nil {
		return err
	}
	newBuckets, oldBuckets := map[int]bool{}, map[int]bool{}
	for _, a := range saved.Addrs {
		r.Groups.add(a.Addr.IP)
		used := newBuckets
		if a.BucketType == old {
			used = oldBuckets
			r.Old++
			r.OldGroups.add(a.Addr.IP)
		} else {
			r.New++
			r.NewPlaces += len(a.Buckets)
		}
		for _, bucket := range a.Buckets {
			used[bucket] = true
		}
	}
	r.Size, r.NewBuckets, r.OldBuckets = book.Size(), len(newBuckets), len(oldBuckets)
	return nil
}

// choose asks the book what it would tell others and whom it would dial.
func (r *report) choose(book pex.AddrBook, selections, picks, bias int) {
	r.Selection.Asked, r.Picks.Asked = selections, picks
	for i := 0; i < selections; i++ {
		for _, address := range book.GetSelection() {
			r.Selection.Count++
			r.Selection.Groups.add(address.IP)
		}
	}
	for i := 0; i < picks; i++ {
		if address := book.PickAddress(bias); address != nil {
			r.Picks.Count++
			r.Picks.Groups.add(address.IP)
		}
	}
}
