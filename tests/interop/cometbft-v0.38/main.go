// SPDX-License-Identifier: Apache-2.0

// A CometBFT v0.38 peer; see ../README.md.
package main

import (
	"os"

	_ "github.com/cometbft/cometbft/p2p" // The release is this module's choice.
	"troupe.test/gopeer"
)

func main() { os.Exit(gopeer.Main()) }
