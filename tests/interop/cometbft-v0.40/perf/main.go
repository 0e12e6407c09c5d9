// SPDX-License-Identifier: Apache-2.0

// One end of a comparison of Troupe with CometBFT v0.40; see
// ../../../bench/README.md.
package main

import (
	_ "github.com/cometbft/cometbft/p2p" // The release is this module's choice.
	"troupe.test/versus"
)

func main() { versus.Main() }
