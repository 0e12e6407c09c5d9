// SPDX-License-Identifier: Apache-2.0

package gopeer

import (
	"errors"
	"fmt"

	"github.com/cosmos/gogoproto/proto"
	"google.golang.org/protobuf/encoding/protowire"
)

// The messages of the echo protocol, package troupe.echo:
//
//	message PingMessage { bytes content = 1; }
//	message PongMessage { bytes content = 1; }
//	message EchoMessage {
//	  oneof sum { PingMessage ping_message = 1; PongMessage pong_message = 2; }
//	}
//
// They are written by hand so that no build needs protoc. CometBFT's switch
// wraps what a reactor sends (Wrap) and unwraps what it receives (Unwrap).

// PingMessage asks for a PongMessage with the same content.
type PingMessage struct{ Content []byte }

// PongMessage answers a PingMessage.
type PongMessage struct{ Content []byte }

// EchoMessage is what travels: exactly one of its members is set.
type EchoMessage struct {
	Ping *PingMessage
	Pong *PongMessage
}

const (
	contentField = 1
	pingField    = 1
	pongField    = 2
)

var errNoMember = errors.New("echo message without a known member")

func (m *PingMessage) Reset()         { *m = PingMessage{} }
func (m *PingMessage) String() string { return fmt.Sprintf("ping of %d bytes", len(m.Content)) }
func (*PingMessage) ProtoMessage()    {}

func (m *PongMessage) Reset()         { *m = PongMessage{} }
func (m *PongMessage) String() string { return fmt.Sprintf("pong of %d bytes", len(m.Content)) }
func (*PongMessage) ProtoMessage()    {}

func (m *EchoMessage) Reset()         { *m = EchoMessage{} }
func (m *EchoMessage) String() string { return fmt.Sprintf("echo{%v %v}", m.Ping, m.Pong) }
func (*EchoMessage) ProtoMessage()    {}

// Wrap puts the ping into the message that travels.
func (m *PingMessage) Wrap() proto.Message { return &EchoMessage{Ping: m} }

// Wrap puts the pong into the message that travels.
func (m *PongMessage) Wrap() proto.Message { return &EchoMessage{Pong: m} }

// Unwrap returns the member that is set.
func (m *EchoMessage) Unwrap() (proto.Message, error) {
	switch {
	case m.Ping != nil:
		return m.Ping, nil
	case m.Pong != nil:
		return m.Pong, nil
	}
	return nil, errNoMember
}

// Merge is what proto.Clone calls; the switch clones an empty prototype.
func (m *EchoMessage) Merge(from proto.Message) { *m = *from.(*EchoMessage) }

// Marshal encodes the member that is set.
func (m *EchoMessage) Marshal() ([]byte, error) {
	switch {
	case m.Ping != nil:
		return wrapContent(pingField, m.Ping.Content), nil
	case m.Pong != nil:
		return wrapContent(pongField, m.Pong.Content), nil
	}
	return nil, errNoMember
}

// Unmarshal decodes as every Protobuf decoder does: unknown fields are skipped,
// the last member of the oneof wins.
func (m *EchoMessage) Unmarshal(data []byte) error {
	return eachField(data, func(number protowire.Number, value []byte) error {
		switch number {
		case pingField:
			content, err := unwrapContent(value)
			*m = EchoMessage{Ping: &PingMessage{Content: content}}
			return err
		case pongField:
			content, err := unwrapContent(value)
			*m = EchoMessage{Pong: &PongMessage{Content: content}}
			return err
		}
		return nil
	})
}

func wrapContent(member protowire.Number, content []byte) []byte {
	inner := 0
	if len(content) > 0 {
		inner = protowire.SizeTag(contentField) + protowire.SizeBytes(len(content))
	}
	out := make([]byte, 0, protowire.SizeTag(member)+protowire.SizeBytes(inner))
	out = protowire.AppendTag(out, member, protowire.BytesType)
	out = protowire.AppendVarint(out, uint64(inner))
	if inner > 0 {
		out = protowire.AppendTag(out, contentField, protowire.BytesType)
		out = protowire.AppendBytes(out, content)
	}
	return out
}

// unwrapContent copies, because the connection reuses its receive buffer.
func unwrapContent(data []byte) (content []byte, err error) {
	err = eachField(data, func(number protowire.Number, value []byte) error {
		if number == contentField {
			content = append([]byte(nil), value...)
		}
		return nil
	})
	return content, err
}

// eachField visits the length-delimited fields of data. The numbers 1 and 2,
// which are all that this protocol knows, must have that type.
func eachField(data []byte, visit func(protowire.Number, []byte) error) error {
	for len(data) > 0 {
		number, kind, used := protowire.ConsumeTag(data)
		if used < 0 {
			return protowire.ParseError(used)
		}
		data = data[used:]
		if kind != protowire.BytesType {
			if number <= pongField {
				return fmt.Errorf("field %d has wire type %d", number, kind)
			}
			if used = protowire.ConsumeFieldValue(number, kind, data); used < 0 {
				return protowire.ParseError(used)
			}
			data = data[used:]
			continue
		}
		value, used := protowire.ConsumeBytes(data)
		if used < 0 {
			return protowire.ParseError(used)
		}
		if err := visit(number, value); err != nil {
			return err
		}
		data = data[used:]
	}
	return nil
}
