// SPDX-License-Identifier: Apache-2.0

// Prints tests/data/lp2p.json: what go-libp2p makes of keys, certificates,
// negotiations and identify messages, for tests of ours that do without it.
// Keys of certificates are drawn, so that each run prints others. With files, it
// says of each whether go-libp2p takes that certificate, and whose it is.
package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"sync"
	"time"

	ic "github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	pb "github.com/libp2p/go-libp2p/p2p/protocol/identify/pb"
	libp2ptls "github.com/libp2p/go-libp2p/p2p/security/tls"
	ma "github.com/multiformats/go-multiaddr"
	ms "github.com/multiformats/go-multistream"
	"google.golang.org/protobuf/proto"
)

// When the certificates are looked at.
var now = time.Date(2025, 6, 15, 12, 0, 0, 0, time.UTC)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

type object map[string]any

// -- keys ---------------------------------------------------------------------

func seeded(value byte) ic.PrivKey {
	seed := bytes.Repeat([]byte{value}, 32)
	return must(ic.UnmarshalEd25519PrivateKey(ed25519.NewKeyFromSeed(seed)))
}

func idOf(key ic.PubKey) peer.ID { return must(peer.IDFromPublicKey(key)) }

func keys() (out []object) {
	for _, value := range []byte{0, 1, 7, 200, 255} {
		key := seeded(value)
		raw := must(key.GetPublic().Raw())
		digest := sha256.Sum256(raw)
		id := idOf(key.GetPublic())
		out = append(out, object{
			"seed":    hex.EncodeToString(bytes.Repeat([]byte{value}, 32)),
			"public":  hex.EncodeToString(raw),
			"encoded": hex.EncodeToString(must(ic.MarshalPublicKey(key.GetPublic()))),
			"id":      hex.EncodeToString([]byte(id)),
			"text":    id.String(),
			"cid":     peer.ToCid(id).String(),
			"node_id": hex.EncodeToString(digest[:20]),
		})
	}
	return out
}

func otherKeys() (out []object) {
	for name, kind := range map[string]int{"rsa": ic.RSA, "secp256k1": ic.Secp256k1, "ecdsa": ic.ECDSA} {
		_, public, err := ic.GenerateKeyPairWithReader(kind, 2048, rand.Reader)
		if err != nil {
			panic(err)
		}
		id := idOf(public)
		out = append(out, object{
			"name":    name,
			"encoded": hex.EncodeToString(must(ic.MarshalPublicKey(public))),
			"id":      hex.EncodeToString([]byte(id)),
			"text":    id.String(),
			"cid":     peer.ToCid(id).String(),
		})
	}
	return out
}

// -- certificates -------------------------------------------------------------

type recipe struct {
	name     string
	errc     string // What we have to find, "none" if it is right.
	node     ic.PrivKey
	key      crypto.Signer
	template func(*x509.Certificate)
	forge    func(node ic.PrivKey, extension *pkix.Extension, keyInfo []byte)
	skip     bool // Leaves out the extension.
	tamper   func(der []byte) []byte
	cometOK  bool // CometBFT takes it although we do not.
}

type signedKey struct{ PubKey, Signature []byte }

func signWith(node, signer ic.PrivKey, prefix string, keyInfo []byte) []byte {
	return must(asn1.Marshal(signedKey{
		must(ic.MarshalPublicKey(node.GetPublic())),
		must(signer.Sign(append([]byte(prefix), keyInfo...)))}))
}

func p256() crypto.Signer { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }

