// SPDX-License-Identifier: Apache-2.0

package versus

import (
	"fmt"
	"net"

	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/libs/protoio"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/p2p/conn"
	tmp2p "github.com/cometbft/cometbft/proto/tendermint/p2p"
)

// mlink is a connection with nothing above it.
type mlink struct{ *conn.MConnection }

func (l mlink) send(channel byte, content []byte) bool { return l.Send(channel, content) }

// upgrade does what MultiplexTransport does to a new connection.
func upgrade(c net.Conn, key *p2p.NodeKey) (*conn.SecretConnection, error) {
	secret, err := conn.MakeSecretConnection(c, key.PrivKey)
	if err != nil {
		return nil, err
	}
	mine := nodeInfo(key, "127.0.0.1:26656", measured)
	sent := make(chan error, 1)
	go func() {
		_, err := protoio.NewDelimitedWriter(secret).WriteMsg(mine.ToProto())
		sent <- err
	}()
	var theirs tmp2p.DefaultNodeInfo
	_, err = protoio.NewDelimitedReader(secret, p2p.MaxNodeInfoSize()).ReadMsg(&theirs)
	if err != nil {
		return nil, err
	}
	if err = <-sent; err != nil {
		return nil, err
	}
	info, err := p2p.DefaultNodeInfoFromToProto(&theirs)
	if err != nil {
		return nil, err
	}
	if err = info.Validate(); err != nil {
		return nil, err
	}
	return secret, mine.CompatibleWith(info)
}

// start makes an MConnection of what upgrade returned.
func start(secret *conn.SecretConnection, l level, got func(mlink, byte, []byte),
	failed func(any)) mlink {
	var result mlink
	ready := make(chan bool)
	result.MConnection = conn.NewMConnectionWithConfig(secret, channels(l),
		func(channel byte, content []byte) { <-ready; got(result, channel, content) },
		failed, p2p.MConnConfig(p2pConfig(l)))
	result.SetLogger(log.NewNopLogger())
	close(ready)
	check(result.Start())
	return result
}

func serveConnections(l level) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port, "-")
	key := newKey()
	go func() {
		for {
			c, err := listener.Accept()
			check(err)
			go serveConnection(c, key, l)
		}
	}()
	converse(unknown)
}

func serveConnection(c net.Conn, key *p2p.NodeKey, l level) {
	secret, err := upgrade(c, key)
	if err != nil {
		c.Close()
		return
	}
	app := new(counter)
	start(secret, l, func(from mlink, channel byte, content []byte) {
		app.got(from, channel, content)
	}, func(any) {})
}

func loadConnection(port string, other int, l level) {
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	check(err)
	secret, err := upgrade(c, newKey())
	check(err)
	app := newLoader(other)
	app.to = start(secret, l, func(_ mlink, channel byte, content []byte) {
		app.got(channel, content)
	}, func(why any) { check(fmt.Errorf("%v", why)) })
	fmt.Println("ready")
	converse(func(words []string) string {
		if words[0] == "hs" && len(words) > 1 {
			return handshakes(port, number(words[1]), other)
		}
		return app.command(words)
	})
}
