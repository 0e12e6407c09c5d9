// SPDX-License-Identifier: Apache-2.0

// Package versus is one end of a comparison of CometBFT with Troupe: its program
// has the command line of perf_troupe, which ../../README.md describes.
package versus

import (
	"fmt"
	"os"
	"strings"
)

// Main runs the program.
func Main() {
	args := os.Args[1:]
	if len(args) < 2 || (args[0] == "load" && len(args) < 5) {
		refuse()
	}
	name, serving := args[1], args[0] == "serve"
	l := level{
		defaults: strings.HasSuffix(name, "-default"),
		many:     strings.HasPrefix(name, "many"),
		wide:     strings.HasPrefix(name, "wide"),
	}
	connections := strings.HasPrefix(name, "conn")
	switch {
	case serving && connections:
		serveConnections(l)
	case serving:
		serveNode(l)
	case args[0] != "load":
		refuse()
	case connections:
		loadConnection(args[2], number(args[4]), l)
	default:
		loadNode(args[2], args[3], number(args[4]), l)
	}
}

func refuse() {
	fmt.Fprintln(os.Stderr, "usage: perf_comet serve LEVEL | load LEVEL PORT ID PID")
	os.Exit(2)
}
