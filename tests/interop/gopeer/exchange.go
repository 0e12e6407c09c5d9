// SPDX-License-Identifier: Apache-2.0

package gopeer

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/p2p/pex"
)

// exchange is peer exchange as a CometBFT node has it: the release's own
// reactor over its own address book, both watched.
type exchange struct {
	book    *watchedBook
	reactor *watchedReactor
	folder  string // Of the book, if it is a temporary one.
}

func newExchange(o *options, out *events, own *p2p.NetAddress) (*exchange, error) {
	x := &exchange{}
	file := o.bookFile
	if file == "" {
		folder, err := os.MkdirTemp("", "gopeer.")
		if err != nil {
			return nil, err
		}
		x.folder, file = folder, filepath.Join(folder, "addrbook.json")
	}
	x.book = &watchedBook{AddrBook: pex.NewAddrBook(file, o.bookStrict), out: out, file: file}
	x.book.AddOurAddress(own)
	x.reactor = &watchedReactor{Reactor: pex.NewReactor(x.book, &pex.ReactorConfig{
		SeedMode:                 o.seedMode,
		SeedDisconnectWaitPeriod: o.seedWait,
		Seeds:                    o.seeds,
	})}
	x.reactor.SetEnsurePeersPeriod(o.ensurePeers)
	return x, nil
}

// learn does what a node does with its persistent peers.
func (x *exchange) learn(addresses []string, own *p2p.NetAddress) error {
	for _, text := range addresses {
		address, err := p2p.NewNetAddressString(text)
		if err != nil {
			return err
		}
		if err := x.book.AddAddress(address, own); err != nil {
			return err
		}
	}
	return nil
}

// leave removes what only this process has used.
func (x *exchange) leave() {
	if x.folder != "" {
		_ = os.RemoveAll(x.folder)
	}
}

// -- the reactor --------------------------------------------------------------

// watchedReactor counts what arrives before the release's reactor sees it.
type watchedReactor struct {
	*pex.Reactor
	requests  atomic.Int64
	lists     atomic.Int64
	addresses atomic.Int64
	largest   atomic.Int64 // Of the lists.
}

// Receive implements p2p.Reactor. The messages are of another package in each
// line of releases, so that their names have to do.
func (r *watchedReactor) Receive(e p2p.Envelope) {
	switch name := fmt.Sprintf("%T", e.Message); {
	case strings.HasSuffix(name, ".PexRequest"):
		r.requests.Add(1)
	case strings.HasSuffix(name, ".PexAddrs"):
		count := int64(reflect.ValueOf(e.Message).Elem().FieldByName("Addrs").Len())
		r.lists.Add(1)
		r.addresses.Add(count)
		for known := r.largest.Load(); count > known; known = r.largest.Load() {
			if r.largest.CompareAndSwap(known, count) {
				break
			}
		}
	}
	r.Reactor.Receive(e)
}

// -- the book -----------------------------------------------------------------

// watchedBook reports bans, which the release's reactor tells only its book.
type watchedBook struct {
	pex.AddrBook
	out  *events
	file string
}

// MarkBad implements pex.AddrBook.
func (b *watchedBook) MarkBad(address *p2p.NetAddress, span time.Duration) {
	b.out.emit("banned", "address", address.String(), "seconds", span.Seconds(),
		"known", b.HasAddress(address))
	b.AddrBook.MarkBad(address, span)
}

// entry is an address of the book; Old ones are those that CometBFT holds to be
// good.
type entry struct {
	Address string `json:"address"`
	Source  string `json:"source"`
	Old     bool   `json:"old"`
}

// entries are what the book writes to its file: it has no other way to tell.
func (b *watchedBook) entries() ([]entry, error) {
	b.Save()
	text, err := os.ReadFile(b.file)
	if err != nil {
		return nil, err
	}
	var saved struct {
		Addrs []struct {
			Addr       *p2p.NetAddress `json:"addr"`
			Src        *p2p.NetAddress `json:"src"`
			BucketType int             `json:"bucket_type"`
		} `json:"addrs"`
	}
	if err := json.Unmarshal(text, &saved); err != nil {
		return nil, err
	}
	out := make([]entry, 0, len(saved.Addrs))
	for _, a := range saved.Addrs {
		out = append(out, entry{
			Address: a.Addr.String(), Source: a.Src.String(), Old: a.BucketType == oldBucket,
		})
	}
	return out, nil
}

// oldBucket is how the file calls it.
const oldBucket = 2

// -- the commands -------------------------------------------------------------

func (c *console) book([]string) error {
	if c.exchange == nil {
		return errNoExchange
	}
	entries, err := c.exchange.book.entries()
	if err != nil {
		return err
	}
	old := 0
	for _, e := range entries {
		if e.Old {
			old++
		}
	}
	c.out.emit("book", "size", c.exchange.book.Size(), "old", old, "entries", entries)
	return nil
}

func (c *console) learn(args []string) error {
	if c.exchange == nil {
		return errNoExchange
	}
	return c.exchange.learn(args, c.sw.NetAddress())
}

func (c *console) pex([]string) error {
	if c.exchange == nil {
		return errNoExchange
	}
	r := c.exchange.reactor
	c.out.emit("pex", "requests", r.requests.Load(), "lists", r.lists.Load(),
		"addresses", r.addresses.Load(), "largest", r.largest.Load())
	return nil
}

var errNoExchange = fmt.Errorf("there is no peer exchange without -pex")