func recipes() []recipe {
	secp, _, _ := ic.GenerateKeyPairWithReader(ic.Secp256k1, 0, rand.Reader)
	_, own, _ := ed25519.GenerateKey(rand.Reader)
	unknown := func(critical bool) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{
				Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 53594, 9, 9}, Critical: critical, Value: []byte{5, 0}})
		}
	}
	value := func(of func(ic.PrivKey, []byte) []byte) func(ic.PrivKey, *pkix.Extension, []byte) {
		return func(node ic.PrivKey, e *pkix.Extension, keyInfo []byte) { e.Value = of(node, keyInfo) }
	}
	return []recipe{
		{name: "as go-libp2p makes it", errc: "none"},
		{name: "the extension is critical", errc: "none",
			forge: func(_ ic.PrivKey, e *pkix.Extension, _ []byte) { e.Critical = true }},
		{name: "an Ed25519 key of its own", errc: "none", key: own},
		{name: "another extension, not critical", errc: "none", template: unknown(false)},
		{name: "times of four digits", errc: "none", template: func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = now.AddDate(-80, 0, 0), now.AddDate(2000, 0, 0)
		}},
		{name: "valid until now", errc: "none", template: func(c *x509.Certificate) { c.NotAfter = now }},
		{name: "valid from now on", errc: "none", template: func(c *x509.Certificate) { c.NotBefore = now }},
		{name: "expired a second ago", errc: "malformed_handshake",
			template: func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Second) }},
		{name: "valid in a second", errc: "malformed_handshake",
			template: func(c *x509.Certificate) { c.NotBefore = now.Add(time.Second) }},
		{name: "no extension", errc: "malformed_handshake", skip: true},
		{name: "no extension but another", errc: "malformed_handshake", skip: true, template: unknown(false)},
		{name: "an unknown critical extension", errc: "malformed_handshake", template: unknown(true)},
		{name: "a secp256k1 node", errc: "unsupported_key_type", node: secp, cometOK: true},
		{name: "a P-384 key of its own", errc: "unsupported_key_type", cometOK: true,
			key: must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))},
		{name: "an RSA key of its own", errc: "unsupported_key_type", cometOK: true,
			key: must(rsa.GenerateKey(rand.Reader, 2048))},
		{name: "signed by another node", errc: "invalid_signature", forge: value(func(node ic.PrivKey, info []byte) []byte {
			return signWith(node, seeded(8), "libp2p-tls-handshake:", info)
		})},
		{name: "signed with another prefix", errc: "invalid_signature", forge: value(func(node ic.PrivKey, info []byte) []byte {
			return signWith(node, node, "libp2p-tls-handshake", info)
		})},
		{name: "signed for another key", errc: "invalid_signature", forge: value(func(node ic.PrivKey, _ []byte) []byte {
			return signWith(node, node, "libp2p-tls-handshake:", must(x509.MarshalPKIXPublicKey(p256().Public())))
		})},
		{name: "an empty extension", errc: "malformed_handshake", forge: value(func(ic.PrivKey, []byte) []byte { return []byte{} })},
		{name: "something behind the signed key", errc: "malformed_handshake", cometOK: true,
			forge: value(func(node ic.PrivKey, info []byte) []byte {
				return append(signWith(node, node, "libp2p-tls-handshake:", info), 5, 0)
			})},
		{name: "a short node key", errc: "malformed_handshake", forge: value(func(node ic.PrivKey, info []byte) []byte {
			raw := must(ic.MarshalPublicKey(node.GetPublic()))
			return must(asn1.Marshal(signedKey{append(raw[:3:3], append([]byte{31}, raw[4:35]...)...), make([]byte, 64)}))
		})},
		{name: "a node key of order 1", errc: "low_order_point", forge: value(func(ic.PrivKey, []byte) []byte {
			return must(asn1.Marshal(signedKey{append([]byte{8, 1, 0x12, 32, 1}, make([]byte, 31)...), make([]byte, 64)}))
		})},
		// Go trusts what is among its roots, whoever signed it.
		{name: "changed since it was signed", errc: "invalid_signature", cometOK: true, tamper: func(der []byte) []byte {
			// A letter of its name, which nobody else looks at.
			return bytes.ReplaceAll(der, []byte("troupe vector"), []byte("troupe Vector"))
		}},
		{name: "a byte behind the certificate", errc: "malformed_handshake",
			tamper: func(der []byte) []byte { return append(der, 0) }},
		{name: "a byte is missing", errc: "malformed_handshake",
			tamper: func(der []byte) []byte { return der[:len(der)-1] }},
	}
}

