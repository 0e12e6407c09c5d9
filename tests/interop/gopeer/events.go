// SPDX-License-Identifier: Apache-2.0

package gopeer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cometbft/cometbft/libs/log"
)

// events writes one JSON object a line, each in one write.
type events struct {
	mu  sync.Mutex
	out io.Writer
}

// emit writes an event of the given kind; pairs are names and values, which
// keep their order.
func (e *events) emit(kind string, pairs ...any) {
	var line bytes.Buffer
	fmt.Fprintf(&line, `{"event":%s`, toJSON(kind))
	for i := 0; i+1 < len(pairs); i += 2 {
		fmt.Fprintf(&line, `,%s:%s`, toJSON(pairs[i]), toJSON(pairs[i+1]))
	}
	line.WriteString("}\n")
	e.mu.Lock()
	defer e.mu.Unlock()
	_, _ = e.out.Write(line.Bytes())
}

func toJSON(value any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return `"unprintable"`
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// reasonText is the first line of an error; CometBFT appends a stack to some.
func reasonText(reason any) string {
	if reason == nil {
		return stopped
	}
	text, _, _ := strings.Cut(fmt.Sprint(reason), "\n")
	return text
}

// keepalive counts the pings and pongs of all connections.
type keepalive struct {
	PingsSent     atomic.Int64
	PongsReceived atomic.Int64
	PingsReceived atomic.Int64
	PongsSent     atomic.Int64
}

func (k *keepalive) MarshalJSON() ([]byte, error) {
	return []byte(fmt.Sprintf(
		`{"pings_sent":%d,"pongs_received":%d,"pings_received":%d,"pongs_sent":%d}`,
		k.PingsSent.Load(), k.PongsReceived.Load(),
		k.PingsReceived.Load(), k.PongsSent.Load())), nil
}

// watchingLogger is the switch's logger. Some things the switch only ever says
// in its log: that it refused an inbound peer, that it sent a ping.
type watchingLogger struct {
	out     *events
	alive   *keepalive
	verbose bool
	context []any
}

func (l *watchingLogger) Debug(msg string, keyvals ...any) {
	switch msg {
	case "Send Ping":
		l.alive.PingsSent.Add(1)
	case "Send Pong":
		l.alive.PongsSent.Add(1)
	case "Receive Ping":
		l.alive.PingsReceived.Add(1)
	case "Receive Pong":
		l.alive.PongsReceived.Add(1)
	}
}

func (l *watchingLogger) Info(msg string, keyvals ...any) {
	if strings.HasPrefix(msg, "Inbound Peer rejected") ||
		strings.HasPrefix(msg, "Ignoring inbound connection") {
		reason := any(msg)
		if err := lookup(keyvals, "err"); err != nil {
			reason = err
		}
		l.out.emit("inbound_refused", "reason", reasonText(reason))
	}
	l.print("info", msg, keyvals)
}

// Warn exists from v0.40 on.
func (l *watchingLogger) Warn(msg string, keyvals ...any)  { l.print("warn", msg, keyvals) }
func (l *watchingLogger) Error(msg string, keyvals ...any) { l.print("error", msg, keyvals) }

func (l *watchingLogger) With(keyvals ...any) log.Logger {
	copied := *l
	copied.context = append(append([]any(nil), l.context...), keyvals...)
	return &copied
}

func (l *watchingLogger) print(level, msg string, keyvals []any) {
	if l.verbose {
		fmt.Fprintln(os.Stderr, level, msg, fmt.Sprint(append(l.context, keyvals...)...))
	}
}

func lookup(keyvals []any, key string) any {
	for i := 0; i+1 < len(keyvals); i += 2 {
		if keyvals[i] == key {
			return keyvals[i+1]
		}
	}
	return nil
}
