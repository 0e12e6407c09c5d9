// SPDX-License-Identifier: Apache-2.0

module troupe.test/versus

// No requirements here, on purpose: the release of CometBFT comes from the
// module that builds this package (../../../interop/cometbft-*).
go 1.22.11