func bake(r recipe) (der []byte, node ic.PrivKey) {
	node, key := r.node, r.key
	if node == nil {
		node = seeded(7)
	}
	if key == nil {
		key = p256()
	}
	template := &x509.Certificate{
		SerialNumber: must(rand.Int(rand.Reader, big.NewInt(1<<62))),
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(100 * 365 * 24 * time.Hour),
		Subject:      pkix.Name{CommonName: "troupe vector"},
	}
	if r.template != nil {
		r.template(template)
	}
	extension := must(libp2ptls.GenerateSignedExtension(node, key.Public()))
	if r.forge != nil {
		r.forge(node, &extension, must(x509.MarshalPKIXPublicKey(key.Public())))
	}
	if !r.skip {
		template.ExtraExtensions = append(template.ExtraExtensions, extension)
	}
	der = must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	if r.tamper != nil {
		der = r.tamper(der)
	}
	return der, node
}

// accepts tells what go-libp2p says. Its clock is the system's, so that times
// are not judged by it.
func accepts(der []byte) bool {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return false
	}
	_, err = libp2ptls.PubKeyFromCertChain([]*x509.Certificate{cert})
	return err == nil
}

func certificates() (out []object) {
	for _, r := range recipes() {
		der, node := bake(r)
		raw := must(node.GetPublic().Raw())
		digest := sha256.Sum256(raw)
		if r.template == nil && accepts(der) != (r.errc == "none" || r.cometOK) {
			panic("go-libp2p disagrees about: " + r.name)
		}
		entry := object{"name": r.name, "certificate": hex.EncodeToString(der), "code": r.errc,
			"peer_id": idOf(node.GetPublic()).String()}
		if r.errc == "none" {
			entry["node_id"] = hex.EncodeToString(digest[:20])
		}
		out = append(out, entry)
	}
	return out
}

// -- multiaddrs, identify -----------------------------------------------------

func multiaddrs() (out []object) {
	id := idOf(seeded(7).GetPublic()).String()
	for _, text := range []string{
		"/ip4/127.0.0.1/udp/36656/quic-v1",
		"/ip4/1.2.3.4/udp/1/quic-v1/p2p/" + id,
		"/ip6/::1/udp/65535/quic-v1",
		"/ip6/2001:db8::7/udp/26656/quic-v1/p2p/" + id,
	} {
		out = append(out, object{"text": text, "bytes": hex.EncodeToString(must(ma.NewMultiaddr(text)).Bytes())})
	}
	for _, text := range []string{
		"/ip4/127.0.0.1/tcp/36656",
		"/ip4/127.0.0.1/udp/36656/quic-v1/webtransport",
		"/dns4/example.com/udp/26656/quic-v1",
		"/ip4/1.2.3.4/udp/1/quic-v1/p2p/" + id + "/p2p-circuit",
		"/p2p/" + id,
	} {
		out = append(out, object{"text": text, "bytes": hex.EncodeToString(must(ma.NewMultiaddr(text)).Bytes()), "other": true})
	}
	return out
}

func identify() object {
	key := must(ic.MarshalPublicKey(seeded(7).GetPublic()))
	first := must(ma.NewMultiaddr("/ip4/127.0.0.1/udp/36656/quic-v1")).Bytes()
	observed := must(ma.NewMultiaddr("/ip4/127.0.0.1/udp/40000/quic-v1")).Bytes()
	protocols := []string{"/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0", "/ipfs/ping/1.0.0", "/p2p/cometbft/1.0.0/channel/0x40",
		"/p2p/cometbft/1.0.0/channel/0x20"}
	message := &pb.Identify{PublicKey: key, ListenAddrs: [][]byte{first}, Protocols: protocols, ObservedAddr: observed,
		ProtocolVersion: proto.String("interop/1"), AgentVersion: proto.String("cometbft")}
	wire := must(proto.MarshalOptions{Deterministic: true}.Marshal(message))
	message.SignedPeerRecord = []byte("anything")
	return object{
		"public_key": hex.EncodeToString(key), "listen_address": hex.EncodeToString(first),
		"observed_address": hex.EncodeToString(observed), "protocols": protocols,
		"protocol_version": "interop/1", "agent_version": "cometbft",
		"message":     hex.EncodeToString(wire),
		"with_record": hex.EncodeToString(must(proto.MarshalOptions{Deterministic: true}.Marshal(message))),
	}
}

