// SPDX-License-Identifier: Apache-2.0

//go:build tools

package main

// A whole node, which ../build builds beside the peer.
import _ "github.com/cometbft/cometbft/cmd/cometbft"
