// SPDX-License-Identifier: Apache-2.0

// Somebody on quic-go who presents a certificate in TLS that is good, or bad in
// the way that -certificate says, and then says nothing. Events go to standard
// output, one JSON object a line; "dial HOST:PORT" on standard input dials.
package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math/big"
	"os"
	"strings"
	"sync"
	"time"

	ic "github.com/libp2p/go-libp2p/core/crypto"
	libp2ptls "github.com/libp2p/go-libp2p/p2p/security/tls"
	"github.com/quic-go/quic-go"
)

const patience = 20 * time.Second

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, "lp2p-impostor:", err)
		os.Exit(1)
	}
	return value
}

var output sync.Mutex

func emit(event map[string]string) {
	line := must(json.Marshal(event))
	output.Lock()
	defer output.Unlock()
	fmt.Println(string(line))
}

func nodeKey() ic.PrivKey {
	key, _, err := ic.GenerateEd25519Key(rand.Reader)
	return must(key, err)
}

// certificate returns what a node presents, and the node's ID as CometBFT has it.
func certificate(kind string) (tls.Certificate, string) {
	node, key := nodeKey(), must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: must(rand.Int(rand.Reader, big.NewInt(1<<62))),
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(100 * 365 * 24 * time.Hour),
		Subject:      pkix.Name{CommonName: "impostor"},
	}
	extension := must(libp2ptls.GenerateSignedExtension(node, key.Public()))
	template.ExtraExtensions = []pkix.Extension{extension}
	times := 1
	switch kind {
	case "good":
	case "expired":
		template.NotAfter = now.Add(-time.Minute)
	case "future":
		template.NotBefore = now.Add(time.Hour)
	case "bare":
		template.ExtraExtensions = nil
	case "critical":
		template.ExtraExtensions = append(template.ExtraExtensions, pkix.Extension{
			Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 53594, 9, 9}, Critical: true, Value: []byte{5, 0}})
	case "impersonated":
		// The key of the one, signed by the other.
		var own, other struct{ Key, Signature []byte }
		_ = must(asn1.Unmarshal(extension.Value, &own))
		forged := must(libp2ptls.GenerateSignedExtension(nodeKey(), key.Public()))
		_ = must(asn1.Unmarshal(forged.Value, &other))
		own.Signature = other.Signature
		template.ExtraExtensions[0].Value = must(asn1.Marshal(own))
	case "two":
		times = 2
	default:
		fmt.Fprintf(os.Stderr, "lp2p-impostor: -certificate is %q\n", kind)
		os.Exit(2)
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	result := tls.Certificate{PrivateKey: key}
	for range times {
		result.Certificate = append(result.Certificate, der)
	}
	digest := sha256.Sum256(must(node.GetPublic().Raw()))
	return result, hex.EncodeToString(digest[:20])
}

// dial says how the connection ends: a client is done before the server has looked
// at it.
func dial(to string, config *tls.Config) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	connection, err := quic.DialAddr(ctx, to, config, nil)
	if err != nil {
		emit(map[string]string{"event": "closed", "reason": err.Error()})
		return
	}
	select {
	case <-connection.Context().Done():
		emit(map[string]string{"event": "closed", "reason": context.Cause(connection.Context()).Error()})
	case <-ctx.Done():
		emit(map[string]string{"event": "open"})
	}
}

func main() {
	kind := flag.String("certificate", "good", "good, expired, future, bare, critical, impersonated or two")
	flag.Parse()
	presented, id := certificate(*kind)
	config := &tls.Config{
		Certificates:       []tls.Certificate{presented},
		NextProtos:         []string{"libp2p"},
		MinVersion:         tls.VersionTLS13,
		InsecureSkipVerify: true,
		ClientAuth:         tls.RequireAnyClientCert,
	}
	listener := must(quic.ListenAddr("127.0.0.1:0", config, nil))
	emit(map[string]string{"event": "listening", "id": id, "endpoint": listener.Addr().String()})
	go func() {
		for {
			if _, err := listener.Accept(context.Background()); err != nil {
				return
			}
			emit(map[string]string{"event": "accepted"})
		}
	}()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if to, found := strings.CutPrefix(lines.Text(), "dial "); found {
			go dial(to, config)
		}
	}
}