// -- negotiations -------------------------------------------------------------

// recorded keeps what is written.
type recorded struct {
	net.Conn
	mu  sync.Mutex
	out bytes.Buffer
}

func (r *recorded) Write(data []byte) (int, error) {
	r.mu.Lock()
	r.out.Write(data)
	r.mu.Unlock()
	return r.Conn.Write(data)
}

func (r *recorded) hex() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return hex.EncodeToString(r.out.Bytes())
}

// negotiate lets go-multistream talk to itself.
func negotiate(name string, available []string, opener func(io.ReadWriteCloser) error) object {
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	defer listener.Close()
	near := &recorded{Conn: must(net.Dial("tcp", listener.Addr().String()))}
	far := &recorded{Conn: must(listener.Accept())}
	mux := ms.NewMultistreamMuxer[string]()
	for _, protocol := range available {
		mux.AddHandler(protocol, nil)
	}
	done := make(chan string)
	go func() {
		protocol, _, err := mux.Negotiate(far)
		if err != nil {
			protocol = "error"
			far.Close()
		} else {
			io.ReadAll(far)
			far.Close()
		}
		done <- protocol
	}()
	err := opener(near)
	if err == nil {
		near.Conn.(*net.TCPConn).CloseWrite()
		io.ReadAll(near)
	} else {
		near.Close()
	}
	return object{"name": name, "available": available, "agreed": <-done, "refused": err != nil,
		"opener": near.hex(), "acceptor": far.hex()}
}

func negotiations() []object {
	channel := "/p2p/cometbft/1.0.0/channel/0x40"
	all := []string{"/ipfs/id/1.0.0", "/ipfs/ping/1.0.0", channel}
	message := []byte{2, 0x22, 0}
	lazy := func(c io.ReadWriteCloser) error {
		stream := ms.NewMSSelect(c, channel)
		_, err := stream.Write(message)
		return err
	}
	eager := func(protocols ...string) func(io.ReadWriteCloser) error {
		return func(c io.ReadWriteCloser) error {
			if _, err := ms.SelectOneOf(protocols, c); err != nil {
				return err
			}
			_, err := c.Write(message)
			return err
		}
	}
	return []object{
		negotiate("lazy", all, lazy),
		negotiate("eager", all, eager(channel)),
		negotiate("refused", all[:2], eager(channel)),
		negotiate("the second one is taken", all[:2], eager(channel, "/ipfs/ping/1.0.0")),
	}
}

func judge(files []string) {
	for _, file := range files {
		cert, err := x509.ParseCertificate(must(os.ReadFile(file)))
		if err == nil {
			var key ic.PubKey
			if key, err = libp2ptls.PubKeyFromCertChain([]*x509.Certificate{cert}); err == nil {
				fmt.Println(file, idOf(key))
				continue
			}
		}
		fmt.Println(file, "refused:", err)
	}
}

func main() {
	if len(os.Args) > 1 {
		judge(os.Args[1:])
		return
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	if err := out.Encode(object{
		"source":       "tests/interop/cometbft-lp2p/vectors, go-libp2p v0.47.0",
		"now":          now.Unix(),
		"keys":         keys(),
		"other_keys":   otherKeys(),
		"certificates": certificates(),
		"multiaddrs":   multiaddrs(),
		"identify":     identify(),
		"negotiations": negotiations(),
	}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
