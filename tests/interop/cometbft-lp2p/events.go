// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sync"
)

// events writes one JSON object a line, each in one write.
type events struct {
	mu  sync.Mutex
	out io.Writer
}

// emit writes an event of the given kind; pairs are names and values, which keep
// their order.
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
	text, err := json.Marshal(value)
	if err != nil {
		return `"unprintable"`
	}
	return string(text)
}
